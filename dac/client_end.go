// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// chores are what is left to do once the lock of a target is released.
type chores struct {
	resend []*exchange
	ended  []*exchange // without an answer
	shut   []*sourcePort
}

func (c *chores) do() {
	for _, x := range c.resend {
		x.port.repeat(x)
	}
	for _, x := range c.ended {
		if x.live.Load() {
			x.to.core.observe(GaveUp, x.port, x.peer.Name, x.wire, x.err)
		}
	}
	finishAll(c.ended)
	for _, p := range c.shut {
		p.link.close()
	}
}

// unanswered is how long an identifier rests that had no answer.
func (x *exchange) unanswered() time.Duration { return max(unansweredRest, x.peer.IdentifierRest) }

// leave ends x, which has an identifier; that rests until the instant until. It is called with the lock held.
func (t *target) leave(x *exchange, until, now instant, c *chores) {
	p := x.port
	p.flying[x.id] = nil
	p.n--
	t.flying--
	t.counters.of(x.code).Pending--
	x.stage = stageEnded
	x.kept = x.kept || x.readers > 0
	if x.writing {
		x.next = until
	} else {
		p.ids.put(x.id, until, now)
	}
	p.lastUse = now
	if t.queue.first != nil {
		t.pump(now)
	} else if p.n == 0 && t.core.budget.scarce() && !p.closed {
		t.retire(p, now, c)
	}
}

// unsent ends x, which has an identifier that it did not use. It is called with the lock held.
func (t *target) unsent(x *exchange, now instant, c *chores) {
	t.counters.of(x.code).unsend(x.authOnly)
	t.leave(x, now, now, c)
}

// cancel ends x without an answer because of err, and reports false where it has ended already, and is finished.
func (t *target) cancel(x *exchange, err error) bool {
	now := t.core.now()
	var c chores
	t.mu.Lock()
	if x.stage == stageEnded {
		t.mu.Unlock()
		return false
	}
	x.err = x.noAnswer(now, err)
	sent := x.live.Load()
	switch {
	case x.stage == stageQueued:
		t.queue.remove(x)
		x.stage = stageEnded
	case !sent: // its turn has come in this moment
		if x.job == nil {
			<-x.wake
		}
		t.unsent(x, now, &c)
	default:
		if errors.Is(err, context.DeadlineExceeded) {
			t.counters.of(x.code).Timeouts++
		}
		t.leave(x, now+x.unanswered(), now, &c)
	}
	t.mu.Unlock()
	if sent {
		t.core.observe(GaveUp, x.port, x.peer.Name, x.wire, x.err)
	}
	c.do()
	return true
}

// fail ends x, of which nothing was sent, with err.
func (t *target) fail(x *exchange, err error) {
	now := t.core.now()
	var c chores
	t.mu.Lock()
	if x.stage == stageEnded {
		t.mu.Unlock()
		return
	}
	x.err = err
	t.unsent(x, now, &c)
	t.mu.Unlock()
	x.finish()
	c.do()
}

// sendFailed notes that a transmission of x failed, and ends x where waiting would not help.
func (t *target) sendFailed(x *exchange, err error) {
	now := t.core.now()
	var c chores
	t.mu.Lock()
	switch {
	case x.stage == stageEnded:
	case isICMP(err):
		x.at().icmp = err
		if t.core.failFast {
			t.refuse(x, now, &c)
		}
	case x.sent == 1 && !passes(err):
		x.err = &PacketError{Op: "send", Peer: t.nas, Err: fmt.Errorf("%w; look at the routes and filters of this machine", err)}
		c.ended = append(c.ended, x)
		t.unsent(x, now, &c)
	default:
		x.at().send = err
	}
	t.mu.Unlock()
	c.do()
}

// refuse ends x because of an ICMP error. It is called with the lock held.
func (t *target) refuse(x *exchange, now instant, c *chores) {
	x.err = x.noAnswer(now, nil)
	c.ended = append(c.ended, x)
	t.leave(x, now+x.unanswered(), now, c)
}

// shut ends everything, because the client is closed.
func (t *target) shut() {
	now := t.core.now()
	var c chores
	t.mu.Lock()
	t.closed = true
	if t.timer != nil {
		t.timer.Stop()
	}
	for t.queue.first != nil {
		x := t.queue.first
		t.queue.remove(x)
		x.stage, x.err = stageEnded, x.noAnswer(now, net.ErrClosed)
		c.ended = append(c.ended, x)
	}
	for len(t.ports) > 0 {
		p := t.ports[0]
		t.retire(p, now, &c)
		p.endAll(now, &c, func(x *exchange) error { return x.noAnswer(now, net.ErrClosed) })
	}
	t.mu.Unlock()
	c.do()
}
