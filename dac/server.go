// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// A Server answers requests with Handler: the Dynamic Authorization Server of RFC 5176. Handler and Peers are required. One Server may serve
// several sockets at once; they share its limits, counters and memory of requests. Do not copy or change it once it serves.
type Server struct {
	Addr    string // "" is ":3799"
	Handler Handler
	Peers   Peers
	Window  time.Duration // of stale timestamps and of duplicates; zero is 300 s (RFC 5176, section 6.3), 30 s the least; negative: timestamps are not checked, duplicates remembered 60 s

	HandlerTimeout time.Duration // ends a handler's context and nothing else; zero is 25 s, below a client's 30. The answer is always what the handler returned, however late; until then duplicates are absorbed
	Drain          time.Duration // given to handlers once ctx of Serve is done, before their own contexts end; zero is 5 s
	MaxHandlers    int           // at a time, and as many again wait; one peer alone gets seven eighths of both; zero is 256
	RefuseOverflow bool          // beyond that NAK 506; else silence (and the request is forgotten, so that its retransmission is a first arrival)
	PeerRate       Limit         // fresh verified requests of one peer; zero is no bound. Its InFlight counts those in work
	Memory         int           // requests remembered, all peers together; zero is 1<<22 (grows as used, 48 octets each and some 18 for finding it, attributes of answers apart)
	RestartGuard   bool          // discard requests stamped before the start of Serve less 30 s: replays across a restart

	MapError func(error) error // gives an error without a Cause one; nil: a NAK without Error-Cause
	Logger   *slog.Logger      // nil: silent
	Trace    func(Event)       // every packet and what became of it; called concurrently, in the read loop; nil: none

	once sync.Once
	st   *serverState
}

const (
	defaultWindow         = 300 * time.Second // RFC 5176, section 6.3
	leastWindow           = 30 * time.Second  // what a client keeps retransmitting for (RFC 5080, section 2.2.1)
	defaultHandlerTimeout = 25 * time.Second
	defaultDrain          = 5 * time.Second
	mostWindow            = 1 << 30 * time.Second // what the seconds of the memory can say
	defaultMaxHandlers    = 256
	mostHandlers          = 1 << 28 // more is no bound either, and can be multiplied
	defaultMemory         = 1 << 22
	restartSlack          = 30 * time.Second

	// Each request that has arrived has a place: those that arrive together use a part of them only.
	stageShare = 16
	mostStaged = 16
)

// A serverState is what a Server is made of once it is used. Everything that several sockets share stands here.
type serverState struct {
	s           *Server
	window      time.Duration // negative: timestamps are not checked
	timeout     time.Duration
	drain       time.Duration
	log         *slog.Logger
	debug       bool      // somebody reads what is logged of each packet
	sequencer   Sequencer // nil: Handler is none
	lookahead   Lookahead // nil: Handler is none
	postponer   postponer // nil: Handler is none
	stage       int       // requests that arrive in the read loop before the first of them is handled
	fixed       bool      // Peers say the same of an address each time
	findPeer    PeersFunc // a function, which no verb of fmt looks into
	memory      *memory
	places      places
	workers     workers
	peers       peerTable
	totals      serverTotals
	noting      sync.Mutex // held while somebody is told of a datagram, where anybody listens
	arriving    sync.Mutex // held while a request takes its number
	seq         uint64     // guarded by arriving
	startedOnce sync.Once
	started     time.Time
}

// state makes the state at the first call.
func (s *Server) state() *serverState {
	s.once.Do(func() {
		st := &serverState{
			s: s, window: cmp.Or(s.Window, defaultWindow), timeout: cmp.Or(s.HandlerTimeout, defaultHandlerTimeout),
			drain: cmp.Or(s.Drain, defaultDrain), log: s.Logger,
		}
		if st.log == nil {
			st.log = slog.New(slog.DiscardHandler)
		}
		st.debug = st.log.Enabled(context.Background(), slog.LevelDebug)
		st.sequencer, _ = s.Handler.(Sequencer)
		st.lookahead, _ = s.Handler.(Lookahead)
		if p, ok := s.Handler.(postponer); ok && p.postpones(s) {
			st.postponer = p
		}
		switch p := s.Peers.(type) {
		case PeerMap:
			st.findPeer, st.fixed = newPeerIndex(p).Peer, true
		case sharedSecret:
			st.findPeer, st.fixed = p.Peer, true
		case nil:
		default:
			st.findPeer = p.Peer
		}
		st.memory = newMemory(st.window, cmp.Or(s.Memory, defaultMemory), st.peers.at)
		st.places.max = min(cmp.Or(s.MaxHandlers, defaultMaxHandlers), mostHandlers)
		st.stage = min(max(st.places.max/stageShare, 1), mostStaged)
		s.st = st
	})
	return s.st
}

