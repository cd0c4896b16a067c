// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	received "github.com/radius-dynauth/dynauth/examples/internal/accounting"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

// serve is the proxy, until ctx is done.
func serve(ctx context.Context, o *options, stdout io.Writer) (err error) {
	out := command.NewLines(stdout)
	log := slog.New(slog.NewTextHandler(out, nil))
	c := &o.config
	routes, err := newRoutes(c)
	if err != nil {
		return err
	}
	routes.Learned.Logger = log
	if o.openStore != nil {
		store, closeStore, err := o.openStore()
		if err != nil {
			return err
		}
		defer closeStore()
		routes.Learned.Store = store
	}
	proxy := newProxy(c, routes)
	defer proxy.Client.Close()
	clients, err := peers(c.Clients)
	if err != nil {
		return err
	}
	srv := &dac.Server{Handler: proxy, Peers: clients, MaxHandlers: 4096, Logger: log}
	var up, down command.Capture
	defer func() { err = errors.Join(err, up.Close(), down.Close()) }()
	if srv.Trace, err = up.Open(o.upPcap); err != nil {
		return err
	}
	if proxy.Client.Trace, err = down.Open(o.downPcap); err != nil {
		return err
	}
	if o.verbose {
		proxy.Logger = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	sockets, accounts, err := listen(c)
	if err != nil {
		return err
	}
	tellSockets(out, sockets, accounts)
	err = all(ctx, srv, sockets, accounts, receiver(c, routes, log))
	return errors.Join(err, printCounters(out, srv.Stats(), proxy.Client.Stats()))
}

func receiver(c *config, routes *route.Routes, log *slog.Logger) *received.Receiver {
	if c.Accounting == nil {
		return nil
	}
	from, _ := peers(c.Accounting.Clients) // checked
	return &received.Receiver{Peers: from, Learn: routes.Learn, Logger: log}
}

// all serves every socket until ctx is done, or one of them fails, which ends the others.
func all(ctx context.Context, srv *dac.Server, sockets []*net.UDPConn, accounts *net.UDPConn, r *received.Receiver) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, len(sockets)+1)
	for i, pc := range sockets {
		wg.Go(func() {
			errs[i] = srv.Serve(ctx, pc)
			cancel()
		})
	}
	if accounts != nil {
		wg.Go(func() {
			errs[len(sockets)] = r.Serve(ctx, accounts)
			cancel()
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// listen opens all sockets, or none.
func listen(c *config) (sockets []*net.UDPConn, accounts *net.UDPConn, err error) {
	defer func() {
		if err != nil {
			for _, pc := range sockets {
				pc.Close()
			}
		}
	}()
	open := func(text string) (*net.UDPConn, error) {
		addr, err := net.ResolveUDPAddr("udp", text)
		if err != nil {
			return nil, err
		}
		return net.ListenUDP("udp", addr)
	}
	for _, text := range c.Listen {
		pc, err := open(text)
		if err != nil {
			return sockets, nil, err
		}
		sockets = append(sockets, pc)
	}
	if c.Accounting != nil {
		accounts, err = open(c.Accounting.Listen)
	}
	return sockets, accounts, err
}

func tellSockets(out io.Writer, sockets []*net.UDPConn, accounts *net.UDPConn) {
	var b strings.Builder
	b.WriteString("listening on")
	for _, pc := range sockets {
		fmt.Fprintf(&b, " %v", pc.LocalAddr())
	}
	if accounts != nil {
		fmt.Fprintf(&b, ", accounting on %v", accounts.LocalAddr())
	}
	fmt.Fprintln(out, b.String())
}

// printCounters writes the counters of both sides.
func printCounters(w io.Writer, s dac.ServerStats, c dac.ClientStats) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-34s%12s%12s\n", "senders (RFC 4673)", "Disconnect", "CoA")
	row := func(name string, d, c uint64) { fmt.Fprintf(&b, "%-34s%12d%12d\n", name, d, c) }
	up, down := s.Total, c.Total
	row("Requests", up.Disconnect.Requests, up.CoA.Requests)
	row("Duplicates", up.Disconnect.Duplicates, up.CoA.Duplicates)
	row("ACKs", up.Disconnect.ACKs, up.CoA.ACKs)
	row("NAKs", up.Disconnect.NAKs, up.CoA.NAKs)
	row("Malformed", up.Disconnect.Malformed, up.CoA.Malformed)
	row("BadAuthenticator", up.Disconnect.BadAuthenticator, up.CoA.BadAuthenticator)
	row("Dropped", up.Disconnect.Dropped, up.CoA.Dropped)
	row("from unknown addresses", s.UnknownDisconnect, s.UnknownCoA)
	fmt.Fprintf(&b, "%-34s%12s%12s\n", "targets (RFC 4672)", "Disconnect", "CoA")
	row("Requests", down.Disconnect.Requests, down.CoA.Requests)
	row("Retransmissions", down.Disconnect.Retransmissions, down.CoA.Retransmissions)
	row("ACKs", down.Disconnect.ACKs, down.CoA.ACKs)
	row("NAKs", down.Disconnect.NAKs, down.CoA.NAKs)
	row("Timeouts", down.Disconnect.Timeouts, down.CoA.Timeouts)
	row("BadAuthenticator", down.Disconnect.BadAuthenticator, down.CoA.BadAuthenticator)
	row("Dropped", down.Disconnect.Dropped, down.CoA.Dropped)
	_, err := io.WriteString(w, b.String())
	return err
}
