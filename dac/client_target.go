// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// maxPortsOfNAS is how many source ports one NAS gets: 16,384 requests in flight.
const maxPortsOfNAS = 64

// A target is one NAS as a client sees it: its source ports, what waits for one, and its counters. What it has under way is watched with one
// runtime timer, which is set to the earliest thing that any of its ports waits for and is not touched by a request that comes and goes.
type target struct {
	core *clientCore
	nas  netip.AddrPort

	mu       sync.Mutex // guards what follows, and the exchanges and ports of this NAS
	closed   bool       // no exchange may enter any more
	ports    []*sourcePort
	opening  bool    // a port is being opened, or waits until one may be
	failed   instant // when opening one failed last; zero: it did not
	flying   int     // exchanges that have an identifier
	queue    exchangeQueue
	pace     bucket
	next     instant // when the rate lets the next one go
	timer    *time.Timer
	armed    instant // when timer fires
	left     []leftPort
	counters nasCounters
	told     uint32      // faults that the log has a diagnosis of
	key      *signingKey // of the latest secret
}

// leftPort is a source port that was closed while identifiers of it rested. Should the system hand out the same port again, they rest on.
type leftPort struct {
	local netip.AddrPort
	ids   *identifiers
}

// errGone is what a target says that is not to be used any more.
var errGone = errors.New("dac: forgotten")

// enter lets x have its turn, or queues it: then x is told.
func (t *target) enter(x *exchange, now instant) (hasTurn bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false, errGone
	}
	x.to, x.key = t, t.keyOf(x.peer.Secret)
	if t.queue.first == nil && t.grant(x, now) {
		return true, nil
	}
	x.stage = stageQueued
	t.queue.push(x)
	if x.job != nil {
		x.job.waits()
	}
	t.want(now)
	return false, nil
}

// keyOf returns the key of s, which is mostly the one of the request before. It is called with the lock held.
func (t *target) keyOf(s Secret) *signingKey {
	if t.key == nil || t.key.Secret != s {
		k := newSigningKey(s)
		t.key = &k
	}
	return t.key
}

// retake makes x, which waits for its turn, one that somebody waits for; false: it has ended.
func (t *target) retake(x *exchange) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x.stage == stageEnded {
		return false
	}
	x.later = nil
	return true
}

// grant gives x a port and an identifier, if that may be now.
func (t *target) grant(x *exchange, now instant) bool {
	limit := t.core.perNAS
	if limit.InFlight > 0 && t.flying >= limit.InFlight {
		return false
	}
	for _, p := range t.ports {
		if !p.ids.has(now) {
			continue
		}
		if limit.Rate > 0 {
			wait, ok := t.pace.take(t.core.epoch.Add(now), limit)
			if !ok {
				t.next = now + max(wait, minPace)
				return false
			}
		}
		p.fly(x, p.ids.take(), now)
		return true
	}
	return false
}

// minPace keeps a wait that was rounded to nothing from being waited for again and again.
const minPace = time.Microsecond

// pump gives those in the queue their turn that may have it now, and sees to what the others wait for.
func (t *target) pump(now instant) {
	for t.queue.first != nil && t.grant(t.queue.first, now) {
		x := t.queue.first
		t.queue.remove(x)
		if x.job != nil {
			x.job.granted()
		} else {
			x.wake <- struct{}{}
		}
	}
	t.want(now)
}

// want sees to it that the first in the queue gets what it waits for: time, or a port.
func (t *target) want(now instant) {
	limit := t.core.perNAS
	if t.queue.first == nil || t.closed || limit.InFlight > 0 && t.flying >= limit.InFlight {
		return
	}
	if t.next > now { // the rate
		t.arm(t.next, now)
		return
	}
	for _, p := range t.ports {
		t.arm(p.ids.next(), now)
	}
	switch {
	case t.opening:
	case len(t.ports) >= t.core.portsOfNAS:
		t.sayFull()
	case t.failed != 0 && now < t.failed+time.Second:
		t.arm(t.failed+time.Second, now)
	default:
		t.opening = t.core.spawn(func() { t.open(false) })
	}
}

