// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/dac/route"
	received "github.com/radius-dynauth/dynauth/examples/internal/accounting"
	"github.com/radius-dynauth/dynauth/examples/internal/certs"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/radius-dynauth/dynauth/examples/internal/metrics"
	"github.com/radius-dynauth/dynauth/examples/internal/sockets"
	"layeh.com/radius"
)

// A daemon is the proxy at work. Its Server, its Client, what is open over TLS and what it has
// learned last as long as it does; the generation is that of the latest configuration.
type daemon struct {
	*options
	now      atomic.Pointer[generation]
	learned  *route.Learned
	live     *certs.Live
	proxy    *dac.Proxy
	server   *dac.Server
	accounts *received.Receiver
	sockets  sockets.Set
	reloads  metrics.Reloads
	log      *slog.Logger
}

func newDaemon(o *options, log *slog.Logger) (*daemon, error) {
	d := &daemon{options: o, log: log, learned: &route.Learned{Logger: log}}
	var err error
	if d.live, err = certs.NewLive(o.config.TLS, nases{d}, log); err != nil {
		return nil, err
	}
	g, err := newGeneration(&o.config, d.learned, d.live)
	if err != nil {
		return nil, err
	}
	d.now.Store(g)
	d.learned.Target = func(ctx context.Context, s route.Session) (dac.Target, error) { return d.now.Load().learned(ctx, s) }
	d.proxy = &dac.Proxy{
		Client: &dac.Client{Peers: dac.PeersFunc(func(ctx context.Context, nas netip.AddrPort) (dac.Peer, error) {
			return d.now.Load().peer(ctx, nas)
		})},
		Router: dac.RouterFunc(func(ctx context.Context, r *dac.Request) (dac.Target, error) { return d.now.Load().Route(ctx, r) }),
		Allow: func(ctx context.Context, r *dac.Request, to dac.Target) error {
			return d.now.Load().allow(ctx, r, to)
		},
		AnswerSilence: o.config.AnswerSilence,
	}
	d.server = &dac.Server{Handler: d.proxy, Peers: clients{d}, MaxHandlers: 4096, Logger: log}
	d.accounts = &received.Receiver{
		Peers: dac.PeersFunc(func(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
			return d.now.Load().accounts.Peer(ctx, addr)
		}),
		Learn: func(ctx context.Context, p *radius.Packet, from netip.AddrPort) error {
			return d.learned.Learn(ctx, p, from)
		},
		Logger: log,
	}
	d.live.Hub.Handler = d.accounts.Handler(d.live.Hub)
	return d, nil
}

// Clients are those of the latest configuration.
type clients struct{ d *daemon }

func (c clients) Peer(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
	return c.d.now.Load().clients.Peer(ctx, addr)
}

func (c clients) Identify(ctx context.Context, id *dac.PeerIdentity) (dac.Peer, error) {
	return c.d.now.Load().clients.(dac.IdentityPeers).Identify(ctx, id)
}

// NASes are those of the latest configuration that connect.
type nases struct{ d *daemon }

func (n nases) Peer(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
	return n.d.now.Load().nases.Peer(ctx, addr)
}

func (n nases) Identify(ctx context.Context, id *dac.PeerIdentity) (dac.Peer, error) {
	return n.d.now.Load().nases.Identify(ctx, id)
}

