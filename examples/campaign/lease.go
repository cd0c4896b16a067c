// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// A lease lasts leaseTTL from when it was renewed, which is done every leaseRenew: what a worker
// that was killed held is another's after three seconds at most. Between two leases that one worker
// takes there is a leaseTick, so that several share them; a worker that found none looks again
// after leaseLook. Requests begin and are retransmitted only until leaseSpare before the end.
const (
	leaseTTL   = 3 * time.Second
	leaseRenew = 500 * time.Millisecond
	leaseTick  = 100 * time.Millisecond
	leaseLook  = 300 * time.Millisecond
	leaseSpare = time.Second
)

// unfinished is true of the lease of a NAS that has something to do. Each state is looked up by
// itself and in the order of the index, so that no planner, which may have no statistics of a new
// campaign yet, prefers to read all jobs until it has found one.
var unfinished = func() string {
	var jobs []string
	for _, state := range []string{"available", "running", "retryable", "scheduled", "pending"} {
		jobs = append(jobs, `(SELECT 1 FROM river_job WHERE state = '`+state+`' AND river_job.queue = campaign_lease.queue ORDER BY priority, scheduled_at, id LIMIT 1)`)
	}
	return `coalesce(` + strings.Join(jobs, ", ") + `, 0) = 1`
}()

// A lease is that of one NAS while this worker holds it.
type lease struct {
	ctx  context.Context // ends leaseSpare before the lease does, whether the database answers or not
	end  context.CancelFunc
	last *time.Timer // calls end
}

// lasts moves the end of a lease that was renewed by a statement that began at began.
func (h *lease) lasts(began time.Time) {
	h.last.Reset(time.Until(began.Add(leaseTTL - leaseSpare)))
}

// Leases are those that a worker holds. The worker that holds the lease of a NAS serves its
// queue, and no other does.
type leases struct {
	db     *database
	holder string
	client client
	queue  river.QueueConfig
	log    *slog.Logger
	ending sync.WaitGroup // what drop has begun

	mu   sync.Mutex // guards what follows
	held map[string]*lease
}

// of returns a context that ends with the lease of a queue; ok is false where it is not held, or
// not for long.
func (l *leases) of(queue string) (ctx context.Context, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.held[queue]
	if h == nil || h.ctx.Err() != nil {
		return nil, false
	}
	return h.ctx, true
}

// run holds leases until ctx is done, and gives them back then. What is held is renewed beside what
// is asked for, which may take longer.
func (l *leases) run(ctx context.Context) {
	var renewing sync.WaitGroup
	renewing.Go(func() {
		l.every(ctx, leaseRenew, l.renew)
	})
	var look time.Time
	l.every(ctx, leaseTick, func(ctx context.Context) error {
		now := time.Now()
		if now.Before(look) {
			return nil
		}
		took, err := l.claim(ctx)
		if !took {
			look = now.Add(leaseLook)
		}
		return err
	})
	renewing.Wait()
	l.drop(l.queues()...)
	l.ending.Wait()
}

// every calls f until ctx is done.
func (l *leases) every(ctx context.Context, period time.Duration, f func(context.Context) error) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := f(ctx); err != nil && ctx.Err() == nil {
			l.log.Warn("leases cannot be kept", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (l *leases) queues() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.held))
}

// renew renews what is held, and lets go of what has run out, or has nothing left to do.
func (l *leases) renew(ctx context.Context) error {
	held := l.queues()
	if len(held) == 0 {
		return nil
	}
	names, err := json.Marshal(held)
	if err != nil {
		return err
	}
	began := time.Now()
	asked, cancel := context.WithTimeout(ctx, leaseTTL/2)
	defer cancel()
	renewed, err := l.strings(asked, `UPDATE campaign_lease SET until = `+l.db.now()+` + $1 WHERE holder = $2 AND until > `+l.db.now()+` AND queue IN `+l.db.list("$3")+` RETURNING queue`, leaseTTL.Seconds(), l.holder, string(names))
	var busy []string
	if err == nil {
		l.mu.Lock()
		for _, queue := range renewed {
			if h := l.held[queue]; h != nil && h.ctx.Err() == nil {
				h.lasts(began)
			}
		}
		l.mu.Unlock()
		busy, err = l.strings(asked, `SELECT queue FROM campaign_lease WHERE queue IN `+l.db.list("$1")+` AND `+unfinished, string(names))
	}
	l.drop(slices.DeleteFunc(held, func(queue string) bool {
		_, ok := l.of(queue)
		return ok && (err != nil || slices.Contains(renewed, queue) && slices.Contains(busy, queue))
	})...)
	return err
}

