// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// A lease lasts this long from when it was renewed, which is done this often; between two that are
// taken there is a tick, so that several workers share them. A request begins only while its lease
// lasts so long at least.
const (
	leaseTTL   = 5 * time.Second
	leaseRenew = time.Second
	leaseTick  = 100 * time.Millisecond
	leaseSpare = 2 * time.Second
)

// A lease is that of one NAS while this worker holds it.
type lease struct {
	ctx   context.Context // ends with it
	end   context.CancelFunc
	until time.Time // of the monotonic clock here, counted from before the database was asked
}

// Leases are those that a worker holds. The worker that holds the lease of a NAS serves its
// queue, and no other does.
type leases struct {
	db       *database
	holder   string
	client   client
	inFlight int
	log      *slog.Logger

	mu   sync.Mutex // guards what follows
	held map[string]*lease
}

// of returns a context that ends with the lease of a queue; ok is false where it is not held, or
// not for long.
func (l *leases) of(queue string) (ctx context.Context, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.held[queue]
	if h == nil || time.Until(h.until) < leaseSpare {
		return nil, false
	}
	return h.ctx, true
}

// run holds leases until ctx is done, and gives them back then.
func (l *leases) run(ctx context.Context) {
	tick := time.NewTicker(leaseTick)
	defer tick.Stop()
	for n := 0; ; n++ {
		if n%int(leaseRenew/leaseTick) == 0 {
			l.renew(ctx)
		}
		if err := l.claim(ctx); err != nil && ctx.Err() == nil {
			l.log.Warn("leases cannot be asked for", "err", err)
		}
		select {
		case <-ctx.Done():
			for _, queue := range l.queues() {
				l.drop(queue)
			}
			return
		case <-tick.C:
		}
	}
}

func (l *leases) queues() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.held))
}

// renew renews what is held, and lets go of what cannot be, or has nothing left to do.
func (l *leases) renew(ctx context.Context) {
	for _, queue := range l.queues() {
		began := time.Now()
		asked, cancel := context.WithTimeout(ctx, leaseTTL/2)
		n, err := l.exec(asked, `UPDATE campaign_lease SET until = `+l.db.now()+` + $1 WHERE queue = $2 AND holder = $3 AND until > `+l.db.now(), leaseTTL.Seconds(), queue, l.holder)
		left := true
		if err == nil && n == 1 {
			left, err = l.unfinished(asked, queue)
		}
		cancel()
		l.mu.Lock()
		h := l.held[queue]
		if err == nil && n == 1 {
			h.until = began.Add(leaseTTL)
		}
		over := err == nil && n == 0 || time.Until(h.until) < leaseSpare || !left
		l.mu.Unlock()
		if over {
			l.drop(queue)
		}
	}
}

// claim takes one lease that no worker holds and that there is work for; the next one at the next
// tick, so that several workers share them.
func (l *leases) claim(ctx context.Context) error {
	rows, err := l.db.QueryContext(ctx, `SELECT queue FROM campaign_lease WHERE until < `+l.db.now())
	if err != nil {
		return err
	}
	defer rows.Close()
	var free []string
	for rows.Next() {
		var queue string
		if err := rows.Scan(&queue); err != nil {
			return err
		}
		free = append(free, queue)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil { // SQLite has one connection
		return err
	}
	for _, queue := range free {
		if left, err := l.unfinished(ctx, queue); err != nil || !left {
			if err != nil {
				return err
			}
			continue
		}
		began := time.Now()
		n, err := l.exec(ctx, `UPDATE campaign_lease SET holder = $1, until = `+l.db.now()+` + $2 WHERE queue = $3 AND until < `+l.db.now(), l.holder, leaseTTL.Seconds(), queue)
		if err != nil {
			return err
		}
		if n == 1 {
			return l.take(ctx, queue, began)
		}
	}
	return nil
}

// take serves a queue. What a worker before had taken up and not finished is taken up again: by
// whichever worker has the lease now, no other works on it.
func (l *leases) take(ctx context.Context, queue string, began time.Time) error {
	n, err := l.exec(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running' AND queue = $1`, queue)
	if err != nil {
		return err
	}
	held, end := context.WithCancel(context.WithoutCancel(ctx))
	l.mu.Lock()
	l.held[queue] = &lease{held, end, began.Add(leaseTTL)}
	l.mu.Unlock()
	l.log.Info("took a NAS", "queue", queue, "interrupted", n)
	if err := l.client.Queues().Add(queue, river.QueueConfig{MaxWorkers: l.inFlight}); err != nil {
		l.drop(queue)
		return err
	}
	return nil
}

// drop lets go of a lease: what is on its way for it ends, and then others may have it.
func (l *leases) drop(queue string) {
	l.mu.Lock()
	h := l.held[queue]
	delete(l.held, queue)
	l.mu.Unlock()
	h.end()
	ctx, cancel := context.WithTimeout(context.Background(), leaseTTL)
	defer cancel()
	if err := l.client.Queues().Remove(ctx, queue); err != nil {
		l.log.Warn("a queue does not end", "queue", queue, "err", err)
		return // the lease runs out by itself
	}
	if _, err := l.exec(ctx, `UPDATE campaign_lease SET until = 0 WHERE queue = $1 AND holder = $2`, queue, l.holder); err != nil {
		l.log.Warn("a lease is left to run out", "queue", queue, "err", err)
	}
}

func (l *leases) unfinished(ctx context.Context, queue string) (bool, error) {
	var n int
	err := l.db.QueryRowContext(ctx, l.db.query(`SELECT count(*) FROM (SELECT 1 FROM river_job WHERE queue = $1 AND state IN ('available', 'running', 'retryable', 'scheduled', 'pending') LIMIT 1) AS unfinished`), queue).Scan(&n)
	return n > 0, err
}

func (l *leases) exec(ctx context.Context, query string, args ...any) (int64, error) {
	r, err := l.db.ExecContext(ctx, l.db.query(query), args...)
	if err != nil {
		return 0, fmt.Errorf("campaign: %w", err)
	}
	return r.RowsAffected()
}
