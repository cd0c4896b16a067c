// SPDX-License-Identifier: Apache-2.0

package turns

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
)

// A state is what a Turn does, and so where it is listed.
type state uint8

const (
	out       state = iota // it has not arrived, or it has left: listed nowhere
	searching              // its first Find is under way: in one of Order.searching
	waiting                // in the lines of its sessions, perhaps behind a searching one
	holding                // the first in the lines of its sessions
	dropped                // it was not to wait and would have had to: listed nowhere
)

// A Turn is the place of one request in the order of the requests for a session. The zero Turn has
// not arrived. It is used by one goroutine at a time; what other turns change of it, Order.mu
// guards.
type Turn struct {
	seq      uint64          // order of arrival
	identity *attrs.Identity // not to be changed while the turn is searching or waiting
	urgent   bool            // a Disconnect: goes before waiting CoA-Requests

	state      state
	drop       bool          // rather than wait for another request
	list       uint8         // where it is listed while searching
	searched   uint8         // further lists that it has been compared with, or is being
	prev, next *Turn         // its neighbours in that list; earlier is prev
	behind     *Turn         // the searching one that this one waits for, in any line
	followers  []*Turn       // those that are behind this one
	since      uint64        // Order.ended when its Find began
	lines      []*line       // of its sessions
	room       [1]*line      // for one session, which is most
	ready      chan struct{} // closed when it no longer waits; nil unless a goroutine is waiting
}

// before reports whether t acts before u where both wait: a Disconnect before a CoA, else as they
// came.
func (t *Turn) before(u *Turn) bool {
	if t.urgent != u.urgent {
		return t.urgent
	}
	return t.seq < u.seq
}

// Begin notes that the Find of t begins now, after Arrive.
func (t *Turn) Begin(o *Order) { t.since = o.ended.Load() }

// first reports whether t is the first in all its lines.
func (t *Turn) first() bool {
	return !slices.ContainsFunc(t.lines, func(l *line) bool { return l.turns[0] != t })
}

// wake lets the goroutine of t go on.
func (t *Turn) wake() {
	if t.ready != nil {
		close(t.ready)
		t.ready = nil
	}
}

// covers reports whether t stands in the lines of all keys.
func (t *Turn) covers(keys []any) bool {
	if len(keys) == 1 {
		return slices.ContainsFunc(t.lines, func(l *line) bool { return l.key == keys[0] })
	}
	set := make(map[any]bool, len(t.lines))
	for _, l := range t.lines {
		set[l.key] = true
	}
	return !slices.ContainsFunc(keys, func(k any) bool { return !set[k] })
}

// With an Acct-Session-Id, which most requests have, a turn is compared only with those of the same
// list and those without one.
const (
	namedLists = 64
	unnamed    = namedLists // the list of those without an Acct-Session-Id
)

// An Order runs the requests for one session one at a time. The zero Order is ready; it is safe for
// concurrent use.
type Order struct {
	mu        sync.Mutex
	seq       uint64
	searching [namedLists + 1]*Turn // the latest of each list
	count     int                   // of the searching ones
	named     int                   // of those that have an Acct-Session-Id
	lines     lines
	ended     atomic.Uint64 // turns that held a session and have ended; it changes under mu alone
	// Those for which advance is to look whether they still wait; empty outside an operation.
	changed []*Turn
}

