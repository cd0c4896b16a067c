// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
)

const demoSecret = "a secret of the demonstration"

// A bng is a NAS of the demonstration: it has sessions, and ends them.
type bng struct{ session.Table[string] }

// Disconnect ends a session.
func (b *bng) Disconnect(_ context.Context, id string, _ *session.Disconnect) error {
	b.Delete("", id)
	return nil
}

// Change changes nothing but says so.
func (b *bng) Change(context.Context, string, *session.Change) error { return nil }

// demo is a billing change over sessions at four NASes, carried out and reported.
func demo(ctx context.Context, o options, stdout io.Writer) error {
	where := o.database
	if where == "" {
		dir, err := os.MkdirTemp("", "campaign")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		where = filepath.Join(dir, "campaign.db")
	}
	d, err := openDatabase(ctx, where)
	if err != nil {
		return err
	}
	defer d.close()
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	var orders []Order
	for n := range 4 {
		nas, addr, err := demoNAS(serving, &wg)
		if err != nil {
			return err
		}
		for i := n; i < o.sessions; i += 4 {
			id := fmt.Sprintf("%08x", i)
			if err := nas.Put(attrs.Identity{AcctSessionID: id, UserName: fmt.Sprintf("user%d", i)}, id); err != nil {
				return err
			}
			orders = append(orders, Order{NAS: addr, Attributes: fmt.Sprintf("Acct-Session-Id = %q, User-Name = \"user%d\"", id, i)})
		}
	}
	began := time.Now()
	if err := d.bill(ctx, orders); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d subscribers are billed as ended, and %d orders stand in the table: in one transaction, %v\n", len(orders), len(orders), time.Since(began).Round(time.Millisecond))
	began = time.Now()
	c := config{peers: dac.SharedSecret(demoSecret), rate: o.rate, inFlight: o.inFlight, retry: o.retry, log: slog.New(slog.DiscardHandler)}
	if err := d.work(ctx, c, true); err != nil {
		return err
	}
	took := time.Since(began)
	all, err := d.report(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "carried out in %v\n", took.Round(time.Millisecond))
	return printReport(stdout, all)
}

// bill writes the billing change and the orders that follow from it: both, or neither.
func (d *database) bill(ctx context.Context, orders []Order) error {
	if _, err := d.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS campaign_demo_bill (attributes text NOT NULL, ended_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)`); err != nil {
		return err
	}
	return d.enqueue(ctx, orders, func(exec func(ctx context.Context, query string, args ...any) error) error {
		for _, o := range orders {
			if err := exec(ctx, `INSERT INTO campaign_demo_bill (attributes) VALUES ($1)`, o.Attributes); err != nil {
				return err
			}
		}
		return nil
	})
}

// demoNAS is a NAS on a free port of loopback until ctx is done.
func demoNAS(ctx context.Context, wg *sync.WaitGroup) (*bng, string, error) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	nas := &bng{}
	server := &dac.Server{Peers: dac.SharedSecret(demoSecret), Handler: session.NewDispatcher(nas, attrs.FilterID)}
	wg.Go(func() { _ = server.Serve(ctx, pc) })
	return nas, pc.LocalAddr().String(), nil
}
