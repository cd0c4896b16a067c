// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"cmp"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"
)

// A Proxy that is the Handler of a Server itself, with nobody between who could see what it returns, keeps no goroutine waiting: the read loop
// sends a request on, together with the others of its batch, and goes on reading; whoever ends the exchange with the next hop, mostly the
// goroutine that reads the answers from there, answers the sender, again together with the others of its batch. What the requests of a batch
// cost then beside both hops is a few locks.

// errLater is what becomes of a job that is answered later.
var errLater = errors.New("dac: answered later")

// leaves reports whether the requests of a Server are answered later. A Trace may do what it wants with the goroutine that calls it, so where there
// is one each request has its own.
func (p *Proxy) leaves(s *Server) bool { return p.Trace == nil && s.Trace == nil }

// handleLater sends the request of j on, and returns errLater, or what is to be answered at once. Where it leaves j.unsent, that is to be sent.
func (p *Proxy) handleLater(j *job) (*Response, error) {
	if err := p.usable(j.req); err != nil {
		return nil, err
	}
	f := p.forwarding(j.req)
	f.proxy, f.job = p, j
	if err := p.route(&j.ctx, f); err != nil {
		return p.end(&j.ctx, f, nil, err)
	}
	span := max(min(cmp.Or(p.Span, defaultSpan), time.Until(j.ctx.deadline())), 1)
	x, nas, err := p.Client.newExchange(&j.ctx, span, f.hop.Target.Addr, &f.r)
	if err != nil {
		return p.end(&j.ctx, f, nil, p.unanswered(err))
	}
	j.later, x.later = true, f
	x.holds.Store(2) // one for who ends it
	hasTurn, err := p.Client.made.enter(nas, x)
	switch {
	case err != nil:
		j.later = false
		x.drop()
		x.drop()
		return p.end(&j.ctx, f, nil, p.unanswered(err))
	case !hasTurn:
		f.waitForTurn(x)
	case !x.sign(): // f has been told
		x.drop()
	default:
		j.unsent = x
		f.leave(x)
	}
	return nil, errLater
}

// leave gives the place of the job back. From then on the listener ends x when it has drained.
func (f *forwarding) leave(x *exchange) {
	j := f.job
	next, _ := j.st.places.yield(j, x)
	if next != nil {
		j.st.workers.run(next)
	}
	if err := j.l.ctx.Err(); err != nil && x != nil { // it has drained a moment ago
		x.giveUp(err)
	}
}

// waitForTurn has a goroutine of its own wait for x, which has to wait for its turn, and for the answer.
func (f *forwarding) waitForTurn(x *exchange) {
	if !x.to.retake(x) { // f has been told
		f.leave(nil)
		x.drop()
		return
	}
	j := f.job
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

// endForwarded answers the senders of those of all whom nobody waits for, each of which has ended, and takes them out of all.
func endForwarded(all []*exchange) {
	if !slices.ContainsFunc(all, isForwarded) {
		return
	}
	for _, x := range all {
		if f := x.later; f != nil {
			resp, err := f.settled(x.result())
			f.job.finish(resp, err, nil)
		}
	}
	var sent *listener
	for _, x := range all { // who drains waits until it is out
		if f := x.later; f != nil && f.job.l != sent {
			sent = f.job.l
			sent.box.take().send(sent.st, sent.io)
		}
	}
	for i, x := range all {
		if f := x.later; f != nil {
			all[i] = nil
			f.job.leave()
			x.drop()
		}
	}
}

func isForwarded(x *exchange) bool { return x.later != nil }

// giveUp ends x, whom nobody waits for, because of err, if it has not ended yet.
func (x *exchange) giveUp(err error) {
	if x.to.cancel(x, err) {
		x.finish()
	}
}

// endForwarded ends what was sent on and is not answered, because of err: the listener has drained.
func (l *listener) endForwarded(err error) {
	p := &l.st.places
	var all []*exchange
	p.mu.Lock()
	for j := l.jobs; j != nil; j = j.next {
		if j.asked != nil {
			j.asked.holds.Add(1)
			all = append(all, j.asked)
		}
	}
	p.mu.Unlock()
	for _, x := range all {
		x.giveUp(err)
		x.drop()
	}
}