// Arrive gives t, of a request with id, the next place. urgent is a Disconnect.
func (o *Order) Arrive(t *Turn, id *attrs.Identity, urgent bool) {
	list := uint8(unnamed)
	if id.AcctSessionID != "" {
		list = uint8(maphash.String(seed, id.AcctSessionID) % namedLists)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seq++
	t.seq, t.identity, t.urgent, t.list, t.state = o.seq, id, urgent, list, searching
	t.searched, t.drop = 0, false
	t.prev = o.searching[list]
	if t.prev != nil {
		t.prev.next = t
	}
	o.searching[list] = t
	o.count++
	if list != unnamed {
		o.named++
	}
}

// An Outcome is what came of a Claim.
type Outcome uint8

const (
	Held Outcome = iota // the sessions are the turn's own, and as Find returned them
	// They are the turn's own; another request may have acted on one of them since, so Find is to
	// be asked again.
	Again
	Busy  // another request is at work on one of them, and the turn was not to wait
	Ended // ctx ended first
)

// Claim puts t into the lines of the sessions that keys name, each once, and waits until they are
// its own. drop is not to wait for a request that is before t in a line. While it waits, the
// request has given its place among the handlers back. keys are not kept. A key that cannot be
// compared panics.
func (o *Order) Claim(ctx context.Context, t *Turn, keys []any, drop bool) Outcome {
	if t.state == holding && t.covers(keys) { // no other turn changes what one holds
		return Held
	}
	now, ready, again := o.join(t, keys, drop)
	if ready != nil {
		wait(ctx, ready)
		now, again = o.waited(t), true
	}
	switch {
	case now == dropped:
		return Busy
	case now != holding || ctx.Err() != nil:
		// A turn that comes together with the end is not taken: what is forgotten whole can be sent
		// again.
		return Ended
	case again:
		return Again
	}
	return Held
}

// wait waits for ready or the end of ctx, and lets another request have the handler's place
// meanwhile.
func wait(ctx context.Context, ready <-chan struct{}) {
	resume := dac.Yield(ctx)
	defer resume()
	select {
	case <-ready:
	case <-ctx.Done():
	}
}

// join puts t into its lines. ready is nil unless it has to wait there. again reports whether a
// request has acted on one of keys since the Find of t began.
func (o *Order) join(t *Turn, keys []any, drop bool) (now state, ready <-chan struct{}, again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	again = o.stale(t, keys)
	was := t.state
	o.leaveLines(t)
	if was == searching && o.count > 1 {
		o.follow(t, t.prev)
	}
	if t.lines = t.room[:0]; len(keys) > 1 {
		t.lines = make([]*line, 0, len(keys))
	}
	for _, k := range keys {
		l := o.lines.line(k)
		at := l.put(t)
		t.lines = append(t.lines, l)
		for _, u := range l.turns[at+1:] {
			if u.drop {
				o.changed = append(o.changed, u) // no longer the first, where it was
			}
		}
	}
	o.changed = slices.Insert(o.changed, 0, t)
	if was == searching {
		o.stopSearching(t)
	}
	t.state, t.drop = waiting, drop
	o.advance()
	t.since = o.ended.Load()
	if t.state == waiting {
		t.ready = make(chan struct{})
	}
	return t.state, t.ready, again
}

// waited returns what has become of t while its goroutine waited.
func (o *Order) waited(t *Turn) state {
	o.mu.Lock()
	defer o.mu.Unlock()
	t.ready = nil
	t.since = o.ended.Load()
	return t.state
}

// Leave takes t out of everything, however it ended, and lets others go on. A turn that has
// left may be used for another request.
func (o *Order) Leave(t *Turn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t.state == searching {
		o.stopSearching(t)
	}
	o.leaveLines(t)
	t.state = out
	t.wake()
	o.advance()
}

// stale reports whether a request has acted on one of keys since t asked for them. Another session
// with the same hash makes it true now and then, which costs one more Find.
func (o *Order) stale(t *Turn, keys []any) bool {
	return o.ended.Load() != t.since && slices.ContainsFunc(keys, func(k any) bool { return o.lines.bucket(k).ended > t.since })
}

// follow puts t behind the nearest searching turn that came before it, goes before it, and may turn
// out to be for one of its sessions; or behind none. The search goes on from earlier, down the list
// that it has come to: no new turn can stand there, since what arrives later is later.
func (o *Order) follow(t, earlier *Turn) {
	for {
		for e := earlier; e != nil; e = e.prev {
			if e.seq < t.seq && (e.urgent || !t.urgent) && mayMeet(e.identity, t.identity) {
				t.behind = e
				e.followers = append(e.followers, t)
				return
			}
		}
		switch {
		case t.list != unnamed && t.searched == 0:
			earlier = o.searching[unnamed]
		case t.list == unnamed && t.searched < namedLists && o.named > 0:
			earlier = o.searching[t.searched]
		default:
			return
		}
		t.searched++
	}
}

// stopSearching takes t out of the searching turns. Those behind it look for another one before
// them.
func (o *Order) stopSearching(t *Turn) {
	o.count--
	if t.list != unnamed {
		o.named--
	}
	if t.next != nil {
		t.next.prev = t.prev
	} else {
		o.searching[t.list] = t.prev
	}
	if t.prev != nil {
		t.prev.next = t.next
	}
	followers, earlier := t.followers, t.prev
	t.followers, t.prev, t.next = nil, nil, nil
	for _, f := range followers {
		f.behind = nil
		o.follow(f, earlier)
	}
	o.changed = append(o.changed, followers...)
}

// leaveLines takes t out of its lines, and from behind another turn. Who is the first there now is
// looked at by advance.
func (o *Order) leaveLines(t *Turn) {
	if e := t.behind; e != nil {
		e.followers = slices.DeleteFunc(e.followers, func(u *Turn) bool { return u == t })
		t.behind = nil
	}
	if t.state == holding {
		o.ended.Add(1)
	}
	for _, l := range t.lines {
		if t.state == holding {
			l.at.ended = o.ended.Load()
		}
		if !o.lines.remove(l, t) {
			o.changed = append(o.changed, l.turns[0])
		}
	}
	t.lines, t.room = nil, [1]*line{}
}

// advance looks at the turns that may have changed: one that is the first in all its lines and
// behind none holds its sessions, one that is not the first and is not to wait is dropped.
func (o *Order) advance() {
	for i := 0; i < len(o.changed); i++ {
		t := o.changed[i]
		if t.state != waiting {
			continue
		}
		switch first := t.first(); {
		case first && t.behind == nil:
			t.state = holding
		case !first && t.drop:
			o.leaveLines(t)
			t.state = dropped
		default:
			continue
		}
		t.wake()
	}
	clear(o.changed)
	o.changed = o.changed[:0]
}

// Idle reports whether nothing is left of all requests. It is for tests.
func (o *Order) Idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	listed := slices.ContainsFunc(o.searching[:], func(t *Turn) bool { return t != nil }) ||
		slices.ContainsFunc(o.lines.buckets[:], func(b bucket) bool { return b.first != nil })
	return !listed && o.count == 0 && o.named == 0 && len(o.changed) == 0
}

// Enter gives t, of a request for the one session that key names, the next place in the line of
// that session: it is Arrive and the first half of Claim for a request that needs no Find. Await is
// the other half. A key that cannot be compared panics.
func (o *Order) Enter(t *Turn, key any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.lines.line(key)
	o.seq++
	t.seq, t.identity, t.urgent, t.drop, t.state = o.seq, nil, false, false, waiting
	l.put(t)
	t.lines = append(t.room[:0], l)
	o.changed = append(o.changed, t)
	o.advance()
}

// Await waits until t, which has entered, holds its session: Held, or Ended where ctx ended first.
func (o *Order) Await(ctx context.Context, t *Turn) Outcome {
	now, ready := o.entered(t)
	if ready != nil {
		wait(ctx, ready)
		now = o.waited(t)
	}
	if now != holding || ctx.Err() != nil {
		return Ended
	}
	return Held
}

// entered returns what t does, and what tells its goroutine that it no longer waits.
func (o *Order) entered(t *Turn) (now state, ready <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t.state == waiting {
		t.ready = make(chan struct{})
	}
	return t.state, t.ready
}
