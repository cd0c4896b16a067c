// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
)

// A NAS is a Server that answers on Addr, with a Client for it. Both end with the test. When the
// test fails, the sequence diagram of what crossed the wire is in its log, and so is what the
// Server logged.
//
// Its methods are safe for concurrent use.
type NAS struct {
	Addr   netip.AddrPort
	Client *dac.Client // knows the secret of Server
	Server *dac.Server // serving: to be read, not to be changed

	log *wiretap
	tap *tap
}

// retry lets a lost packet cost milliseconds, and no answer at all little more than a second.
var retry = dac.Retry{Initial: 50 * time.Millisecond, Max: 400 * time.Millisecond, Duration: 10 * time.Second}

// NewNAS serves h on a free port of loopback. Its Client sends five times, after 50 ms, 100 ms, 200
// ms and 400 ms. The secret of both is Secret, so another client can be pointed at Addr as well.
func NewNAS(tb testing.TB, h dac.Handler) *NAS {
	tb.Helper()
	pc, err := loopback()
	if err != nil {
		tb.Fatalf("dactest: %v", err)
	}
	n := ServeNAS(tb, pc, &dac.Server{Handler: h})
	n.Client.Retry = retry
	return n
}

// ServeNAS serves s over pc, which it closes at the end of the test: a socket of a Network, or one
// of the system. It fills in what is nil: Peers are any address with Secret, and Logger writes to
// the log of the test. Trace of s is called as before.
//
// Its Client asks s.Peers for the secret of Addr; where that finds none, use its With, or a Client
// of the test's own. It keeps the times of RFC 5080, section 2.2.1, and, where pc is a socket of a
// Network, dials there: in a bubble of testing/synctest retransmissions take no time.
func ServeNAS(tb testing.TB, pc net.PacketConn, s *dac.Server) *NAS {
	tb.Helper()
	n := &NAS{Server: s, log: newWiretap(tb)}
	var err error
	if n.tap, err = newTap(pc, n.log.diagram.lose); err != nil {
		tb.Fatal(err)
	}
	n.Addr = n.tap.addr
	if s.Peers == nil {
		s.Peers = dac.SharedSecret(Secret)
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.NewTextHandler(tb.Output(), nil))
	}
	s.Trace = dac.Tee(n.log.trace, s.Trace)
	n.Client = &dac.Client{Peers: s.Peers, Trace: n.log.diagram.Trace, Dial: dialler(pc)}

	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, n.tap) }()
	tb.Cleanup(func() {
		if err := n.Client.Close(); err != nil {
			tb.Errorf("dactest: close the client: %v", err)
		}
		cancel()
		if err := <-served; err != nil {
			tb.Errorf("dactest: serve %v: %v", n.Addr, err)
		}
	})
	return n
}

// dialler returns how to reach a socket: nil is through the system.
func dialler(pc net.PacketConn) func(context.Context, netip.AddrPort) (net.Conn, error) {
	if c, ok := pc.(*conn); ok {
		return c.network.Dial
	}
	return nil
}

// Drop loses the next datagrams towards the NAS, on top of those that earlier calls have still to
// lose. It returns n.
func (n *NAS) Drop(packets int) *NAS {
	n.tap.drop.Add(int64(packets))
	return n
}

// Received returns every datagram that reached the NAS, repeats and bad ones too, in the order in
// which the Server decided about them. All of them are kept until the test ends.
func (n *NAS) Received() []dac.Event { return n.log.received() }

// Diagram draws what crossed the wire so far.
func (n *NAS) Diagram() string { return n.log.diagram.String() }

// A wiretap keeps what a NAS received, and draws it.
type wiretap struct {
	diagram *Diagram

	mu sync.Mutex // guards what follows
	in []dac.Event
}

func newWiretap(tb testing.TB) *wiretap { return &wiretap{diagram: NewDiagram(tb)} }

func (w *wiretap) trace(e dac.Event) {
	w.diagram.Trace(e)
	if !e.Op.Incoming() {
		return
	}
	e.Wire = bytes.Clone(e.Wire)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.in = append(w.in, e)
}

func (w *wiretap) received() []dac.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]dac.Event(nil), w.in...)
}
