// SPDX-License-Identifier: Apache-2.0

package each

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/bulk"
	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
)

// A Job is a job of a type J on its way through a Run: what came of it is a Result, of a type R, or
// Err, or both.
type Job[J, R any] struct {
	Job    J
	Result R
	Err    error
}

// Calls are what package dac does of a Run. Those that are told of an end may be called with a lock
// held, and must not block.
type Calls[J, R, P any] struct {
	// Address is where j goes, or why nowhere.
	Address func(j *J) (netip.AddrPort, error)
	// Peer asks the Client's Peers. It may take long, ignore ctx, panic and end its goroutine.
	Peer func(ctx context.Context, nas netip.AddrPort) (P, error)
	// Make begins the exchange of j with p, or says why it is not sent.
	Make func(j *J, nas netip.AddrPort, p *P, c exchange.Call) (*exchange.Exchange, error)
	// Result is what came of x, which has ended: bulk.Answered, or bulk.Passing for a refusal that
	// may be tried again, or bulk.Failed for no answer.
	Result func(x *exchange.Exchange) (R, bulk.End, error)
	// Stopped is the error of j, which the Run ended because of err; begun: it may have been sent.
	// dialing is how another job for nas failed, before there was a connection; nil: none did.
	Stopped func(j *J, nas netip.AddrPort, err error, begun bool, dialing *exchange.Failure) error
	// Unsent is the error of j, which was not sent, since its NAS is silent.
	Unsent func(j *J, u bulk.Unsent) error
}

// Limits are those of a Client; zero fields are its defaults.
type Limits struct {
	InFlight int // of all NASes together
	OfNAS    int // of one NAS
	Budget   int // requests in a row without an answer; negative: none counts
	Retries  int // of a refusal that passes
}

// noBound is more than a Run has ever in flight, and can be multiplied.
const noBound = 1 << 30

// defaultBudget is that of a Client.
const defaultBudget = 16

// What ends jobs, or a whole Run, because of a function of the host's.
var (
	errPeersLate  = errors.New("dac: Client.Peers took too long")
	errPeersGone  = errors.New("dac: nothing sent: Client.Peers ended its goroutine: have it return an error, and call nothing that ends one, like runtime.Goexit or FailNow of a test")
	errSenderGone = errors.New("dac: Each was stopped: Client.Trace or Client.Logger ended its goroutine: call nothing there that ends one, like runtime.Goexit or FailNow of a test")
)

// A Run is one run of Each.
type Run[J, R, P any] struct {
	engine *exchange.Engine
	calls  Calls[J, R, P]
	bulk   *bulk.Run[Job[J, R], P]
	out    exchange.Batch // the dispatcher's

	mu      sync.Mutex                          // guards dialing
	dialing map[netip.AddrPort]exchange.Failure // the latest, of NASes without a connection
}

// New makes a Run that sends by engine.
func New[J, R, P any](engine *exchange.Engine, l Limits, calls Calls[J, R, P]) *Run[J, R, P] {
	retry := engine.Retry
	r := &Run[J, R, P]{engine: engine, calls: calls}
	r.bulk = bulk.New(host[J, R, P]{r}, bulk.Config{
		InFlight: min(l.InFlight, noBound), OfNAS: min(cmp.Or(l.OfNAS, exchange.IdentifiersOfConn), noBound),
		Budget: min(cmp.Or(l.Budget, defaultBudget), noBound), Retries: l.Retries,
		Initial: retry.Initial, Max: retry.Max, Span: retry.Span(), Ask: retry.Duration,
		Wait:       func(prev time.Duration) time.Duration { return retry.Timeout(prev, engine.Random) },
		AskExpired: errPeersLate, AskBroken: errPeersGone, SendBroken: errSenderGone,
	})
	return r
}

// Each runs jobs and yields what came of each, until all are done, ctx is, the engine is closed, or
// yield returns false.
func (r *Run[J, R, P]) Each(ctx context.Context, jobs iter.Seq[J], yield func(*Job[J, R]) bool) {
	stop := context.AfterFunc(r.engine.Context(), func() { r.bulk.Stop(net.ErrClosed) })
	defer stop()
	drawn := func(yield func(Job[J, R]) bool) {
		for j := range jobs {
			if !yield(Job[J, R]{Job: j}) {
				return
			}
		}
	}
	r.bulk.Each(ctx, drawn, yield)
}

// A host is a Run as its bulk.Run sees it.
type host[J, R, P any] struct{ *Run[J, R, P] }

func (h host[J, R, P]) Now() time.Duration { return h.engine.Now() }

func (h host[J, R, P]) Address(j *Job[J, R]) (nas netip.AddrPort, ok bool) {
	nas, j.Err = h.calls.Address(&j.Job)
	return nas, j.Err == nil
}