// claim takes one lease that no worker holds and that there is work for.
func (l *leases) claim(ctx context.Context) (took bool, err error) {
	free, err := l.strings(ctx, `SELECT queue FROM campaign_lease WHERE until < `+l.db.now()+` AND `+unfinished)
	if err != nil {
		return false, err
	}
	for _, queue := range free {
		began := time.Now()
		mine, err := l.strings(ctx, `UPDATE campaign_lease SET holder = $1, until = `+l.db.now()+` + $2 WHERE queue = $3 AND until < `+l.db.now()+` RETURNING queue`, l.holder, leaseTTL.Seconds(), queue)
		if err != nil {
			return false, err
		}
		if len(mine) == 1 {
			return true, l.take(ctx, queue, began)
		}
	}
	return false, nil
}

// take serves a queue. What a worker before had taken up and not finished is taken up again: by
// whichever worker has the lease now, no other works on it.
func (l *leases) take(ctx context.Context, queue string, began time.Time) error {
	interrupted, err := l.strings(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running' AND queue = $1 RETURNING queue`, queue)
	if err != nil {
		return err
	}
	held, end := context.WithCancel(context.WithoutCancel(ctx))
	h := &lease{held, end, time.AfterFunc(leaseTTL, end)}
	h.lasts(began)
	l.mu.Lock()
	l.held[queue] = h
	l.mu.Unlock()
	l.log.Info("took a NAS", "queue", queue, "interrupted", len(interrupted))
	if err := l.client.Queues().Add(queue, l.queue); err != nil {
		l.drop(queue)
		return err
	}
	return nil
}

// drop lets go of leases; what follows from it is done beside, so that it holds up no other lease.
func (l *leases) drop(queues ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, queue := range queues {
		if h := l.held[queue]; h != nil {
			delete(l.held, queue)
			l.ending.Go(func() { l.finish(queue, h) })
		}
	}
}

// finish ends what is on its way for a NAS, and once that stands in the table others may have its
// lease.
func (l *leases) finish(queue string, h *lease) {
	h.last.Stop()
	h.end()
	ctx, cancel := context.WithTimeout(context.Background(), leaseTTL)
	defer cancel()
	if err := l.client.Queues().Remove(ctx, queue); err != nil {
		l.log.Warn("a queue does not end", "queue", queue, "err", err)
		return // the lease runs out by itself
	}
	const running = `SELECT queue FROM campaign_lease WHERE queue = $1 AND holder = $2 AND (SELECT 1 FROM river_job WHERE state = 'running' AND river_job.queue = campaign_lease.queue ORDER BY priority, scheduled_at, id LIMIT 1) = 1`
	for { // River writes results four times a second
		unwritten, err := l.strings(ctx, running, queue, l.holder)
		if err == nil && len(unwritten) == 0 {
			_, err = l.db.ExecContext(ctx, l.db.query(`UPDATE campaign_lease SET until = 0 WHERE queue = $1 AND holder = $2`), queue, l.holder)
		}
		if err != nil {
			l.log.Warn("a lease is left to run out", "queue", queue, "err", err)
		}
		if err != nil || len(unwritten) == 0 {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(leaseTick):
		}
	}
}

// strings returns the column of strings that query selects.
func (l *leases) strings(ctx context.Context, query string, args ...any) (all []string, err error) {
	rows, err := l.db.QueryContext(ctx, l.db.query(query), args...)
	if err != nil {
		return nil, fmt.Errorf("campaign: %w", err)
	}
	defer rows.Close() // SQLite has one connection
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("campaign: %w", err)
		}
		all = append(all, s)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}
