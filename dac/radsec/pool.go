// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/dialing"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
)

// maxPooled bounds the connections to one NAS: a further one is dialled where the identifiers of
// all others are in use.
const maxPooled = 8

// A poolKey says which uses share connections.
type poolKey struct {
	addr     netip.AddrPort
	name     string
	coalesce bool
}

// A pooled has the connections to one NAS. Its fields are guarded by Config.mu.
type pooled struct {
	cfg     *Config
	key     poolKey
	open    []*pooledConn
	waiting int           // calls of Open
	dialing bool          // a goroutine is
	changed chan struct{} // closed when open or err has changed
	err     error         // of the last dial
	again   backoff
	earlier time.Time // no dial before that
}

// A pooledConn is open until its last use has ended.
type pooledConn struct {
	t     *tracked
	uses  int
	again backoff // that was in force when it was dialled; it knows whether it was ever up
}

// Open returns a use of a connection to nas, which all Clients share that reach it by c with the
// same Peer.ServerName; a further one is dialled where all identifiers are in use. It waits, until
// ctx is about to be done, while a connection is dialled, and for the time between two dials: 0.5
// s, doubled up to 60 s until a packet comes. A handshake that fails while it waits is its error;
// what keeps the other end from answering may pass. A connection is closed with its last use. Port
// 0 is Port.
func (c *Config) Open(ctx context.Context, nas netip.AddrPort, p dac.Peer) (dac.PacketConn, error) {
	if err := c.check(true); err != nil {
		return nil, err
	}
	if nas.Port() == 0 {
		nas = netip.AddrPortFrom(nas.Addr(), Port)
	}
	one := c.pooled(poolKey{nas, p.ServerName, p.Coalesce})
	defer one.leave()
	ctx, cancel := beforeEnd(ctx)
	defer cancel()
	for waited := false; ; waited = true {
		conn, changed := one.take()
		if conn != nil {
			drop := sync.OnceFunc(func() { one.drop(conn) })
			return &pooledUse{conn.t.conn.m.View(), drop}, nil
		}
		last := one.lastErr()
		if waited && errors.Is(last, errHandshake) {
			return nil, last
		}
		dialing.Failed(ctx, last)
		select {
		case <-changed:
		case <-ctx.Done():
			if last := one.lastErr(); last != nil {
				return nil, fmt.Errorf("radsec: no connection to %v: %w; %w", nas, last, ctx.Err())
			}
			return nil, fmt.Errorf("radsec: no connection to %v: %w", nas, ctx.Err())
		}
	}
}

// beforeEnd is ctx that ends a little earlier, so that an error says why there is no connection,
// and not that there was no time left to say so.
func beforeEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, end.Add(-min(time.Until(end)/10, 100*time.Millisecond)))
}

// pooled is the entry for key, with one more that waits.
func (c *Config) pooled(key poolKey) *pooled {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.pool[key]
	if one == nil {
		one = &pooled{cfg: c, key: key, changed: make(chan struct{})}
		if c.pool == nil {
			c.pool = make(map[poolKey]*pooled)
		}
		c.pool[key] = one
	}
	one.waiting++
	return one
}

func (p *pooled) leave() {
	p.cfg.mu.Lock()
	defer p.cfg.mu.Unlock()
	p.waiting--
	p.release()
	p.forget()
}

// release closes the connections that are open for calls of Open which have given up.
func (p *pooled) release() {
	if p.waiting > 0 {
		return
	}
	for _, one := range slices.Clone(p.open) {
		if one.uses == 0 {
			p.remove(one)
			go one.t.conn.Close()
		}
	}
}

// forget removes p when nothing is left of it, the time of its next dial included.
func (p *pooled) forget() {
	if p.waiting == 0 && !p.dialing && len(p.open) == 0 && !time.Now().Before(p.earlier) {
		delete(p.cfg.pool, p.key)
	}
}

func (p *pooled) lastErr() error {
	p.cfg.mu.Lock()
	defer p.cfg.mu.Unlock()
	return p.err
}

