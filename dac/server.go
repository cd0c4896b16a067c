// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/compose"
	"github.com/radius-dynauth/dynauth/dac/internal/dedup"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/peers"
	"github.com/radius-dynauth/dynauth/dac/internal/rate"
	"github.com/radius-dynauth/dynauth/dac/internal/serve"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
)

// A Server answers requests with Handler: the Dynamic Authorization Server of RFC 5176. Handler and
// Peers are required. One Server may serve several sockets at once; they share its limits, counters
// and duplicate detection cache. Do not copy or change it once it serves.
type Server struct {
	Addr    string // "" is ":3799"
	Handler Handler
	Peers   Peers
	// Window is that of stale timestamps and of duplicates; zero is 300 s (RFC 5176, section 6.3),
	// 30 s the least; negative: timestamps are not checked, duplicates known for 60 s, a CoA from
	// the same port only.
	Window time.Duration

	// HandlerTimeout ends a handler's context and nothing else; zero is 25 s, below a client's 30.
	// The answer is always what the handler returned, however late; until then duplicates are
	// absorbed.
	HandlerTimeout time.Duration
	// Drain is given to handlers once ctx of Serve is done, before their own contexts end; zero is
	// 5 s.
	Drain time.Duration
	// MaxHandlers run at a time, and as many again wait; one peer alone gets seven eighths of both;
	// zero is 256.
	MaxHandlers int
	// RefuseOverflow answers NAK 506 beyond MaxHandlers; else silence (and the request is
	// forgotten, so that its retransmission is a first arrival).
	RefuseOverflow bool
	// PeerRate bounds fresh verified requests of one peer; zero is no bound. Its InFlight counts
	// those in work.
	PeerRate Limit
	// Memory is how many requests are remembered, all peers together; zero is 1<<22. Each takes 62
	// octets as it comes, attributes of its answer apart: 0.9 GB at 50,000/s for a Window of 300 s.
	Memory int
	// Readers is the number of sockets at each address of ListenAndServe, each with a read loop of
	// its own; zero is 1, 64 are the most. More than 1 are for Linux on amd64 and arm64, whose
	// kernel shares out among them what comes in; elsewhere there is 1.
	Readers int
	// RestartGuard discards, for Window, requests stamped before the start of Serve less 30 s:
	// replays across a restart.
	RestartGuard bool

	MapError func(error) error // gives an error without a Cause one; nil: a NAK without Error-Cause
	Logger   *slog.Logger      // nil: silent
	// Trace is told of every packet and what became of it; called concurrently, in the read loop;
	// nil: none.
	Trace func(Event)

	once    sync.Once
	st      *serve.Engine // the engine
	host    *serverHost
	checked func() error // what Check says, once for all connections
}

const (
	defaultWindow = 300 * time.Second // RFC 5176, section 6.3
	// What a client keeps retransmitting for (RFC 5080, section 2.2.1).
	leastWindow           = 30 * time.Second
	defaultHandlerTimeout = 25 * time.Second
	// More is no bound either, and has a deadline.
	mostTimeout  = 100 * 365 * 24 * time.Hour
	defaultDrain = 5 * time.Second
	mostWindow   = dedup.MaxWindow

	defaultMaxHandlers = 256
	mostHandlers       = 1 << 28 // more is no bound either, and can be multiplied
	defaultMemory      = 1 << 22
	mostReaders        = 64
)

// state makes the engine at the first call.
func (s *Server) state() *serve.Engine {
	s.once.Do(func() {
		c := serve.Config{
			Window: cmp.Or(s.Window, defaultWindow), Timeout: min(cmp.Or(s.HandlerTimeout, defaultHandlerTimeout), mostTimeout),
			Drain: cmp.Or(s.Drain, defaultDrain), MaxHandlers: min(cmp.Or(s.MaxHandlers, defaultMaxHandlers), mostHandlers),
			Memory: cmp.Or(s.Memory, defaultMemory), PeerRate: rate.Limit(s.PeerRate.bounded()),
			RefuseOverflow: s.RefuseOverflow, RestartGuard: s.RestartGuard, Log: show.Steady(s.Logger),
			KeyHost: func(secret authn.Secret) any { return compose.RevealWith(secret) },
		}
		if c.Log == nil {
			c.Log = slog.New(slog.DiscardHandler)
		}
		h := &serverHost{s: s, log: c.Log, debug: c.Log.Enabled(context.Background(), slog.LevelDebug)}
		h.sequencer, _ = s.Handler.(Sequencer)
		h.lookahead, _ = s.Handler.(Lookahead)
		c.Lookahead, c.Observed = h.lookahead != nil, h.debug || s.Trace != nil
		if p, ok := s.Handler.(asyncHandler); ok && p.answersLater(s) {
			h.asyncHandler = p
		}
		if a, ok := s.Handler.(interface{ Answerer(of Handler) Answerer }); ok {
			h.answerer = a.Answerer(s.Handler)
		}
		if s.Peers != nil {
			h.findPeer, c.Fixed = peerFinder(s.Peers)
		}
		s.host, s.checked, s.st = h, sync.OnceValue(s.Check), serve.New(h, c)
	})
	return s.st
}