// arm sees to it that tick runs at the instant at, at the latest.
func (t *target) arm(at, now instant) {
	if at >= t.armed || t.closed {
		return
	}
	t.armed = at
	if t.timer == nil {
		t.timer = time.AfterFunc(max(at-now, 0), t.tick)
	} else {
		t.timer.Reset(max(at-now, 0))
	}
}

// tick does what is due: retransmissions, the end of what had its time, turns for the queue, and the end of ports that nobody uses.
func (t *target) tick() {
	now := t.core.now()
	var c chores
	t.mu.Lock()
	t.armed = never
	for _, p := range slices.Backward(t.ports) { // retire takes p out of t.ports
		p.due(now, &c)
		idle := p.lastUse + t.core.idleTimeout
		switch {
		case p.closed:
		case p.n > 0:
			t.arm(p.earliest, now)
		case idle > now:
			t.arm(idle, now)
		case t.queue.first == nil:
			t.retire(p, now, &c)
		}
	}
	t.pump(now)
	t.mu.Unlock()
	c.do()
}

// retire takes p out of use. Its link is closed with the chores.
func (t *target) retire(p *sourcePort, now instant, c *chores) {
	t.ports = slices.DeleteFunc(t.ports, func(q *sourcePort) bool { return q == p })
	p.closed = true
	t.left = slices.DeleteFunc(t.left, func(l leftPort) bool { return l.ids.last() <= now })
	if p.local.IsValid() && (p.ids.last() > now || p.n > 0 || p.writing > 0) {
		t.left = append(t.left, leftPort{p.local, p.ids})
	}
	c.shut = append(c.shut, p)
}

// open opens one more port for those in the queue, and then reads from it. Where there may be no more ports, the budget calls it again
// when one is free.
func (t *target) open(mayOpen bool) {
	if !mayOpen && !t.core.budget.take(t, t.needsFirst()) {
		return
	}
	defer t.core.budget.give()
	if !t.wanted() {
		return
	}
	conn, err := t.core.dial(t.nas)
	if err != nil {
		t.openFailed(err)
		return
	}
	p := newSourcePort(t, conn)
	if !t.opened(p) {
		p.link.close()
		return
	}
	defer t.core.budget.forget(p)
	p.receive()
}

// needsFirst reports whether t has no port at all.
func (t *target) needsFirst() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.ports) == 0
}

// wanted reports whether somebody still waits for a port.
func (t *target) wanted() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opening = t.queue.first != nil && !t.closed
	return t.opening
}

// opened puts p to use, unless the client was closed meanwhile.
func (t *target) opened(p *sourcePort) bool {
	now := t.core.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opening, t.failed = false, 0
	if t.closed {
		return false
	}
	for i, l := range t.left {
		if l.local == p.local {
			p.ids = l.ids
			t.left = slices.Delete(t.left, i, i+1)
			break
		}
	}
	p.lastUse = now
	t.ports = append(t.ports, p)
	t.core.budget.add(p)
	t.arm(now+t.core.idleTimeout, now)
	t.pump(now)
	return true
}

// later tries to open a port again after a while.
func (t *target) later() {
	now := t.core.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opening, t.failed = false, max(now, 1)
	t.want(now)
}

// openFailed ends those who wait for a port, unless others are in use that will do.
func (t *target) openFailed(err error) {
	if t.core.budget.exhausted(err) || !t.needsFirst() {
		t.later()
		return
	}
	var c chores
	t.mu.Lock()
	t.opening = false
	for t.queue.first != nil {
		x := t.queue.first
		t.queue.remove(x)
		x.stage, x.err = stageEnded, &PacketError{Op: "dial", Peer: t.nas, Err: err}
		c.ended = append(c.ended, x)
	}
	t.mu.Unlock()
	c.do()
}
