// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/examples/internal/accounting"
	"github.com/radius-dynauth/dynauth/examples/internal/certs"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/radius-dynauth/dynauth/examples/internal/metrics"
	"github.com/radius-dynauth/dynauth/examples/internal/sockets"
)

// An aaa is the program at work. Its Client and what it has learned last as long as it does; the
// network is that of the latest reload.
type aaa struct {
	*options
	net      atomic.Pointer[network]
	memory   route.Memory
	sessions route.Learned
	client   *dac.Client
	accounts *accounting.Receiver
	live     *certs.Live
	sockets  sockets.Set // over TLS
	batches  batches
	reloads  metrics.Reloads
	log      *slog.Logger
}

func newAAA(o *options, log *slog.Logger) (*aaa, error) {
	a := &aaa{options: o, log: log}
	a.net.Store(o.network)
	a.client = &dac.Client{Retry: o.retry, Peers: dac.PeersFunc(a.peer)}
	a.sessions.Logger = log
	a.sessions.Store, a.sessions.Target, a.sessions.Also = &a.memory, a.target, o.also
	a.accounts = &accounting.Receiver{Learn: a.sessions.Learn, Logger: log, Peers: dac.PeersFunc(func(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
		return a.net.Load().reporters().Peer(ctx, addr)
	})}
	return a, a.startTLS(o.network)
}

// target is where a session is asked about: in the network that has it, at the NAS that reported
// it, or at the one that a relay has named. Nothing goes to what is no NAS of -nas and -config:
// there is no secret for it.
func (a *aaa) target(ctx context.Context, s route.Session) (dac.Target, error) {
	n := a.net.Load()
	if s.OperatorName != "" {
		if to, err := n.via.Target(s.OperatorName); err == nil {
			return to, nil
		}
	}
	at := s.From.Addr()
	if name, connects := a.live.Name(at); connects {
		if _, known := n.connect.Find(name); !known {
			return dac.Target{}, fmt.Errorf("%s is among no nases: %w", name, dac.ErrNoRoute)
		}
		return dac.Target{Name: name, Addr: a.live.Hub.NAS(name)}, nil
	}
	if a.isRelay(at) {
		if len(s.NAS.Addrs) == 0 {
			return dac.Target{}, fmt.Errorf("the relay %v does not say the address of the NAS: %w", at, dac.ErrNoRoute)
		}
		at = s.NAS.Addrs[0]
	}
	to := netip.AddrPortFrom(at, cmp.Or(n.port(at), uint16(a.port)))
	if _, err := n.nases.Peer(ctx, to); err != nil {
		return dac.Target{}, fmt.Errorf("%v is no -nas: %w", at, dac.ErrNoRoute)
	}
	return dac.Target{Addr: to}, nil
}

// isRelay reports whether addr is a RADIUS server that reports of NASes.
func (a *aaa) isRelay(addr netip.Addr) bool {
	_, err := a.net.Load().relays.Peer(context.Background(), netip.AddrPortFrom(addr, 0))
	return err == nil
}

// reload reads the files anew. Where something is wrong everything stays as it is.
func (a *aaa) reload(ctx context.Context) {
	n, opened, err := a.next()
	if err != nil {
		a.reloads.Failed.Add(1)
		a.log.Error("not reloaded: all is as before", "err", err)
		return
	}
	a.live.Use(n.tls)
	a.net.Store(n)
	opened.Start(ctx)
	a.sockets.Keep(a.wanted(n))
	a.live.Config.Recheck()
	a.reloads.OK.Add(1)
	a.log.Info("reloaded", "nases", len(n.nases)+len(n.connect), "relays", len(n.relays))
}

// next is the network as the files have it now, with its new sockets.
func (a *aaa) next() (*network, *sockets.Opened, error) {
	n, err := a.read()
	if err != nil {
		return nil, nil, err
	}
	if n.token == "" && a.net.Load().token != "" {
		return nil, nil, errors.New("the token cannot go while this listens")
	}
	if err := a.live.Fits(n.tls); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", n.at("tls"), err)
	}
	n.bind(a.live)
	opened, err := a.sockets.Open(a.wanted(n))
	return n, opened, err
}

// listen opens the sockets, both or none.
func (o *options) listen() (pc *net.UDPConn, web net.Listener, err error) {
	addr, err := net.ResolveUDPAddr("udp", o.accounting)
	if err != nil {
		return nil, nil, fmt.Errorf("-accounting: %w", err)
	}
	if pc, err = net.ListenUDP("udp", addr); err != nil {
		return nil, nil, err
	}
	if web, err = net.Listen("tcp", o.http); err != nil {
		pc.Close()
		return nil, nil, err
	}
	return pc, web, nil
}

// serve is the AAA side, until ctx is done.
func serve(ctx context.Context, o *options, stdout io.Writer) error {
	out := command.NewLines(stdout)
	a, err := newAAA(o, slog.New(slog.NewTextHandler(out, nil)))
	if err != nil {
		return err
	}
	defer a.client.Close()
	trace, answered := metrics.Answers()
	if a.metrics != "" {
		a.client.Trace = trace
	}
	pc, web, err := o.listen()
	if err != nil {
		return err
	}
	opened, err := a.sockets.Open(a.wanted(o.network))
	if err != nil {
		return errors.Join(err, pc.Close(), web.Close())
	}
	bound, stopMetrics, err := metrics.Serve(a.metrics, metrics.ClientBy(a.client, a.live.Label), answered.Source, metrics.Learned(&a.sessions), a.accounts.Metrics, metrics.TLS(a.live.Config), a.reloads.Source)
	if err != nil {
		opened.Close()
		return errors.Join(err, pc.Close(), web.Close())
	}
	defer stopMetrics()
	line := fmt.Sprintf("listening on %v, accounting on %v", web.Addr(), pc.LocalAddr())
	if more := opened.Line(a.wanted(o.network)); more != "" {
		line += ", " + more
	}
	fmt.Fprintln(out, line)
	if bound != nil {
		fmt.Fprintf(out, "metrics on http://%v/metrics\n", bound)
	}
	return a.run(ctx, pc, web, opened)
}

// run serves all sockets until ctx is done or one of them fails.
func (a *aaa) run(ctx context.Context, pc *net.UDPConn, web net.Listener, overTLS *sockets.Opened) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	overTLS.Start(ctx)
	server := &http.Server{Handler: a.handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 20 * time.Second, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn)}
	var wg sync.WaitGroup
	var accountsErr, webErr, tlsErr error
	wg.Go(func() {
		accountsErr = a.accounts.Serve(ctx, pc)
		cancel()
	})
	wg.Go(func() {
		if webErr = server.Serve(web); errors.Is(webErr, http.ErrServerClosed) {
			webErr = nil
		}
		cancel()
	})
	reloads, stop := command.Reloads(ctx)
	defer stop()
	for over := false; !over; {
		select {
		case <-ctx.Done():
			over = true
		case tlsErr = <-a.sockets.Failed():
			cancel()
		case <-reloads:
			a.reload(ctx)
		}
	}
	a.client.Close() // what waits for a NAS is told that its outcome is unknown
	drain, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	if server.Shutdown(drain) != nil {
		server.Close()
	}
	a.batches.wait()
	wg.Wait()
	a.sockets.Wait()
	return errors.Join(accountsErr, webErr, tlsErr)
}
