// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/bulk"
	"github.com/radius-dynauth/dynauth/dac/internal/each"
	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/peers"
	"github.com/radius-dynauth/dynauth/dac/internal/report"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
)

// A Job is one request of many. A Job with Err is not sent and comes out as it went in.
type Job struct {
	NAS     netip.AddrPort
	Request *Request
	Err     error // of building Request
	Tag     any   // the caller's own: a subscriber, a row number
}

// DisconnectJob is the Job of a Disconnect-Request. What is wrong with a comes out as its Err.
func DisconnectJob(nas netip.AddrPort, a ...attrs.Attr) Job {
	r, err := NewDisconnect(a...)
	return Job{NAS: nas, Request: r, Err: err}
}

// CoAJob is the Job of a CoA-Request. What is wrong with a comes out as its Err.
func CoAJob(nas netip.AddrPort, a ...attrs.Attr) Job {
	r, err := NewCoA(a...)
	return Job{NAS: nas, Request: r, Err: err}
}

// An Outcome is what became of a Job; Err is as of Disconnect and CoA.
type Outcome struct {
	Job      Job
	Response *Response // nil where nothing answered
	Err      error     // nil: an ACK
}

// LogValue is the row of an audit: the NAS, the local port and the identifier, how often the
// request was sent and how long the answer took, the answer, its cause and the error.
func (o Outcome) LogValue() slog.Value {
	a := []slog.Attr{slog.String("addr", o.Job.NAS.String())}
	if r := o.Job.Request; r != nil && r.Packet != nil {
		a = append(a, slog.String("request", packet.CodeName(r.Packet.Code)))
	}
	var silent *NoAnswerError
	if errors.As(o.Err, &silent) {
		a = append(a, slog.String("local", silent.Local.String()), slog.Uint64("id", uint64(silent.ID)), slog.Int("sent", silent.Sent), slog.Duration("waited", silent.Waited))
	}
	if r := o.Response; r != nil && r.Packet != nil {
		a = append(a, slog.String("local", r.Local.String()), slog.Uint64("id", uint64(r.ID)), slog.Int("sent", r.Sent), slog.Duration("rtt", r.RTT),
			slog.String("code", packet.CodeName(r.Packet.Code)))
		if c := r.Cause(); c != 0 {
			a = append(a, slog.String("cause", show.Cause(c)))
		}
	}
	if o.Err != nil {
		a = append(a, slog.String("err", o.Err.Error()))
	}
	return slog.GroupValue(a...)
}

// Each sends jobs and yields their outcomes as they come, in the order in which they are done. It
// draws from jobs in a goroutine of its own, at most a few thousand ahead, or 32 for each NAS up to
// 65,536, and twice as many more for NASes that are silent. So memory does not grow with the number
// of jobs. Every job that was drawn comes out once.
//
// To one NAS at most 256 requests are in flight, or PerNAS.InFlight, and to all together InFlight,
// of which each NAS has its share. A NAS begins with few and gets more as it answers. To one that
// leaves Budget requests in a row unanswered one is sent now and then, and the rest of its jobs
// wait: for as long as a request lasts by Retry (30 s), or four times as long if it has answered
// before, since then it may be restarting. After that they fail fast, unsent, with a *NoAnswerError
// that says so, and so do later ones, but for a probe now and then. With its first answer the NAS
// is back.
//
// A NAS that has been silent for 9/8 of Retry.Initial (2.25 s) is suspected: its jobs take no room
// from others any more, and where they fill the room that they have of their own while another NAS
// has nothing to do, the oldest fail in the same way. Peers, a Dial and a Write that hang count as
// silence. So such a NAS holds up the others once, and for that time at most. A NAS that answers,
// but slowly, or that has a limit, holds up the others where its jobs fill the queue: jobs come in
// one sequence.
//
// Peers are asked for each NAS that has jobs, once a second, for 256 NASes at a time, and each for
// Retry.Duration at most: a slow answer holds up the jobs for its NAS alone. An error is that of
// all jobs that wait for it.
//
// A retryable Cause (errcause.Cause.Retryable) is tried again up to RetryCauses times, with the
// waits of Retry between.
//
// When the loop over it ends early, Each stops sending and waits for nothing on the wire. When ctx
// is done, what was drawn comes out first, with the context's error; so it does when the Client is
// closed, with net.ErrClosed. Each waits for its goroutines, for a second at most: what it leaves
// behind then is jobs that blocks, which ends with the next job that it yields, and Peers that do
// not look at their context. What jobs panics with Each panics with, once what was drawn has come
// out.
func (c *Client) Each(ctx context.Context, jobs iter.Seq[Job]) iter.Seq[Outcome] {
	return func(yield func(Outcome) bool) {
		limits := each.Limits{InFlight: c.InFlight, OfNAS: c.PerNAS.InFlight, Budget: c.Budget, Retries: c.RetryCauses}
		each.New(c.core().Engine, limits, each.Calls[Job, *Response, Peer]{
			Address: addressOf, Peer: c.lookUp, Make: c.makeJob, Result: resultOf, Stopped: stopped, Unsent: unsent,
		}).Each(ctx, jobs, func(j *each.Job[Job, *Response]) bool {
			return yield(Outcome{Job: j.Job, Response: j.Result, Err: j.Err})
		})
	}
}

// addressOf is where j goes, if it can be sent.
func addressOf(j *Job) (nas netip.AddrPort, err error) {
	if j.Err != nil {
		return nas, j.Err
	}
	if nas, err = peers.NAS(j.NAS, Port); err == nil {
		err = canSend(j.Request)
	}
	return nas, err
}

// makeJob begins the exchange of j, unless p denies it.
func (c *Client) makeJob(j *Job, nas netip.AddrPort, p *Peer, call exchange.Call) (*exchange.Exchange, error) {
	if err := p.allows(nas, j.Request, j.Tag); err != nil {
		return nil, err
	}
	call.Label = j.Tag
	return c.made.makeExchange(p, j.Request, call), nil
}

// resultOf is what came of a Job, as Do returns it.
func resultOf(x *exchange.Exchange) (*Response, bulk.End, error) {
	resp, err := responseOf(x)
	if resp == nil {
		return nil, bulk.Failed, err
	}
	if err = resp.Err(); err != nil && resp.Cause().Retryable() {
		return resp, bulk.Passing, err
	}
	return resp, bulk.Answered, err
}

// stopped is for a run that ended before j.
func stopped(j *Job, nas netip.AddrPort, err error, begun bool, dialing *exchange.Failure) error {
	e := &NoAnswerError{NAS: nas, Err: err, Tag: j.Tag, silence: report.NotBegun(dialing)}
	if begun {
		e.Sent, e.silence.Code = 1, j.Request.Packet.Code
	}
	return e
}

// unsent is for a NAS that is silent.
func unsent(j *Job, u bulk.Unsent) error {
	silence := report.SilentNAS(u.Silent, u.For)
	if u.Crowded {
		silence = report.CrowdingNAS(u.InFlight, u.For)
	}
	return &NoAnswerError{NAS: u.NAS, Tag: j.Tag, silence: silence}
}
