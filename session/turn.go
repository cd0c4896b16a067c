// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
)

// A turn is the place of one request in the order of the requests for a session.
//
// From its arrival until its Find has answered, a request is unsettled: it may turn out to be for any session that its identification
// allows. Then it stands in the line of each session that it is for, and acts once it is the first in all of them and nobody acts there.
type turn struct {
	seq      uint64          // order of arrival
	identity *attrs.Identity // not to be changed while the request is unsettled
	urgent   bool            // a Disconnect: goes before waiting CoA-Requests

	// Guarded by order.mu.
	unsettled  bool
	holds      bool // those sessions are its own now
	drop       bool // rather than wait for another request
	dropped    bool
	list       uint8         // where it is listed while unsettled
	searched   uint8         // further lists that it has been compared with, or is being
	alone      uint16        // 1 + the place of what it holds among the solos, where that is one session that nobody else asks for
	prev, next *turn         // its neighbours in the list; earlier is prev
	behind     *turn         // the unsettled one that this one waits for, whatever its line
	followers  []*turn       // those that are behind this one
	since      uint64        // order.ended when its Find began
	keys       []any         // the sessions in whose lines it stands
	ready      chan struct{} // closed when it holds its sessions, or is dropped; nil unless it waits
}

// before reports whether t acts before u where both wait: a Disconnect before a CoA, else as they came.
func (t *turn) before(u *turn) bool {
	if t.urgent != u.urgent {
		return t.urgent
	}
	return t.seq < u.seq
}

// With an Acct-Session-Id, which most requests have, a request need be compared only with those of the same list and those without one.
const (
	namedLists = 64
	unnamed    = namedLists // the list of those without an Acct-Session-Id
)

// An order runs the requests for one session one at a time. The zero order is ready; it is safe for concurrent use.
type order struct {
	mu        sync.Mutex
	seq       uint64
	recent    [32]*arrival              // that have arrived, by number; those for which there is room
	arrived   map[*dac.Request]*arrival // the others
	unsettled [namedLists + 1]*turn     // the latest of each list
	count     int                       // of the unsettled
	named     int                       // of those that have an Acct-Session-Id
	lines     map[any]line              // of the sessions that somebody acts on or waits for, but for solos
	solos     [slots]solo               // by the hash of the session
	ended     uint64                    // turns that held a session and have ended
	endedAt   [slots]uint64             // the latest of them for the sessions of each hash
}

// lockedPlace is the place among the recent for r.
func (o *order) lockedPlace(r *dac.Request) **arrival {
	if r == nil {
		return &o.recent[0]
	}
	return &o.recent[r.Seq%uint64(len(o.recent))]
}

// lockedAdd notes a request that has arrived, and returns what stood for it before.
func (o *order) lockedAdd(a *arrival) (old *arrival) {
	old = o.lockedTake(a.request)
	if at := o.lockedPlace(a.request); *at == nil {
		*at = a
		return old
	}
	if o.arrived == nil {
		o.arrived = make(map[*dac.Request]*arrival)
	}
	o.arrived[a.request] = a
	return old
}

// lockedTake returns what has arrived as r, and forgets it; nil: nothing has.
func (o *order) lockedTake(r *dac.Request) *arrival {
	at := o.lockedPlace(r)
	if a := *at; a != nil && a.request == r {
		*at = nil
		return a
	}
	if len(o.arrived) == 0 {
		return nil
	}
	a := o.arrived[r]
	delete(o.arrived, r)
	return a
}

// lockedArrive gives t the next place.
func (o *order) lockedArrive(t *turn) {
	o.seq++
	t.seq = o.seq
	t.list = unnamed
	if id := t.identity.AcctSessionID; id != "" {
		t.list = uint8(maphash.String(seed, id) % namedLists)
		o.named++
	}
	l := &o.unsettled[t.list]
	t.prev, *l = *l, t
	if t.prev != nil {
		t.prev.next = t
	}
	t.unsettled = true
	o.count++
}

// claim puts t into the lines of the sessions that keys name, each once, and waits until they are its own. again is true when another
// request may have acted on one of them since t looked them up: they are t's now, but what they are is to be asked again. An error wraps
// dac.ErrDiscard: ctx ended first, or drop is true and another request is at work there; nothing was done.
func (o *order) claim(ctx context.Context, t *turn, keys []any, drop bool) (again bool, err error) {
	if t.holds && covers(t.keys, keys) { // while t holds them, nobody else changes either
		return false, nil
	}
	o.mu.Lock()
	again = o.lockedStale(t, keys)
	o.lockedRelease(t)
	t.drop = drop
	o.lockedJoin(t, keys)
	t.since = o.ended
	if t.holds || t.dropped {
		defer o.mu.Unlock()
		if t.dropped {
			return false, errBusy
		}
		return again, nil
	}
	t.ready = make(chan struct{})
	ready := t.ready
	o.mu.Unlock()

	wait(ctx, ready)
	o.mu.Lock()
	defer o.mu.Unlock()
	t.ready = nil
	t.since = o.ended
	switch {
	case t.dropped:
		return false, errBusy
	case ctx.Err() != nil:
		// A turn that comes together with the end is not taken: what is forgotten whole can be sent again.
		return false, fmt.Errorf("session: %w: waiting for the session's turn: %w", dac.ErrDiscard, context.Cause(ctx))
	}
	return true, nil
}