// Check says what is wrong with the configuration and what to do, each fault once: of several of a
// kind the first in full and how many more there are. A Checker that is the Handler is asked too.
// Serve, Start and ListenAndServe call it before anything is answered; a host that reads its
// configuration again calls it before it takes the new one. Nothing is sent, opened or changed.
func (s *Server) Check() error {
	var errs []error
	if s.Handler == nil {
		errs = append(errs, errors.New("dac: Server.Handler is nil: set it; a session.Dispatcher is one for a NAS"))
	}
	if c, ok := s.Handler.(Checker); ok {
		errs = append(errs, c.Check())
	}
	errs = append(errs, peersCheck(s.Peers))
	if s.Window > 0 && s.Window < leastWindow {
		errs = append(errs, fmt.Errorf("dac: Server.Window of %v is shorter than the %v for which a request may be sent again: its retransmissions would be discarded; leave it zero for 300 s", s.Window, leastWindow))
	}
	if s.Window > mostWindow {
		errs = append(errs, fmt.Errorf("dac: Server.Window of %v is longer than requests can be remembered; leave it zero for 300 s, a negative one checks no timestamps", s.Window))
	}
	for _, n := range []struct {
		name  string
		value float64
	}{
		{"MaxHandlers", float64(s.MaxHandlers)}, {"Memory", float64(s.Memory)}, {"Readers", float64(s.Readers)}, {"HandlerTimeout", float64(s.HandlerTimeout)},
		{"PeerRate.Rate", s.PeerRate.Rate}, {"PeerRate.Burst", float64(s.PeerRate.Burst)}, {"PeerRate.InFlight", float64(s.PeerRate.InFlight)},
	} {
		if n.value < 0 || math.IsNaN(n.value) {
			errs = append(errs, fmt.Errorf("dac: Server.%s is negative or no number: leave it zero for its default", n.name))
		}
	}
	if s.Readers > mostReaders {
		errs = append(errs, fmt.Errorf("dac: Server.Readers is %d: %d at most; one for every two cores is plenty", s.Readers, mostReaders))
	}
	return errors.Join(errs...)
}

// ListenAndServe listens on Addr, UDP over IPv4 and IPv6, and serves until ctx is done. Where Addr
// names no address, answers leave from the address that was asked. Errors of the configuration and
// of listening are returned before anything is answered.
func (s *Server) ListenAndServe(ctx context.Context) error {
	if err := s.Check(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}
	conns, err := s.listen(ctx)
	if err != nil {
		return err
	}
	return serve.Start(ctx, s.begin(), conns).Wait()
}

// Serve serves pc until ctx is done, then drains, closes pc, and returns nil. While it drains,
// nothing new is taken and duplicates are still answered; the contexts of handlers end when Drain
// has passed, and a handler that runs on is waited for and named in the log each Drain. On a
// wildcard socket of the system the answer leaves from the address that was asked, which a NAS with
// several addresses needs. Serve reads and writes with pc's ReadFromUDPAddrPort and
// WriteToUDPAddrPort where it has them; a *net.UDPConn is read in batches where the platform can.
// Each read is one packet. A read error that will not pass is returned, after the same end.
func (s *Server) Serve(ctx context.Context, pc net.PacketConn) error {
	if pc == nil {
		return errors.New("dac: Serve needs a socket")
	}
	defer pc.Close()
	if err := s.Check(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil // it is over before it begins: nothing is read
	}
	st := s.begin()
	st.Open()
	defer st.Close()
	return serve.NewListener(ctx, st, pc).Serve(ctx)
}

