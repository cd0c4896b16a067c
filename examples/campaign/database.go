// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver
)

// A database is where jobs and leases stand, in PostgreSQL or in SQLite.
type database struct {
	*sql.DB
	postgres bool
	pool     *pgxpool.Pool // of PostgreSQL
}

// openPool opens connections enough for leases not to wait for jobs, unless where says how many.
func openPool(ctx context.Context, where string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(where)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(where, "pool_max_conns") {
		config.MaxConns = max(config.MaxConns, 6)
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// openDatabase opens it and makes its tables where there are none.
func openDatabase(ctx context.Context, where string) (d *database, err error) {
	d = &database{postgres: strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")}
	if d.postgres {
		if d.pool, err = openPool(ctx, where); err != nil {
			return nil, err
		}
		d.DB = stdlib.OpenDBFromPool(d.pool)
		err = migrate(ctx, riverpgxv5.New(d.pool))
	} else {
		// One connection: SQLite has one writer at a time, and it waits for none.
		if d.DB, err = sql.Open("sqlite", "file:"+where+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)"); err != nil {
			return nil, err
		}
		d.SetMaxOpenConns(1)
		err = migrate(ctx, riversqlite.New(d.DB))
	}
	if err == nil {
		_, err = d.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS campaign_lease (queue text PRIMARY KEY, holder text NOT NULL DEFAULT '', until double precision NOT NULL DEFAULT 0)`)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func migrate[T any](ctx context.Context, driver riverdriver.Driver[T]) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func (d *database) close() error {
	err := d.Close()
	if d.pool != nil {
		d.pool.Close()
	}
	return err
}

// now is the clock of the database, in seconds: leases are compared by no other.
func (d *database) now() string {
	if d.postgres {
		return "extract(epoch from clock_timestamp())::double precision"
	}
	return "unixepoch('subsec')"
}

// list is what an array of strings in JSON has.
func (d *database) list(array string) string {
	if d.postgres {
		return "(SELECT jsonb_array_elements_text(" + array + "::jsonb))"
	}
	return "(SELECT value FROM json_each(" + array + "))"
}

// verdict is that of a job in its row.
func (d *database) verdict() string {
	if d.postgres {
		return "metadata->'output'->>'verdict'"
	}
	return "json_extract(metadata, '$.output.verdict')"
}

// query is text with its parameters as the database writes them.
func (d *database) query(text string) string {
	if d.postgres {
		return text
	}
	return strings.ReplaceAll(text, "$", "?")
}

// Enqueue puts orders into the table, within a transaction in which the reason for them is written
// too: both are there, or neither. exec runs a statement in tx. After very many orders ANALYZE
// river_job, once tx is committed, spares PostgreSQL bad plans until it does so by itself.
func Enqueue[T any](ctx context.Context, c *river.Client[T], tx T, exec func(ctx context.Context, query string, args ...any) error, orders []Order) error {
	queues, jobs := map[string]bool{}, make([]river.InsertManyParams, 0, len(orders))
	for _, o := range orders {
		if _, _, err := o.request(); err != nil {
			return fmt.Errorf("%s: %w", o.NAS, err)
		}
		queues[o.queue()] = true
		jobs = append(jobs, river.InsertManyParams{Args: o})
	}
	for queue := range queues {
		if err := exec(ctx, `INSERT INTO campaign_lease (queue) VALUES ($1) ON CONFLICT DO NOTHING`, queue); err != nil {
			return err
		}
	}
	for len(jobs) > 0 {
		n := min(len(jobs), 1000)
		if _, err := c.InsertManyFastTx(ctx, tx, jobs[:n]); err != nil {
			return err
		}
		jobs = jobs[n:]
	}
	return nil
}

// enqueue puts orders into the table, in a transaction in which change may write what is the reason
// for them.
func (d *database) enqueue(ctx context.Context, orders []Order, change func(exec func(ctx context.Context, query string, args ...any) error) error) error {
	config := &river.Config{Logger: slog.New(slog.DiscardHandler)}
	if d.postgres {
		c, err := river.NewClient(riverpgxv5.New(d.pool), config)
		if err != nil {
			return err
		}
		err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
			exec := func(ctx context.Context, query string, args ...any) error {
				_, err := tx.Exec(ctx, query, args...)
				return err
			}
			if err := change(exec); err != nil {
				return err
			}
			return Enqueue(ctx, c, tx, exec, orders)
		})
		if err == nil { // a planner that knows of the last campaign alone may sort all jobs of a NAS to fetch a few
			_, err = d.ExecContext(ctx, `ANALYZE river_job`)
		}
		return err
	}
	c, err := river.NewClient(riversqlite.New(d.DB), config)
	if err != nil {
		return err
	}
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	exec := func(ctx context.Context, query string, args ...any) error {
		_, err := tx.ExecContext(ctx, d.query(query), args...)
		return err
	}
	if err := change(exec); err != nil {
		return err
	}
	if err := Enqueue(ctx, c, tx, exec, orders); err != nil {
		return err
	}
	return tx.Commit()
}

// A client is what a worker needs of a river.Client, whatever its transactions are.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	Queues() *river.QueueBundle
}

func (d *database) client(workers *river.Workers) (client, error) {
	config := &river.Config{
		Logger: slog.New(slog.DiscardHandler), Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}},
		FetchCooldown: 10 * time.Millisecond, FetchPollInterval: 200 * time.Millisecond, JobTimeout: 5 * time.Minute, RetryPolicy: backoff{},
		CompletedJobRetentionPeriod: -1, CancelledJobRetentionPeriod: -1, DiscardedJobRetentionPeriod: -1, // they are the report
	}
	if d.postgres {
		return river.NewClient(riverpgxv5.New(d.pool), config)
	}
	return river.NewClient(riversqlite.New(d.DB), config)
}