// wait waits for ready or the end of ctx, and gives the handler's place to somebody else meanwhile.
func wait(ctx context.Context, ready <-chan struct{}) {
	resume := dac.Yield(ctx)
	defer resume()
	select {
	case <-ready:
	case <-ctx.Done():
	}
}

// covers reports whether all of want are in have.
func covers(have, want []any) bool {
	if len(want) == 1 {
		return slices.Contains(have, want[0])
	}
	set := make(map[any]bool, len(have))
	for _, k := range have {
		set[k] = true
	}
	return !slices.ContainsFunc(want, func(k any) bool { return !set[k] })
}

// leave takes t out of everything, whatever became of it, and lets others go on.
func (o *order) leave(t *turn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lockedLeave(t)
}

func (o *order) lockedLeave(t *turn) {
	if t.behind != nil {
		t.behind.followers = slices.DeleteFunc(t.behind.followers, func(u *turn) bool { return u == t })
		t.behind = nil
	}
	o.lockedRelease(t)
	o.lockedSettle(t)
}

// lockedStale reports whether a request has acted on one of keys since t asked for them. Another session with the same hash
// makes it true now and then, which costs one more Find.
func (o *order) lockedStale(t *turn, keys []any) bool {
	return o.ended != t.since && slices.ContainsFunc(keys, func(k any) bool { return o.endedAt[slot(k)] > t.since })
}

// lockedJoin puts t into the lines of its sessions, and settles it.
func (o *order) lockedJoin(t *turn, keys []any) {
	t.keys = keys
	if t.unsettled && o.count > 1 {
		o.lockedFollow(t, t.prev)
	}
	if t.behind != nil || !o.lockedHold(t, keys) {
		for _, k := range keys {
			l := o.lockedLine(k)
			at := len(l.waiting)
			for at > 0 && t.before(l.waiting[at-1]) {
				at--
			}
			l.waiting = slices.Insert(l.waiting, at, t)
			o.lockedSet(k, l)
		}
		o.lockedAdvance(t)
	}
	o.lockedSettle(t)
}

// lockedSettle takes t out of the unsettled requests. Those behind it look for somebody else before them.
func (o *order) lockedSettle(t *turn) {
	if !t.unsettled {
		return
	}
	t.unsettled = false
	o.count--
	if t.list != unnamed {
		o.named--
	}
	if t.next != nil {
		t.next.prev = t.prev
	} else {
		o.unsettled[t.list] = t.prev
	}
	if t.prev != nil {
		t.prev.next = t.next
	}
	followers, earlier := t.followers, t.prev
	t.followers, t.prev, t.next = nil, nil, nil
	for _, f := range followers {
		o.lockedFollow(f, earlier)
		o.lockedAdvance(f)
	}
}

// lockedFollow puts t behind the nearest unsettled request that came before it, goes before it, and may turn out to be for one of its
// sessions; or behind nobody. The search goes on from earlier, down the list that it has come to: nobody new can stand there, since those
// who arrive later are later.
func (o *order) lockedFollow(t, earlier *turn) {
	t.behind = nil
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
			earlier = o.unsettled[unnamed]
		case t.list == unnamed && t.searched < namedLists && o.named > 0:
			earlier = o.unsettled[t.searched]
		default:
			return
		}
		t.searched++
	}
}

// mayMeet reports whether one session can have both identities: no attribute that both set is different. Prefixes are not compared,
// since a session has several.
func mayMeet(a, b *attrs.Identity) bool {
	switch {
	case differ(a.AcctSessionID, b.AcctSessionID), differ(a.Context, b.Context), differ(a.UserName, b.UserName),
		differ(a.AcctMultiSessionID, b.AcctMultiSessionID), differ(a.NASPortID, b.NASPortID),
		differ(a.ChargeableUserIdentity, b.ChargeableUserIdentity),
		a.FramedIPAddress.IsValid() && b.FramedIPAddress.IsValid() && a.FramedIPAddress != b.FramedIPAddress,
		a.NASPort != nil && b.NASPort != nil && *a.NASPort != *b.NASPort,
		a.FramedInterfaceID != nil && b.FramedInterfaceID != nil && *a.FramedInterfaceID != *b.FramedInterfaceID:
		return false
	}
	// Link addresses are written in more than one way.
	if differ(attrs.StationID(a.CallingStationID), attrs.StationID(b.CallingStationID)) ||
		differ(attrs.StationID(a.CalledStationID), attrs.StationID(b.CalledStationID)) {
		return false
	}
	for id, v := range a.Other {
		if w, ok := b.Other[id]; ok && v != w {
			return false
		}
	}
	return true
}

// differ reports whether both are set, and not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b }