// take is an open connection with one more use: of those that have identifiers free the one with
// the fewest uses. nil: one is dialled, and changed says when to look again.
func (p *pooled) take() (_ *pooledConn, changed <-chan struct{}) {
	p.cfg.mu.Lock()
	defer p.cfg.mu.Unlock()
	p.sweep()
	var best *pooledConn
	for _, one := range p.open {
		if (best == nil || one.uses < best.uses) && (len(p.open) >= maxPooled || hasFree(one.t.conn)) {
			best = one
		}
	}
	if best != nil {
		best.uses++
		return best, nil
	}
	if !p.dialing {
		p.dialing = true
		go p.dial()
	}
	return nil, p.changed
}

// hasFree says whether an identifier of conn is free. A connection that has ended has none.
func hasFree(conn *Conn) bool {
	if conn.Err() != nil {
		return false
	}
	ids := conn.Info().Identifiers
	id, ok := ids.Acquire(func() {})
	if ok {
		ids.Release(id, 0)
	}
	return ok
}

// dial dials until a connection is open, or no call of Open waits.
func (p *pooled) dial() {
	for wait := p.pause(); wait >= 0; wait = p.pause() {
		if wait > 0 {
			time.Sleep(min(wait, leastBackoff)) // and look whether a call still waits
			continue
		}
		addr := p.key.addr.String()
		t, err := p.cfg.dial(context.Background(), dialling{addr: addr, name: p.key.name, peer: func(_ *party, o *mux.Options) {
			o.Coalesce = p.key.coalesce
		}})
		if err != nil {
			p.cfg.fail(addr, err)
		}
		p.dialled(t, err)
		if err == nil {
			return // a call of Open may have begun the next dial by now
		}
	}
}

// pause is how long to wait before the next dial; below zero: none is wanted.
func (p *pooled) pause() time.Duration {
	p.cfg.mu.Lock()
	defer p.cfg.mu.Unlock()
	p.sweep() // one may have ended since take has looked
	if p.waiting == 0 || !p.dialing {
		p.dialing = false
		p.forget()
		return -1
	}
	return max(time.Until(p.earlier), 0)
}

// dialled notes what has become of a dial.
func (p *pooled) dialled(t *tracked, err error) {
	p.cfg.mu.Lock()
	defer p.cfg.mu.Unlock()
	p.err = err
	if t == nil {
		p.earlier = time.Now().Add(p.again.next())
	} else {
		p.dialing = false
		p.again.watch(t.conn)
		one := &pooledConn{t: t, again: p.again}
		p.open = append(p.open, one)
		go p.watch(one)
		p.release()
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// watch waits for the end of a connection. One that has grown old gets no more uses.
func (p *pooled) watch(one *pooledConn) {
	select {
	case <-one.t.conn.Done():
	case <-one.t.conn.m.Old():
		p.cfg.mu.Lock()
		p.remove(one)
		p.cfg.mu.Unlock()
		<-one.t.conn.Done()
	}
	p.cfg.untrack(one.t)
	p.cfg.mu.Lock()
	defer p.cfg.mu.Unlock()
	p.sweep()
}

// sweep takes out what has ended by itself, after which the next dial has to wait for its turn. A
// use may see that before watch does, and ask for a connection.
func (p *pooled) sweep() {
	for _, one := range slices.Clone(p.open) {
		err := one.t.conn.m.Lost()
		if err == nil {
			continue
		}
		p.remove(one)
		p.earlier = time.Now().Add(one.again.next())
		p.again = one.again
		p.err = err
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// drop ends a use of one.
func (p *pooled) drop(one *pooledConn) {
	p.cfg.mu.Lock()
	defer p.cfg.mu.Unlock()
	p.sweep()
	if one.uses--; one.uses == 0 {
		p.remove(one)
		go one.t.conn.Close()
		p.forget()
	}
}

// remove takes one out of those that get uses, where it is among them.
func (p *pooled) remove(one *pooledConn) {
	if at := slices.Index(p.open, one); at >= 0 {
		p.open = slices.Delete(p.open, at, at+1)
	}
}

// A pooledUse is a use of a pooled connection.
type pooledUse struct {
	*mux.View
	drop func()
}

// Close ends the use.
func (u *pooledUse) Close() error {
	err := u.View.Close()
	u.drop()
	return err
}

var _ dac.Transport = (*Config)(nil)
