// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"log/slog"
	"sync"
)

// The Places bound the handlers that run at a time (Server.MaxHandlers), and as many again that
// wait in the queue. They are of all listeners of a Server, since its handlers are.
//
// A request enters with what the peer has in work; it has a place, waits for one, or is refused.
// The goroutine that ends it leaves, and is told which request has its place then: to have that one
// run is the caller's affair, so nothing of the host's runs with the lock held, and no other lock
// is taken with it. A Disconnect goes before a CoA in the queue: a user whose session is to end
// must not go on for as long as others are changed.
//
// A handler that waits for something else, a proxy's for its next hop say, yields: its place goes
// to another, and it comes back by Resume, before all that is in the queue, since it holds what it
// has done so far. Its own goroutine waits for that; nothing of it is run again.
//
// They are safe for concurrent use.
type Places struct {
	Max  int // handlers that run at a time; read-only
	Many int // how many others have to be waiting for Ticket.Many; read-only

	mu       sync.Mutex // guards the rest, and what tickets and workloads say it does
	running  int
	waiting  int              // queued, or about to be
	yielded  int              // handlers that wait for something else
	queue    [2]fifo[*Ticket] // Disconnect before CoA
	resuming fifo[*Ticket]    // handlers that have yielded and go on
}

// A Result is what a request that wants to be handled gets.
type Result uint8

// What Enter says.
const (
	Refused Result = iota // no place, or the listener drains
	Placed                // run it
	Queued                // Push it, once it is ready
)

// Enter takes a place for t, or a place in the queue, or neither. As in the duplicate detection
// cache, a peer, which has inWork requests in work with this one, may have seven times what is
// free, so that there is something left for others. Handlers that have yielded are bounded too,
// each being a goroutine: four times those that run.
func (p *Places) Enter(t *Ticket, w *Workload, inWork int64) Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case w.drained != nil, inWork > 7*int64(min(2*p.Max-p.running-p.waiting, 4*p.Max-p.yielded)):
		return Refused
	case p.running < p.Max && p.waiting == 0:
		p.running++
		w.add(t)
		return Placed
	case p.waiting < p.Max:
		p.waiting++
		w.add(t)
		return Queued
	}
	return Refused
}

// Push puts t, which was told Queued, into the queue of its kind: 0 Disconnect, 1 CoA. True: a
// place has become free, and t has it. Between Enter and Push the host is told of the request, so
// that one that waits has its number before one that comes later has a place.
func (p *Places) Push(t *Ticket, kind uint8) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running < p.Max && p.resuming.len() == 0 && p.queue[0].len()+p.queue[1].len() == 0 {
		p.waiting--
		p.running++
		return true
	}
	p.queue[kind].push(t)
	return false
}

// Leave ends t, once, and returns who has its place now. Its answer is out by then, or with a read
// loop that is Unsent: a listener that drains waits for no more than that.
func (p *Places) Leave(t *Ticket, w *Workload) (next *Ticket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.remove(t)
	t.left, t.forwarded = true, false
	if !t.away {
		return p.pass()
	}
	// It has yielded and not resumed, since it was sent on or panicked: it has no place to give.
	p.yielded--
	if t.back != nil {
		close(t.back)
	}
	return nil
}

// pass gives a place on: to a handler that resumes, whose goroutine is there and waits, else to the
// next of the queue. mu is held.
func (p *Places) pass() (next *Ticket) {
	for {
		t, ok := p.resuming.pop()
		if !ok {
			break
		}
		if !t.left {
			p.came(t)
			close(t.back)
			t.back = nil
			return nil
		}
	}
	for kind := range p.queue {
		if next, ok := p.queue[kind].pop(); ok {
			p.waiting--
			return next
		}
	}
	p.running--
	return nil
}

// Yield gives the place of t back for as long as its handler waits, or, where it is forwarded, for
// good; false: it has none.
func (p *Places) Yield(t *Ticket, forwarded bool) (next *Ticket, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.left {
		return nil, false
	}
	t.forwarded = forwarded
	if t.away {
		return nil, false
	}
	t.away = true
	p.yielded++
	return p.pass(), true
}

// Resume takes a place for t again and waits for it; one that is over gets none.
func (p *Places) Resume(t *Ticket) {
	if back := p.comeBack(t); back != nil {
		<-back
	}
}

// comeBack returns what to wait for; nil: nothing.
func (p *Places) comeBack(t *Ticket) (back chan bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !t.away || t.left:
		return nil
	case p.running < p.Max:
		p.running++
		p.came(t)
		return nil
	}
	t.back = make(chan bool)
	p.resuming.push(t)
	return t.back
}

// came notes that t, which had yielded, has a place again. mu is held.
func (p *Places) came(t *Ticket) {
	t.away = false
	p.yielded--
	t.many.Store(p.yielded >= p.Many)
}

// Drain has nothing new come to w. What it returns is closed once w has drained; it may be called
// again.
func (p *Places) Drain(w *Workload) (drained <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.drained == nil {
		w.drained = make(chan struct{})
	}
	w.closing.Store(true)
	w.look()
	return w.drained
}

// Sent notes that one read loop of w has sent its answers. It costs a lock while w drains alone: a
// read loop looks at closing after it has said so, and Drain looks at unsent after it has set
// closing, so one of them sees the other.
func (p *Places) Sent(w *Workload) {
	if w.unsent.Add(-1) == 0 && w.closing.Load() {
		p.mu.Lock()
		defer p.mu.Unlock()
		w.look()
	}
}

// Forwarded returns what of w was sent on and is not answered. Each is held: it may be over by the
// time it is given up.
func (p *Places) Forwarded(w *Workload) (all []Member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t := w.first; t != nil; t = t.next {
		if t.forwarded {
			t.Of.Hold()
			all = append(all, t.Of)
		}
	}
	return all
}

// Stragglers names requests of w that are still in work, some of n.
func (p *Places) Stragglers(w *Workload) (some []slog.Attr, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t := w.first; t != nil && len(some) < mostStragglers; t = t.next {
		some = append(some, t.Of.Attr())
	}
	return some, w.n
}

// mostStragglers bounds a line of the log.
const mostStragglers = 16

// Counts is how many requests have a place, wait for one, or have given theirs back, and how many
// of w are in work.
func (p *Places) Counts(w *Workload) (running, waiting, yielded, inWork int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running, p.waiting, p.yielded, w.n
}
