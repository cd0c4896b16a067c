// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"time"
)

// A sourcePort is one socket to a NAS, its 256 identifiers and what is in flight with them. One goroutine reads it. Everything but link and
// local is guarded by the mu of its target.
type sourcePort struct {
	to    *target
	link  *packetLink
	local netip.AddrPort

	closed   bool
	flying   [identifiersOfPort]*exchange
	n        int // in flying
	ids      *identifiers
	touched  [identifiersOfPort / 64]uint64 // identifiers that were in use at some time
	earliest instant                        // no later than the first next of flying
	lastUse  instant
	writing  int // exchanges of which a retransmission is under way
	place    int // in the list of the budget, which guards it

	out outbox
}

func newSourcePort(t *target, conn net.Conn) *sourcePort {
	p := &sourcePort{to: t, link: newPacketLink(conn, &t.core.load), local: localAddr(conn), ids: new(identifiers), earliest: never}
	p.ids.reset(byte(rand.IntN(identifiersOfPort)))
	return p
}

// fly puts x in flight with identifier id.
func (p *sourcePort) fly(x *exchange, id byte, now instant) {
	t := p.to
	retry := &t.core.retry
	x.stage, x.port, x.id, x.sent = stageGranted, p, id, 1
	x.crowd = p.n
	x.rt = retry.timeout(0, t.core.random)
	x.deadline = x.until(now)
	x.next = min(now+x.rt, x.deadline)
	p.flying[id] = x
	p.touched[id/64] |= 1 << (id % 64)
	p.n++
	t.flying++
	t.counters.of(x.code).send(x.authOnly)
	p.earliest = min(p.earliest, x.next)
	t.arm(x.next, now)
}

func (p *sourcePort) used(id byte) bool { return p.touched[id/64]&(1<<(id%64)) != 0 }

// due finds what is to be sent again and what has had its time.
func (p *sourcePort) due(now instant, c *chores) {
	if p.earliest > now {
		return
	}
	t := p.to
	retry := &t.core.retry
	p.earliest = never
	for _, x := range p.flying {
		switch {
		case x == nil:
			continue
		case x.next > now:
		case !x.live.Load(): // being signed, by somebody who does not get on
			x.next = now + retry.Initial
			x.deadline = x.until(now)
		case now >= x.deadline || x.sent >= retry.Transmissions:
			t.counters.of(x.code).Timeouts++
			x.err = x.noAnswer(now, nil)
			c.ended = append(c.ended, x)
			t.leave(x, now+x.unanswered(), now, c)
			continue
		default:
			x.rt = retry.timeout(x.rt, t.core.random)
			x.next = min(now+x.rt, x.deadline)
			if !x.writing {
				p.resend(x, now, c)
			}
		}
		p.earliest = min(p.earliest, x.next)
	}
}

// resend has x sent again: the same octets, from the same port (RFC 5176, section 2.3). A retry counts as a timeout and as a
// retransmission (RFC 4672).
func (p *sourcePort) resend(x *exchange, now instant, c *chores) {
	n := p.to.counters.of(x.code)
	n.Timeouts++
	n.Retransmissions++
	x.sent++
	x.last = now
	x.kept, x.writing = true, true
	p.writing++
	c.resend = append(c.resend, x)
}

// repeat sends x again. Its identifier goes to nobody else before that is done.
func (p *sourcePort) repeat(x *exchange) {
	t := p.to
	t.core.observe(Resent, p, x.peer.Name, x.wire, nil)
	p.transmitOne(x)
	now := t.core.now()
	t.mu.Lock()
	x.writing = false
	p.writing--
	if x.stage == stageEnded {
		p.ids.put(x.id, x.next, now)
		t.pump(now)
	}
	t.mu.Unlock()
}

// transmit sends all, exchanges of p with the octets wires, and tells those that could not be sent.
func (p *sourcePort) transmit(all []*exchange, wires [][]byte) {
	for len(all) > 1 {
		beforeWrite()
		sent, err := p.link.write(wires)
		all, wires = all[sent:], wires[sent:]
		if err == nil {
			return
		}
		if isICMP(err) {
			p.refused(err, all)
		}
		p.transmitOne(all[0])
		all, wires = all[1:], wires[1:]
	}
	if len(all) > 0 {
		p.transmitOne(all[0])
	}
}

// transmitOne sends x. A socket may return the ICMP error that an earlier packet met instead of sending: that one is noted, and x is sent
// at once.
func (p *sourcePort) transmitOne(x *exchange) {
	var err error
	for range 4 {
		beforeWrite()
		if err = p.link.writeOne(x.wire); err == nil {
			return
		}
		if !isICMP(err) {
			break
		}
		p.refused(err, []*exchange{x})
	}
	p.to.sendFailed(x, err)
}

// refused notes an ICMP error with everything in flight that has been sent: which packet it was for is not known.
func (p *sourcePort) refused(err error, unsent []*exchange) {
	t := p.to
	now := t.core.now()
	var c chores
	t.mu.Lock()
	t.counters.unreachable++
	for _, x := range p.flying {
		if x == nil || !x.live.Load() || slices.Contains(unsent, x) {
			continue
		}
		x.at().icmp = err
		if t.core.failFast {
			t.refuse(x, now, &c)
		}
	}
	t.mu.Unlock()
	c.do()
}

// endAll ends everything in flight, each with an error of its own. It is called with the lock held.
func (p *sourcePort) endAll(now instant, c *chores, err func(x *exchange) error) {
	for _, x := range p.flying {
		if x != nil {
			x.err = err(x)
			c.ended = append(c.ended, x)
			p.to.leave(x, now+x.unanswered(), now, c)
		}
	}
}

// receive reads until p is closed.
func (p *sourcePort) receive() {
	for failures := 0; ; {
		packets, err := p.link.read()
		afterRead()
		if len(packets) > 0 {
			failures = 0
			now := p.to.core.now()
			p.accept(packets, now)
			p.link.giveBack()
			if len(packets) > crowd {
				runtime.Gosched() // those that were woken have more to send, and its answers come together too
			}
		}
		if err == nil {
			continue
		}
		if isICMP(err) {
			p.refused(err, nil)
		}
		if failures++; !p.goOn(err, failures) {
			return
		}
	}
}

// readFailures is how often reading may fail in a row before the socket is given up.
const readFailures = 20

// goOn decides whether to read on after err, the nth failure in a row, and waits a little where one follows the other. ICMP errors come one a
// packet that was sent, so they need no pause before there are very many.
func (p *sourcePort) goOn(err error, n int) bool {
	t := p.to
	t.mu.Lock()
	closed := p.closed
	t.mu.Unlock()
	switch {
	case closed:
		return false
	case isICMP(err) && n < 1000:
		return true
	case isICMP(err):
		n = readFailures / 2
	case n >= readFailures, errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		p.broken(err)
		return false
	}
	pause := time.NewTimer(time.Millisecond << min(n, 9))
	defer pause.Stop()
	select {
	case <-pause.C:
		return true
	case <-p.link.done:
		return false
	}
}

// broken ends what is in flight because p cannot be read any more.
func (p *sourcePort) broken(err error) {
	t := p.to
	now := t.core.now()
	var c chores
	t.mu.Lock()
	t.retire(p, now, &c)
	p.endAll(now, &c, func(*exchange) error {
		return &PacketError{Op: "receive", Peer: t.nas, Err: fmt.Errorf("%w; look at what closed the socket, or the connection of Client.Dial; it may have been executed", err)}
	})
	t.pump(now)
	t.mu.Unlock()
	c.do()
}
