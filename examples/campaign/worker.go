// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Verdicts of the report.
const (
	acked    = "done"              // the NAS said so
	gone     = "gone"              // 503 to a Disconnect: ended before, or by an attempt whose answer was lost
	refused  = "refused"           // a NAK that will not pass
	possibly = "possibly executed" // a change of which the answer was lost
	invalid  = "invalid"           // cannot be sent
)

// An output is what a job leaves in the table.
type output struct {
	Verdict string `json:"verdict"`
	Cause   uint32 `json:"error_cause,omitempty"`
	Sent    int    `json:"transmissions,omitempty"`
}

// A worker carries out orders.
type worker struct {
	river.WorkerDefaults[Order]
	client *dac.Client
	leases *leases
}

// notExecuted begins the errors of attempts of which it is known that the NAS has done nothing.
const notExecuted = "not executed: "

// doubtful reports whether an attempt before may have been executed: it was interrupted, or had no
// answer.
func doubtful(row *rivertype.JobRow) bool {
	if len(row.Errors) < row.Attempt-1 {
		return true
	}
	for _, e := range row.Errors {
		if !strings.HasPrefix(e.Error, notExecuted) {
			return true
		}
	}
	return false
}

// Work carries out one order.
func (w *worker) Work(ctx context.Context, job *river.Job[Order]) error {
	held, ok := w.leases.of(job.Queue)
	if !ok {
		return fmt.Errorf("%sthe lease of this NAS is another worker's", notExecuted)
	}
	nas, r, err := job.Args.request()
	if err != nil {
		return end(ctx, output{Verdict: invalid}, err)
	}
	doubt := doubtful(job.JobRow)
	if doubt && job.Args.Change {
		return end(ctx, output{Verdict: possibly}, errors.New("an attempt before was interrupted, or had no answer"))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(held, cancel)()
	resp, err := w.client.RoundTrip(ctx, nas, r)
	if err != nil {
		return w.unanswered(ctx, job, err)
	}
	out := output{Verdict: acked, Cause: uint32(resp.Cause()), Sent: resp.Sent}
	cause := resp.Cause()
	switch refusal := resp.Err(); {
	case refusal == nil:
		return river.RecordOutput(ctx, out)
	case cause == errcause.SessionContextNotFound && !job.Args.Change:
		out.Verdict = gone
		return river.RecordOutput(ctx, out)
	case cause.Retryable():
		return fmt.Errorf("%s%w", notExecuted, refusal)
	default:
		out.Verdict = refused
		return end(ctx, out, refusal)
	}
}

// unanswered says what becomes of an order that no answer came to.
func (w *worker) unanswered(ctx context.Context, job *river.Job[Order], err error) error {
	var silent *dac.NoAnswerError
	var fault *dac.PacketError
	switch {
	case errors.As(err, &silent) && silent.Sent == 0, errors.As(err, &fault) && (fault.Op == "send" || fault.Op == "dial"):
		return fmt.Errorf("%s%w", notExecuted, err)
	case silent == nil && fault == nil: // there is no secret, say
		return fmt.Errorf("%s%w", notExecuted, err)
	case job.Args.Change:
		return end(ctx, output{Verdict: possibly}, err)
	}
	return err // a Disconnect is sent again: 503 is the proof that it was executed
}

// end ends a job that is not done, with what is known of it.
func end(ctx context.Context, out output, err error) error {
	return errors.Join(river.JobCancel(err), river.RecordOutput(ctx, out))
}

// backoff is when an order is tried again: after two seconds, and each time after half as long
// again, up to ten minutes.
type backoff struct{}

func (backoff) NextRetry(row *rivertype.JobRow) time.Time {
	wait := 2 * time.Second
	for range min(len(row.Errors), 30) {
		wait = min(wait*3/2, 10*time.Minute)
	}
	return time.Now().Add(wait)
}

// A config is what a worker is told.
type config struct {
	peers    dac.Peers
	rate     float64
	inFlight int
	retry    dac.Retry
	log      *slog.Logger
}

// limit is that of one NAS. A sender that the system wakes late, by a millisecond or two, catches
// up with what 20 ms bring; with a burst of one it would lose a third of 500 a second.
func (c config) limit() dac.Limit {
	return dac.Limit{Rate: c.rate, Burst: max(1, int(c.rate/50))}
}

// queue says how the jobs of one NAS are taken up: as many as may be in flight, and anew when the
// rate has sent off a quarter of them, so that one statement takes up many jobs.
func (c config) queue() river.QueueConfig {
	inFlight, cooldown := cmp.Or(c.inFlight, 32), minCooldown
	if c.rate > 0 {
		quarter := float64(inFlight) / 4 / c.rate * float64(time.Second)
		cooldown = time.Duration(min(max(quarter, float64(minCooldown)), float64(maxCooldown)))
	}
	return river.QueueConfig{MaxWorkers: inFlight, FetchCooldown: cooldown}
}

const (
	minCooldown = 10 * time.Millisecond
	maxCooldown = 100 * time.Millisecond
)

// work carries out orders until ctx is done, or nothing is left where until is set.
func (d *database) work(ctx context.Context, c config, until bool) error {
	name, _ := os.Hostname()
	l := &leases{db: d, holder: fmt.Sprintf("%s-%d-%d", name, os.Getpid(), time.Now().UnixNano()), queue: c.queue(), log: c.log, held: map[string]*lease{}}
	asks := &dac.Client{Peers: c.peers, PerNAS: c.limit(), Retry: c.retry}
	defer asks.Close()
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{client: asks, leases: l})
	var err error
	if l.client, err = d.client(workers); err != nil {
		return err
	}
	if err := l.client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	holding, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.run(holding)
	}()
	for err == nil && ctx.Err() == nil {
		if until {
			var over bool
			if over, err = d.over(ctx); over && err == nil {
				break
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
	stop()
	<-done
	stopping, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, l.client.Stop(stopping))
}