func (h host[J, R, P]) Peer(ctx context.Context, nas netip.AddrPort) (P, error) {
	return h.calls.Peer(ctx, nas)
}

// Begin begins the exchange of t, which it holds for its end and for Send.
func (h host[J, R, P]) Begin(
	t *bulk.Task[Job[J, R], P], nas netip.AddrPort, p *P,
) (begun any, granted bool) {
	x, err := h.calls.Make(&t.Job.Job, nas, p, exchange.Call{Owner: owner[J, R, P](h), Tag: t})
	if err == nil {
		x.Hold()
		if granted, err = h.engine.Enter(nas, x); err == nil {
			return x, granted
		}
	}
	h.bulk.Ended([]*bulk.Task[Job[J, R], P]{t}, func(int) bulk.End {
		t.Job.fail(err)
		return bulk.Failed
	})
	return nil, false
}

// Send signs and sends exchanges, of one conn together.
func (h host[J, R, P]) Send(all []any) {
	for _, x := range all {
		h.out.Add(x.(*exchange.Exchange))
	}
	h.out.Flush()
}

// CancelAll ends what is in flight. Where the engine is closed that does so itself, once the
// answers that have arrived are taken.
func (h host[J, R, P]) CancelAll(err error) {
	if !errors.Is(err, net.ErrClosed) || h.engine.Context().Err() == nil {
		h.engine.CancelAll(owner[J, R, P](h), err)
	}
}

func (h host[J, R, P]) Fresh(j *Job[J, R]) Job[J, R] { return Job[J, R]{Job: j.Job} }

// Failed is for Peers that gave no Peer.
func (h host[J, R, P]) Failed(j *Job[J, R], nas netip.AddrPort, err error) {
	if err == errPeersLate {
		err = fmt.Errorf("dac: nothing sent to %v, whose secret is not known: Client.Peers has not answered in %v: %w", nas, h.engine.Retry.Duration, context.DeadlineExceeded)
	}
	j.fail(err)
}

func (h host[J, R, P]) Stopped(j *Job[J, R], nas netip.AddrPort, err error, begun bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var dialing *exchange.Failure
	if f, ok := h.dialing[nas]; ok && !begun {
		dialing = &f
	}
	j.fail(h.calls.Stopped(&j.Job, nas, err, begun, dialing))
}

// noteDialing notes of x, which has ended, whether there was no connection to its NAS yet. Jobs are
// begun a few at a time for a NAS that has not answered, and those that wait behind x have the same
// reason. It is told before Stopped is: a Run that ends cancels what is begun first.
func (r *Run[J, R, P]) noteDialing(x *exchange.Exchange) {
	nas, f := x.WhileDialing()
	if f == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dialing == nil {
		r.dialing = make(map[netip.AddrPort]exchange.Failure)
	}
	r.dialing[nas] = *f
}

func (h host[J, R, P]) Unsent(j *Job[J, R], u bulk.Unsent) { j.fail(h.calls.Unsent(&j.Job, u)) }

// fail notes that j has no Result, because of err.
func (j *Job[J, R]) fail(err error) {
	var none R
	j.Result, j.Err = none, err
}

// An owner is a Run as its exchanges see it. Two of one Run are equal: the engine finds by it what
// is to be cancelled.
type owner[J, R, P any] struct{ *Run[J, R, P] }

func (o owner[J, R, P]) Queued(x *exchange.Exchange, dialing bool) {
	o.bulk.Queued(x.Tag().(*bulk.Task[Job[J, R], P]), dialing)
}

func (o owner[J, R, P]) Granted(x *exchange.Exchange) {
	o.bulk.Granted(x.Tag().(*bulk.Task[Job[J, R], P]), x)
}

// Ended takes exchanges as they were read, and tells the bulk.Run of as many at a time as one Read
// has packets.
func (o owner[J, R, P]) Ended(all []*exchange.Exchange) {
	for len(all) > 0 {
		n := min(len(all), netio.MaxLinks)
		o.endSome(all[:n])
		all = all[n:]
	}
}

func (r *Run[J, R, P]) endSome(all []*exchange.Exchange) {
	var tasks [netio.MaxLinks]*bulk.Task[Job[J, R], P]
	var ends [netio.MaxLinks]struct {
		result R
		err    error
		end    bulk.End
	}
	for i, x := range all {
		r.noteDialing(x)
		e := &ends[i]
		tasks[i] = x.Tag().(*bulk.Task[Job[J, R], P])
		if e.result, e.end, e.err = r.calls.Result(x); e.end == bulk.Failed && x.Blamed() {
			e.end = bulk.Silent
		}
	}
	r.bulk.Ended(tasks[:len(all)], func(i int) bulk.End {
		j := &tasks[i].Job
		j.Result, j.Err = ends[i].result, ends[i].err
		return ends[i].end
	})
	for _, x := range all {
		x.Drop()
	}
}