// serve is the proxy, until ctx is done.
func serve(ctx context.Context, o *options, stdout io.Writer) (err error) {
	out := command.NewLines(stdout)
	d, err := newDaemon(o, slog.New(slog.NewTextHandler(out, nil)))
	if err != nil {
		return err
	}
	if o.openStore != nil {
		store, closeStore, err := o.openStore()
		if err != nil {
			return err
		}
		defer closeStore()
		d.learned.Store = store
	}
	defer d.proxy.Client.Close()
	var up, down command.Capture
	defer func() { err = errors.Join(err, up.Close(), down.Close()) }()
	if d.server.Trace, err = up.Open(o.upPcap); err != nil {
		return err
	}
	if d.proxy.Client.Trace, err = down.Open(o.downPcap); err != nil {
		return err
	}
	if o.verbose {
		d.proxy.Logger = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	stopMetrics, bound, err := d.showMetrics()
	if err != nil {
		return err
	}
	defer stopMetrics()
	err = d.run(ctx, func(line string) {
		fmt.Fprintln(out, line)
		if bound != nil {
			fmt.Fprintf(out, "metrics on http://%v/metrics\n", bound)
		}
	})
	return errors.Join(err, printCounters(out, d.server.Stats(), d.proxy.Client.Stats()))
}

// showMetrics has the counters shown where -metrics says. The time of answers is measured there
// too, which takes a goroutine for each request.
func (d *daemon) showMetrics() (stop func(), bound net.Addr, err error) {
	if d.metrics == "" {
		return func() {}, nil, nil
	}
	handler, handled := metrics.Timed(d.proxy)
	trace, answered := metrics.Answers()
	d.server.Handler, d.proxy.Client.Trace = handler, dac.Tee(d.proxy.Client.Trace, trace)
	bound, stop, err = metrics.Serve(d.metrics, metrics.Server(d.server), metrics.ClientBy(d.proxy.Client, d.live.Label), handled.Source, answered.Source,
		metrics.Learned(d.learned), d.accounts.Metrics, metrics.TLS(d.live.Config), d.reloads.Source)
	return stop, bound, err
}

// run serves every socket until ctx is done, or one of them fails, which ends the others, and reads
// the configuration anew when it is told to.
func (d *daemon) run(ctx context.Context, ready func(line string)) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer d.sockets.Wait()
	defer cancel()
	opened, err := d.sockets.Open(d.wanted(&d.config))
	if err != nil {
		return err
	}
	ready(opened.Line(d.wanted(&d.config)))
	opened.Start(ctx)
	reloads, stop := command.Reloads(ctx)
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-d.sockets.Failed():
			return err
		case <-reloads:
			d.reload(ctx)
		}
	}
}

// reload reads the configuration anew. Where it is not right, or a new socket cannot be opened,
// everything stays as it is.
func (d *daemon) reload(ctx context.Context) {
	g, opened, err := d.next()
	if err != nil {
		d.reloads.Failed.Add(1)
		d.log.Error("not reloaded: the configuration is as before", "err", err)
		return
	}
	g.follow(d.now.Load(), time.Now())
	d.live.Use(g.config.TLS)
	d.now.Store(g)
	opened.Start(ctx)
	d.sockets.Keep(d.wanted(g.config))
	d.live.Config.Recheck()
	d.reloads.OK.Add(1)
	d.log.Info("reloaded", "clients", len(g.config.Clients), "targets", len(g.config.Targets), "listen", len(d.wanted(g.config)))
}

// next is the generation of the configuration as it stands now, with its new sockets.
func (d *daemon) next() (*generation, *sockets.Opened, error) {
	c, err := d.read()
	if err != nil {
		return nil, nil, err
	}
	if c.AnswerSilence != d.proxy.AnswerSilence {
		return nil, nil, c.fault("answer_silence", fmt.Errorf("answer_silence was %v at the start, and what is on its way relies on it: put it back, or restart the proxy", d.proxy.AnswerSilence))
	}
	if err := d.live.Fits(c.TLS); err != nil {
		return nil, nil, c.fault("tls", err)
	}
	g, err := newGeneration(&c, d.learned, d.live)
	if err != nil {
		return nil, nil, err
	}
	opened, err := d.sockets.Open(d.wanted(&c))
	return g, opened, err
}

// wanted are the sockets that c names.
func (d *daemon) wanted(c *config) (all []sockets.Wanted) {
	for _, addr := range c.Listen {
		all = append(all, sockets.Wanted{Use: "listening", Addr: addr, Open: sockets.UDP(func(ctx context.Context, pc *net.UDPConn) error { return d.server.Serve(ctx, pc) })})
	}
	if c.Accounting != nil {
		all = append(all, sockets.Wanted{Use: "accounting", Addr: c.Accounting.Listen, Open: sockets.UDP(d.accounts.Serve)})
	}
	for _, addr := range c.tls().Listen {
		all = append(all, sockets.Wanted{Use: "clients over TLS", Addr: addr, Open: sockets.TCP(func(ctx context.Context, ln net.Listener) error {
			return radsec.Serve(ctx, d.server, ln, d.live.Config)
		})})
	}
	for _, addr := range c.tls().ListenNAS {
		all = append(all, sockets.Wanted{Use: "NASes over TLS", Addr: addr, Open: sockets.TCP(d.live.Hub.Serve)})
	}
	return all
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