// begin is the state of a Server that begins to serve.
func (s *Server) begin() *serve.Engine {
	st := s.state()
	if st.Begin() {
		warnOfShortSecrets(s.Peers, s.host.log)
	}
	return st
}

// Format prints the exported fields, with secrets as "[secret]", under every verb.
func (s *Server) Format(f fmt.State, verb rune) { show.Exported(f, verb, s) }

// peerFinder is how p is asked by address, and whether its answers never change.
func peerFinder(p Peers) (find PeersFunc, fixed bool) {
	switch p := p.(type) {
	case PeerMap:
		index := peers.NewIndex(p)
		return func(_ context.Context, addr netip.AddrPort) (Peer, error) {
			if p, ok := index.Find(addr.Addr()); ok {
				return p, nil
			}
			return Peer{}, ErrUnknownPeer
		}, true
	case anyPeer, CertPeers:
		return p.Peer, true
	case joinedPeers:
		return joinedFinder(p)
	case identityPeers:
		return joinedFinder(p.joinedPeers)
	}
	return p.Peer, false
}

func joinedFinder(j joinedPeers) (PeersFunc, bool) {
	finders, fixed := joinedPeers{}, true
	for _, p := range j.All {
		if p == nil {
			continue // Check has refused it
		}
		find, is := peerFinder(p)
		finders.All, fixed = append(finders.All, find), fixed && is
	}
	return finders.Peer, fixed
}

// warnOfShortSecrets says which secrets can be found by trying.
func warnOfShortSecrets(p Peers, log *slog.Logger) {
	switch p := p.(type) {
	case PeerMap:
		for prefix, peer := range p {
			peers.WarnOfShort(log, prefix.String(), peer.Secret, peer.Previous)
		}
	case anyPeer:
		peers.WarnOfShort(log, "any", p.All.Secret)
	case joinedPeers:
		for _, one := range p.All {
			warnOfShortSecrets(one, log)
		}
	case identityPeers:
		warnOfShortSecrets(p.joinedPeers, log)
	}
}

// listen opens the sockets for Addr.
func (s *Server) listen(ctx context.Context) ([]net.PacketConn, error) {
	conns, alone, err := netio.Listen(ctx, cmp.Or(s.Addr, fmt.Sprint(":", Port)), max(s.Readers, 1))
	if alone != nil {
		s.state().Log.Info("dac: serving IPv4 alone: there is no IPv6 here", "err", alone)
	}
	return conns, err
}

// A Running is a Server that Start has started. It is safe for concurrent use.
type Running struct{ all *serve.Group }

// Start listens on Addr as ListenAndServe does and returns when it listens: what is sent to
// Running.Addr from then on is answered. It is for hosts that have a Start and a Stop of their own:
//
//	running, err := srv.Start(ctx)
//	...
//	err = running.Stop(ctx)
//
// ctx is for the start: its values reach the handlers, its end does not end the Server; Stop does.
// Errors of the configuration and of listening are returned before anything is answered.
func (s *Server) Start(ctx context.Context) (*Running, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	conns, err := s.listen(ctx)
	if err != nil {
		return nil, err
	}
	return &Running{serve.Start(context.WithoutCancel(ctx), s.begin(), conns)}, nil
}

// Addr is the address that the Server listens on, with the port that the system has given where
// Server.Addr has port 0. Of several it is the last, which is that of IPv6 where all addresses are
// meant; they have one port.
func (r *Running) Addr() netip.AddrPort { return r.all.Addr() }

// Done is closed once the Server has ended: after Stop, or because a socket failed, which Wait
// tells apart.
func (r *Running) Done() <-chan struct{} { return r.all.Done() }

// Wait returns when the Server has ended: nil after Stop, else why.
func (r *Running) Wait() error { return r.all.Wait() }

// Stop ends the Server: it takes nothing new, lets the handlers end within Server.Drain, answers
// them, closes its sockets, and returns what Wait does. Where ctx is done earlier, the contexts of
// the handlers end at once and Stop returns its error; handlers that run on are still waited for,
// which Wait and Done tell. Stop may be called again.
func (r *Running) Stop(ctx context.Context) error {
	late, err := r.all.Stop(ctx)
	if late {
		return fmt.Errorf("dac: the Server is still waiting for handlers: %w", err)
	}
	return err
}