// check says what is wrong with the configuration, all of it, and what to do.
func (s *Server) check() error {
	var errs []error
	if s.Handler == nil {
		errs = append(errs, errors.New("dac: Server.Handler is nil: there is nobody to answer; a session.Dispatcher is one for a NAS"))
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
		value int
	}{{"MaxHandlers", s.MaxHandlers}, {"Memory", s.Memory}, {"HandlerTimeout", int(min(s.HandlerTimeout, 0))}} {
		if n.value < 0 {
			errs = append(errs, fmt.Errorf("dac: Server.%s is negative: leave it zero for its default", n.name))
		}
	}
	return errors.Join(errs...)
}

// ListenAndServe listens on Addr, UDP over IPv4 and IPv6, and serves until ctx is done. Where Addr names no address, answers leave from the
// address that was asked. On Linux with four cores and more, several sockets share the address, one for every two cores and eight at most.
// Errors of the configuration and of listening are returned before anything is answered.
func (s *Server) ListenAndServe(ctx context.Context) error {
	if err := s.check(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}
	conns, err := listen(ctx, cmp.Or(s.Addr, fmt.Sprint(":", Port)), readersAt(), s.state().log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, len(conns))
	for i, pc := range conns {
		wg.Go(func() {
			errs[i] = s.Serve(ctx, pc)
			cancel() // one socket lost is all lost: its peers would be left without answers, unnoticed
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Serve serves pc until ctx is done, then drains, closes pc, and returns nil. While it drains, nothing new is taken and duplicates are still
// answered; the contexts of handlers end when Drain has passed, and a handler that runs on is waited for and named in the log each Drain.
// Serve reads and writes with pc's ReadFromUDPAddrPort and WriteToUDPAddrPort where it has them; a *net.UDPConn is read in batches where the
// platform can. Each read is one packet. A read error that will not pass is returned, after the same end.
func (s *Server) Serve(ctx context.Context, pc net.PacketConn) error {
	if pc == nil {
		return errors.New("dac: Serve needs a socket")
	}
	defer pc.Close()
	if err := s.check(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil // it is over before it begins: nothing is read
	}
	st := s.state()
	st.startedOnce.Do(func() {
		st.started = time.Now()
		warnOfShortSecrets(s.Peers, st.log)
	})
	st.workers.open()
	defer st.workers.close()
	return newListener(ctx, st, pc).serve(ctx)
}

// A peerIndex is a PeerMap with the prefix lengths that occur in it.
type peerIndex struct {
	PeerMap PeerMap
	lengths [2][]int // of IPv4 and IPv6, longest first
}

func newPeerIndex(m PeerMap) *peerIndex {
	x := &peerIndex{PeerMap: m}
	var seen [2][129]bool
	for prefix := range m {
		seen[family(prefix.Addr())][prefix.Bits()] = true
	}
	for f := range seen {
		for bits := 128; bits >= 0; bits-- {
			if seen[f][bits] {
				x.lengths[f] = append(x.lengths[f], bits)
			}
		}
	}
	return x
}

func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

func (x *peerIndex) Peer(ctx context.Context, addr netip.AddrPort) (Peer, error) {
	a := addr.Addr()
	for _, bits := range x.lengths[family(a)] {
		prefix, _ := a.Prefix(bits)
		if p, ok := x.PeerMap[prefix]; ok {
			return p, nil
		}
	}
	return Peer{}, ErrUnknownPeer
}
