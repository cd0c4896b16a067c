// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"log/slog"
	"sync/atomic"
)

// A Ticket is what the places know of one request. It stands in what is in work from the beginning,
// so that to enter costs no allocation, and is of no use before its Of is set.
type Ticket struct {
	Of Member // whose it is; read-only once it has entered

	// guarded by Places.mu
	prev, next *Ticket   // in the list of its workload
	back       chan bool // closed once it has a place again; nil: it does not wait for one
	forwarded  bool      // it was sent on, and is given up when its listener has drained
	away       bool      // it has given its place back for a while
	left       bool      // it is over

	many atomic.Bool // others were waiting when it went on
}

// A Member is a request as the places and the workers know it.
type Member interface {
	// Run does what there is to do, gives the place on and returns who has it then. No lock is
	// held. It may end its goroutine, having left.
	Run() (next *Ticket)
	// Hold keeps what the request has sent on from being used again. It is called with a lock held,
	// and takes none.
	Hold()
	// Attr names the request in a line of the log. It is called with a lock held, and takes none.
	Attr() slog.Attr
}

// Many reports whether others were waiting when the handler of t went on after Resume, so that
// their answers are about to come too. The handler may have had another goroutine resume, which it
// does not wait for.
func (t *Ticket) Many() bool { return t.many.Load() }

// A Workload is what one listener has in work, and whether that is all: a listener that ends takes
// nothing new, and has drained when nothing is in work and no read loop holds answers that are not
// written. The zero value has nothing in work.
type Workload struct {
	// guarded by Places.mu
	n       int
	first   *Ticket       // of those in work
	drained chan struct{} // nil: it does not drain; closed once it has
	idle    bool          // drained is closed

	closing atomic.Bool  // it drains, for the read loop to see without a lock
	unsent  atomic.Int32 // read loops that have answers to be sent
}

// Closing reports whether nothing new is taken.
func (w *Workload) Closing() bool { return w.closing.Load() }

// Unsent notes that a read loop has answers to be sent. It comes before the requests leave that it
// answers; Places.Sent ends it.
func (w *Workload) Unsent() { w.unsent.Add(1) }

// add puts t on the list of what is in work. Places.mu is held.
func (w *Workload) add(t *Ticket) {
	w.n++
	t.next = w.first
	if t.next != nil {
		t.next.prev = t
	}
	w.first = t
}

// remove takes t off the list. Places.mu is held.
func (w *Workload) remove(t *Ticket) {
	if t.next != nil {
		t.next.prev = t.prev
	}
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		w.first = t.next
	}
	w.n--
	w.look()
}

// look says that w has drained, where it has. Places.mu is held.
func (w *Workload) look() {
	if w.drained != nil && !w.idle && w.n == 0 && w.unsent.Load() == 0 {
		w.idle = true
		close(w.drained)
	}
}
