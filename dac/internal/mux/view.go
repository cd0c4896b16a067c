// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"net"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
)

// Several Clients of a host may use one connection, and a Server at the same time for the requests
// that come the other way. Each has a View, so that none reads what belongs to another, and all of
// them draw from one pool of identifiers, so that no two requests in flight have the same one.

// A View is one use of a Conn: dac.PacketConn for a Server, or for one Client. Its lock is taken
// before that of the pool (idpool.Shared), and with that of a Client's destination held: nothing is
// called under it.
type View struct {
	c         *Conn
	in        *receiveQueue
	info      dac.ConnInfo
	closed    chan struct{}
	closeOnce sync.Once

	mu      sync.Mutex          // guards what follows
	held    map[uint32]struct{} // identifiers; nil: closed
	waiting []func()            // for an identifier
}

// newView makes a View, which reads its end where the connection has ended.
func (c *Conn) newView() *View {
	v := &View{c: c, in: newReceiveQueue(c.o.In), closed: make(chan struct{}), held: make(map[uint32]struct{})}
	v.info = dac.ConnInfo{
		Transport: c.o.Transport, Version: c.o.Version, Reliable: !c.o.Datagrams, MaxLen: c.o.MaxLen,
		Secret: c.o.Secret, Identity: c.o.Identity, Local: c.o.Local, Remote: c.o.Remote,
		Identifiers: viewIdentifiers{v},
	}
	if err := c.holders.join(v); err != nil {
		v.lost(err)
	}
	return v
}

// ReadPackets waits for packets and returns all that have come; see dac.PacketConn.
func (v *View) ReadPackets(into [][]byte) ([][]byte, error) { return v.in.read(into) }

// WritePackets sends packets; see dac.PacketConn. It waits while Options.Out octets are not written
// yet, for as long as the other end keeps reading.
func (v *View) WritePackets(packets [][]byte) (int, error) {
	select {
	case <-v.closed:
		return 0, net.ErrClosed
	default:
		return v.c.out.send(packets, true)
	}
}

// Info describes the connection.
func (v *View) Info() *dac.ConnInfo { return &v.info }

// Break ends the connection, with all its Views, because of what the other end sent.
func (v *View) Break(err error) { v.c.Break(err) }

// Close ends this use of the connection. Its identifiers rest, since the other end may still
// answer.
func (v *View) Close() error {
	v.closeOnce.Do(func() {
		close(v.closed)
		v.in.end(net.ErrClosed)
		v.c.holders.leave(v)
		v.mu.Lock()
		defer v.mu.Unlock()
		for id := range v.held {
			v.c.ids.Put(v, id, restOfClosed)
		}
		v.held, v.waiting = nil, nil
		v.c.ids.Forget(v)
	})
	return nil
}

// answer takes the answer to a request of the Client, which verifies it. One that finds no room is
// lost, as if the other end had not answered.
func (v *View) answer(p []byte) error {
	if !v.c.into(v.in, p) {
		v.c.stats.overflowed.Add(1)
	}
	return nil
}

// lost ends the reads of the View, once what came before is read.
func (v *View) lost(err error) { v.in.end(err) }

// trim lets go of the room for packets.
func (v *View) trim() { v.in.trim() }

// IdentifierFree tells those who wait for an identifier: all of them, of which one will get it, and
// the others wait anew. The pool calls it in a goroutine of its own, without a lock.
func (v *View) IdentifierFree() {
	v.mu.Lock()
	waiting := v.waiting
	v.waiting = nil
	v.mu.Unlock()
	for _, free := range waiting {
		free()
	}
}

// viewIdentifiers are those of a Conn, drawn by one View, to which the answers go.
type viewIdentifiers struct{ v *View }

// Acquire gives the identifier whose last use is the longest ago; see dac.Identifiers.
func (i viewIdentifiers) Acquire(free func()) (uint32, bool) {
	v := i.v
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held == nil {
		return 0, false
	}
	id, ok := v.c.ids.Take(v)
	v.note(id, ok, free)
	return id, ok
}

// Claim gives id where it is free; see dac.Identifiers.
func (i viewIdentifiers) Claim(id uint32, free func()) bool {
	v := i.v
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held == nil {
		return false
	}
	ok := v.c.ids.Claim(v, id)
	v.note(id, ok, free)
	return ok
}

// note notes that v holds id, or else that free waits. It is called with the lock held, so that an
// identifier that comes free meanwhile is not missed.
func (v *View) note(id uint32, ok bool, free func()) {
	if ok {
		v.held[id] = struct{}{}
	} else if free != nil {
		v.waiting = append(v.waiting, free)
	}
}

// Release gives id back; see dac.Identifiers.
func (i viewIdentifiers) Release(id uint32, rest time.Duration) {
	v := i.v
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.held[id]; ok {
		delete(v.held, id)
		v.c.ids.Put(v, id, rest)
	}
}

// Len is how many there are.
func (i viewIdentifiers) Len() int { return i.v.c.ids.Size() }
