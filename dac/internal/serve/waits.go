// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"slices"
	"sync"

	"github.com/radius-dynauth/dynauth/dac/internal/dedup"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
)

// A connection waits for the answer to a request that came by it, until it ends or uses the
// identifier for another request: its sender has given up the first one then (radiusdtls-bis,
// sections 3.11 and 6.2.2). A request for which no connection waits is not retransmitted to where a
// proxy has sent it on. Its handler runs on and its answer is kept, since the peer may bring the
// same octets by its next connection, which waits for it from then on:
//
//	connection 1   request ----------+ ended
//	connection 2                     :            request, a duplicate ---+ answer
//	next hop            sent  sent   :                 sent  sent
//
// An answer whose identifier is in use again is not sent: the other end would take it for a forged
// answer to the later request, and end the connection.
//
// A datagram has no such end: its sender says nothing when it gives up.

// The waits are which connections wait for what. It is safe for concurrent use.
type waits struct {
	mu    sync.Mutex                 // guards what follows, and what is in lines and in each wait
	lines map[*peerstate.Row][]*line // of each peer; one that has ended has requests in work still
}

// A line is what one connection waits for.
type line struct {
	socket netio.Socket
	row    *peerstate.Row   // of its peer
	waits  map[uint32]*wait // by identifier, or Token
	ended  bool
}

// A wait is for one request in work.
type wait struct {
	id     uint32
	ref    dedup.Ref
	counts *peerstate.Counts
	first  *line   // that brought it
	by     []*line // that brought it too
	gaveUp []*line // that have used its identifier for another
	sent   []Sent
	quiet  bool
	over   bool
}

// A Sent is what a handler has sent to the next hop. Its methods call nothing of the engine.
type Sent interface {
	Quiet(on bool) // nothing of it is sent while on
	Hold()         // keeps it until Drop
	Drop()
}

// open adds l.
func (w *waits) open(l *line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lines == nil {
		w.lines = make(map[*peerstate.Row][]*line)
	}
	w.lines[l.row] = append(w.lines[l.row], l)
}

// end notes that the connection of l has ended, and waits for nothing any more.
func (w *waits) end(l *line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l.ended = true
	for _, x := range l.waits {
		x.look()
	}
}

// close removes l, of which nothing is in work.
func (w *waits) close(l *line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := slices.DeleteFunc(w.lines[l.row], func(o *line) bool { return o == l })
	if w.lines[l.row] = left; len(left) == 0 {
		delete(w.lines, l.row)
	}
}

// has reports whether l waits for a request with id.
func (w *waits) has(l *line, id uint32) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return l.waits[id] != nil
}

// first begins the wait of l for a first arrival, which the duplicate detection cache knows as ref.
func (w *waits) first(l *line, id uint32, ref dedup.Ref, counts *peerstate.Counts) *wait {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := &wait{id: id, ref: ref, counts: counts, first: l}
	l.wait(x)
	return x
}

// again notes that l brought a request once more, which is in work.
func (w *waits) again(l *line, id uint32, ref dedup.Ref) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, other := range w.lines[l.row] {
		x := other.waits[id]
		if x == nil || x.ref != ref {
			continue
		}
		if !slices.Contains(x.gaveUp, l) { // else it was late, as datagrams are
			if l != x.first && !slices.Contains(x.by, l) {
				x.by = append(x.by, l)
			}
			l.wait(x)
			x.look()
		}
		return
	}
}

// sends has s sent while a connection waits as x says.
func (w *waits) sends(x *wait, s Sent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if x.over { // s has ended, with what it was sent for
		return
	}
	s.Hold()
	x.sent = append(x.sent, s)
	if x.quiet {
		s.Quiet(true)
	}
	x.look()
}

// sentOnce reports whether one thing was sent on, and no other, for what x says.
func (w *waits) sentOnce(x *wait) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(x.sent) == 1
}

// over ends x, and returns the sockets of the connections that gave it up before.
func (w *waits) over(x *wait) (gaveUp []netio.Socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x.first.forget(x)
	for _, l := range x.by {
		l.forget(x)
	}
	for _, s := range x.sent {
		s.Drop()
	}
	for _, l := range x.gaveUp {
		gaveUp = append(gaveUp, l.socket)
	}
	x.over, x.sent = true, nil
	return gaveUp
}

// wait has l wait for x. It is called with waits.mu held, as are those below.
func (l *line) wait(x *wait) {
	if l.waits == nil {
		l.waits = make(map[uint32]*wait)
	}
	old := l.waits[x.id]
	l.waits[x.id] = x
	if old != nil && old != x {
		old.gaveUp = append(old.gaveUp, l)
		old.look()
	}
}

// forget ends the wait of l for x.
func (l *line) forget(x *wait) {
	if l.waits[x.id] == x {
		delete(l.waits, x.id)
	}
}

// look stops what is sent where no connection waits any more, or has it go on.
func (x *wait) look() {
	waits := func(l *line) bool { return !l.ended && !slices.Contains(x.gaveUp, l) }
	quiet := !waits(x.first) && !slices.ContainsFunc(x.by, waits)
	if quiet == x.quiet || len(x.sent) == 0 {
		return
	}
	if x.quiet = quiet; quiet {
		x.counts.Add(peerstate.Abandoned)
	}
	for _, s := range x.sent {
		s.Quiet(quiet)
	}
}
