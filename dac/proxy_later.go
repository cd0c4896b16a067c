// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"log/slog"
	"net"
	"runtime/debug"
)

// A Proxy that is the Handler of a Server itself, with nobody between who could see what it returns, keeps no goroutine waiting: the read loop
// sends a request on, together with the others of its batch, and goes on reading; whoever ends the exchange with the next hop, mostly the
// goroutine that reads the answers from there, answers the sender, again together with the others of its batch. What the requests of a batch
// cost then beside both hops is a few locks.

// postpones reports whether the requests of a Server are answered later. A Trace, that of the Client too, may do what it wants with the goroutine
// that calls it, so where there is one each request has its own. A host's Handler that embeds a Proxy is none: it has a Handle of its own.
func (p *Proxy) postpones(s *Server) bool {
	own, ok := s.Handler.(*Proxy)
	return ok && own == p && p.Trace == nil && s.Trace == nil && (p.Client == nil || p.Client.core().trace == nil)
}

// handleLater is Handle for a Server, and does not wait: see postponer.
func (p *Proxy) handleLater(j *job) (*Response, error) {
	if err := p.usable(j.req); err != nil {
		return nil, err
	}
	f := p.forwarding(j.req)
	f.proxy, f.job = p, j
	if err := p.route(&j.ctx, f); err != nil {
		return p.end(&j.ctx, f, nil, err)
	}
	x, nas, err := p.Client.newExchange(&j.ctx, p.spanOf(&j.ctx), f.hop.Target.Addr, &f.r)
	if err != nil {
		return p.end(&j.ctx, f, nil, p.unanswered(err))
	}
	f.x, j.later, x.later = x, true, f
	x.holds.Store(2) // one for who ends it
	hasTurn, err := p.Client.made.enter(nas, x)
	switch {
	case err != nil:
		j.later = false
		x.drop()
		x.drop()
		return p.end(&j.ctx, f, nil, p.unanswered(err))
	case !hasTurn:
		f.waitForTurn()
	case !f.sign(): // f has been told
		x.drop()
	default:
		j.unsent = f
		f.leave(f)
	}
	return nil, errLater
}

// sign makes the octets, and survives a Logger of the host's that panics; false: f has been told why not.
func (f *forwarding) sign() (ok bool) {
	x := f.x
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		f.job.log(slog.LevelError, "dac: panic while a request was sent on", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
		if ok = x.live.Load(); !ok {
			x.to.fail(x, errPanicked)
		}
	}()
	return x.sign()
}

// leave gives the place of the job back. From then on the listener gives o, if there is one, up when it has drained.
func (f *forwarding) leave(o onward) {
	j := f.job
	next, _ := j.st.places.yield(j, o)
	if next != nil {
		j.st.workers.run(next)
	}
	if err := j.l.ctx.Err(); err != nil && o != nil { // it has drained a moment ago
		o.giveUp(err)
	}
}

// waitForTurn has a goroutine of its own wait for an exchange that has to wait for its turn, and for the answer.
func (f *forwarding) waitForTurn() {
	j, x := f.job, f.x
	if !x.to.retake(x) { // f has been told
		f.leave(nil)
		select {
		case <-x.wake: // it had had its turn
		default:
		}
		x.drop()
		return
	}
	j.later = false
	f.leave(nil)
	j.st.workers.spawn(func() {
		resp, err := x.await(j.l.ctx, false)
		x.drop()
		x.drop()
		j.st.places.resume(j)
		j.end(f.settled(resp, err))
	})
}

// settled is what the sender gets of what came from the next hop. It survives a Logger of the host's that panics.
func (f *forwarding) settled(resp *Response, err error) (out *Response, _ error) {
	j := f.job
	defer func() {
		if v := recover(); v != nil {
			j.log(slog.LevelError, "dac: handler panicked", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
			out = j.fault(errPanicked)
		}
	}()
	if err != nil {
		err = f.proxy.unanswered(err)
	}
	return j.settle(f.proxy.end(&j.ctx, f, resp, err))
}

// endAll answers the senders of those of all that nobody waits for.
func (f *forwarding) endAll(all []*exchange) {
	for _, x := range all {
		if f := forwardingOf(x); f != nil {
			resp, err := f.settled(x.result())
			f.job.finish(resp, err, nil)
		}
	}
	var sent *listener
	for _, x := range all { // who drains waits until it is out
		if f := forwardingOf(x); f != nil && f.job.l != sent {
			sent = f.job.l
			sent.box.take().send(sent.st, sent.io)
		}
	}
	for i, x := range all {
		if f := forwardingOf(x); f != nil {
			all[i] = nil
			f.job.leave()
			x.drop()
		}
	}
}

func forwardingOf(x *exchange) *forwarding {
	if x == nil {
		return nil
	}
	f, _ := x.later.(*forwarding)
	return f
}

// What a listener and a reader do with a forwarding that is on its way.

func (f *forwarding) hold() { f.x.holds.Add(1) }
func (f *forwarding) drop() { f.x.drop() }

func (f *forwarding) giveUp(err error) {
	if f.x.to.cancel(f.x, err) {
		f.x.finish()
	}
}

func (f *forwarding) post() {
	f.x.port.post(f.x)
	f.x.drop()
}

// A proxyMail is what one batch of a reader sends on.
type proxyMail struct{ mailer }

func (p *Proxy) newPostbag() postbag { return new(proxyMail) }

// add sends by a goroutine of its own where the way of the host's Client.Dial may keep a Write waiting: the reader has others to look after.
func (m *proxyMail) add(o onward) {
	f := o.(*forwarding)
	if _, ok := f.x.port.link.conn.(*net.UDPConn); !ok {
		f.job.st.workers.spawn(f.post)
		return
	}
	m.mailer.add(f.x)
}
