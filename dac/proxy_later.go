// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"log/slog"
	"runtime/debug"

	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
	"github.com/radius-dynauth/dynauth/dac/internal/serve"
)

// A Proxy that is the Handler of a Server itself, with no handler between that could see what it
// returns, keeps no goroutine waiting: the read loop sends a request on, together with the others
// of its batch, and goes on reading; the goroutine that ends the exchange with the next hop, mostly
// the one that reads the answers from there, answers the sender, again together with the others of
// its batch. What the requests of a batch cost then beside both hops is a few locks.

// answersLater reports whether the requests of a Server are answered later. A Trace, that of the
// Client too, may do what it wants with the goroutine that calls it, so where there is one each
// request has its own. A host's Handler that embeds a Proxy is none: it has a Handle of its own.
func (p *Proxy) answersLater(s *Server) bool {
	own, ok := s.Handler.(*Proxy)
	return ok && own == p && p.Trace == nil && s.Trace == nil && (p.Client == nil || !p.Client.core().trace)
}

// handleAsync is Handle for a Server, and does not wait: see asyncHandler.
func (p *Proxy) handleAsync(t *slab) (*Response, error) {
	j := &t.j
	if err := p.usable(&t.r); err != nil {
		return nil, err
	}
	f := p.forwarding(&t.r)
	f.proxy, f.task, f.job = p, t, j
	if err := p.route(j.Context(), f); err != nil {
		return p.end(j.Context(), f, nil, err)
	}
	x, nas, err := p.Client.newExchange(j.Context(), f.hop.Target.Addr, &f.r, exchange.Call{Span: p.spanOf(j.Context()), Completion: f})
	if err != nil {
		return p.end(j.Context(), f, nil, p.unanswered(err))
	}
	f.x = x
	j.Later(true)
	x.Hold() // one for who ends it
	hasTurn, err := p.Client.made.Enter(nas, x)
	switch {
	case err != nil:
		j.Later(false)
		x.Drop()
		x.Drop()
		return p.end(j.Context(), f, nil, p.unanswered(err))
	case !hasTurn:
		j.Sends(x)
		f.waitForTurn()
	case !f.sign(): // f has been told
		x.Drop()
	default:
		j.Sends(x)
		j.Unsent(f)
		f.job.GiveAway(f)
	}
	return nil, errPending
}

// sign makes the octets, and survives a Logger of the host's that panics; false: f has been told
// why not.
func (f *forwarding) sign() (ok bool) {
	x := f.x
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		f.job.Log(slog.LevelError, "dac: panic while a request was sent on", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
		if ok = x.Left(); !ok {
			x.Abandon(serve.ErrPanicked)
		}
	}()
	return x.Sign()
}

// waitForTurn has a goroutine of its own wait for an exchange that has to wait for its turn, and
// for the answer.
func (f *forwarding) waitForTurn() {
	j, x := f.job, f.x
	if !x.Retake() { // f has been told
		f.job.GiveAway(nil)
		x.Drop()
		return
	}
	j.Later(false)
	f.job.GiveAway(nil)
	j.Go(func() {
		x.Await(j.ListenerContext(), false)
		resp, err := responseOf(x)
		x.Drop()
		x.Drop()
		j.Resume()
		j.End(f.settled(resp, err))
	})
}

// settled notes what the sender gets of what came from the next hop. It survives a Logger of the
// host's that panics.
func (f *forwarding) settled(resp *Response, err error) (o serve.Outcome) {
	j := f.job
	defer func() {
		if v := recover(); v != nil {
			j.Log(slog.LevelError, "dac: handler panicked", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
			o = j.Refused(serve.ErrPanicked)
		}
	}()
	if err != nil {
		err = f.proxy.unanswered(err)
	}
	return f.task.settle(f.proxy.end(j.Context(), f, resp, err))
}

// EndAll answers the senders of those of all that no goroutine waits for.
func (f *forwarding) EndAll(all []*exchange.Exchange) {
	for _, x := range all {
		if f := forwardingOf(x); f != nil {
			f.job.Finish(f.settled(responseOf(x)))
		}
	}
	var sent *serve.Job
	for _, x := range all { // who drains waits until it is out
		if f := forwardingOf(x); f != nil && (sent == nil || !f.job.SameListener(sent)) {
			sent = f.job
			sent.SendAnswers()
		}
	}
	for i, x := range all {
		if f := forwardingOf(x); f != nil {
			all[i] = nil
			f.job.Leave()
			x.Drop()
		}
	}
}

func forwardingOf(x *exchange.Exchange) *forwarding {
	if x == nil {
		return nil
	}
	f, _ := x.Completion().(*forwarding)
	return f
}

// What a listener and a reader do with a forwarding that is on its way.

func (f *forwarding) Hold() { f.x.Hold() }
func (f *forwarding) Drop() { f.x.Drop() }

func (f *forwarding) GiveUp(err error) {
	f.x.Cancel(err)
}

func (f *forwarding) Post() {
	f.x.Post()
	f.x.Drop()
}

// A proxyBatch is what one batch of a reader sends on.
type proxyBatch struct{ exchange.Batch }

func (p *Proxy) newForwardBatch() forwardBatch { return new(proxyBatch) }

func (m *proxyBatch) flush() { m.Flush() }

// add sends by a goroutine of its own where the way of the host's Client.Dial may keep a Write
// waiting: the reader has others to look after.
func (m *proxyBatch) add(o serve.Forward) {
	f := o.(*forwarding)
	if f.x.Blocks() {
		f.job.Go(f.Post)
		return
	}
	m.Add(f.x)
}
