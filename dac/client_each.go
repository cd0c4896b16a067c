// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
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

// LogValue is the row of an audit: the NAS, the local port and the identifier, how often the request was sent and how long the answer
// took, the answer, its cause and the error.
func (o Outcome) LogValue() slog.Value {
	a := []slog.Attr{slog.String("peer", o.Job.NAS.String())}
	if r := o.Job.Request; r != nil && r.Packet != nil {
		a = append(a, slog.String("request", codeName(r.Packet.Code)))
	}
	if silent, ok := errors.AsType[*NoAnswerError](o.Err); ok {
		a = append(a, slog.String("local", silent.Local.String()), slog.Uint64("id", uint64(silent.ID)), slog.Int("sent", silent.Sent), slog.Duration("waited", silent.Waited))
	}
	if r := o.Response; r != nil && r.Packet != nil {
		a = append(a, slog.String("local", r.Local.String()), slog.Uint64("id", uint64(r.ID)), slog.Int("sent", r.Sent), slog.Duration("rtt", r.RTT),
			slog.String("code", codeName(r.Packet.Code)))
		if c := r.Cause(); c != 0 {
			a = append(a, slog.String("cause", describe(c)))
		}
	}
	if o.Err != nil {
		a = append(a, slog.String("err", o.Err.Error()))
	}
	return slog.GroupValue(a...)
}

// Each sends jobs and yields their outcomes as they come, in the order in which they are done. It draws from jobs in a goroutine of its own,
// at most a few thousand ahead, or 32 for each NAS up to 65,536, so memory does not grow with the number of jobs; every job that was drawn comes out
// once.
//
// To one NAS at most 256 requests are in flight, or PerNAS.InFlight, and to all together InFlight, of which each NAS has its share:
// a slow one and a dead one take no more of it than another. A NAS begins with few and gets more as it answers. To one that leaves Budget
// requests in a row unanswered one is sent now and then, and the rest of its jobs wait: for as long as a request lasts (30 s), or four
// times as long if it has answered before, since then it may be restarting. After that they fail fast, unsent, with a *NoAnswerError that
// says so, and so do later ones, but for a probe now and then. With its first answer the NAS is back. Where jobs for a NAS that is silent fill
// the queue, and others have nothing to do, the oldest of them fail in the same way.
//
// Peers are asked for each NAS that has jobs, once a second, and for 256 NASes at a time: a slow answer holds up the jobs for its NAS alone. An error
// is that of all jobs that wait for it.
//
// A retryable Cause (errcause.Cause.Retryable) is tried again up to RetryCauses times, with the waits of Retry between.
//
// When the loop over it ends early or ctx is done, Each stops sending, waits for nothing on the wire, and has no goroutine left; jobs that
// blocks then ends with the next one that it yields. When ctx is done, what was drawn comes out first, with the context's error; so it does
// when the Client is closed, with net.ErrClosed.
func (c *Client) Each(ctx context.Context, jobs iter.Seq[Job]) iter.Seq[Outcome] {
	return func(yield func(Outcome) bool) {
		r := newEachRun(ctx, c)
		r.begin(jobs)
		defer r.stop(context.Canceled)
		for over := false; !over; {
			var done []*eachJob
			done, over = r.take(ctx)
			for i, j := range done {
				out := j.outcome()
				j.recycle()
				done[i] = nil
				if !yield(out) {
					return
				}
			}
		}
	}
}
