// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
)

// A ScriptedNAS answers as it is told, right or wrong, for tests of code that sends requests. It
// verifies what comes with Secret and ignores the rest; it knows no duplicates: each datagram takes
// the next Step. When its test fails, the sequence diagram of what crossed the wire is in the log.
//
// Its methods are safe for concurrent use.
type ScriptedNAS struct {
	Addr   netip.AddrPort
	Client *dac.Client // knows Secret

	tb        testing.TB
	log       *wiretap
	socket    *tap
	elsewhere udpSocket // another socket, for answers that come from the wrong place
	done      chan struct{}
	running   sync.WaitGroup

	mu       sync.Mutex // guards what follows
	steps    []Step
	taken    int // datagrams of the first of steps
	requests []*dac.Request
	closed   bool
}

// NewScriptedNAS answers on a free port of loopback by steps, one for each request that comes,
// retransmissions included; the last stays. Without any it acknowledges everything. Its Client
// retries like that of NewNAS.
func NewScriptedNAS(tb testing.TB, steps ...Step) *ScriptedNAS {
	tb.Helper()
	pc, err := loopback()
	if err != nil {
		tb.Fatalf("dactest: %v", err)
	}
	n := ServeScript(tb, pc, steps...)
	n.Client.Retry = retry
	return n
}

// ServeScript is NewScriptedNAS over pc, which it closes at the end of the test: a socket of a
// Network, or one of the system. Its Client keeps the times of RFC 5080, section 2.2.1, and dials
// where pc listens.
func ServeScript(tb testing.TB, pc net.PacketConn, steps ...Step) *ScriptedNAS {
	tb.Helper()
	n := &ScriptedNAS{tb: tb, log: newWiretap(tb), steps: steps, done: make(chan struct{})}
	if len(steps) == 0 {
		n.steps = []Step{ACK()}
	}
	var err error
	if n.socket, err = newTap(pc, n.log.diagram.lose); err != nil {
		tb.Fatal(err)
	}
	n.Addr = n.socket.addr
	if n.elsewhere, err = neighbour(pc); err != nil {
		tb.Fatalf("dactest: %v", err)
	}
	n.Client = &dac.Client{Peers: dac.SharedSecret(Secret), Trace: n.log.diagram.Trace, Dial: dialler(pc)}
	n.running.Go(n.serve)
	tb.Cleanup(func() {
		if err := n.Client.Close(); err != nil {
			tb.Errorf("dactest: close the client: %v", err)
		}
		n.Close()
	})
	return n
}

// neighbour opens another socket on the network of pc.
func neighbour(pc net.PacketConn) (udpSocket, error) {
	if c, ok := pc.(*conn); ok {
		return c.network.open(netip.AddrPortFrom(c.port.addr.Addr(), 0), netip.AddrPort{})
	}
	return loopback()
}

// Close makes the port a dead one: what is sent there from now on draws an ICMP error, where the
// network has them. It is safe to call twice.
func (n *ScriptedNAS) Close() {
	if n.close() {
		close(n.done)
		_ = n.socket.Close()
		_ = n.elsewhere.Close()
	}
	n.running.Wait()
}

// close notes that n is closed, and reports whether it was open.
func (n *ScriptedNAS) close() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	was := n.closed
	n.closed = true
	return !was
}

// Requests returns the verified requests that came, in order, retransmissions too.
func (n *ScriptedNAS) Requests() []*dac.Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]*dac.Request(nil), n.requests...)
}

// Received returns every datagram that came: Op is Received, or Dropped with Err for one that did
// not verify.
func (n *ScriptedNAS) Received() []dac.Event { return n.log.received() }

// Diagram draws what crossed the wire so far.
func (n *ScriptedNAS) Diagram() string { return n.log.diagram.String() }

func (n *ScriptedNAS) serve() {
	b := make([]byte, maxDatagram)
	for {
		k, from, err := n.socket.ReadFromUDPAddrPort(b)
		select {
		case <-n.done:
			return
		default:
		}
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			continue // an ICMP error that an answer drew, where the system tells
		}
		n.take(b[:k], unmap(from))
	}
}

// take does with one datagram what the script says.
func (n *ScriptedNAS) take(wire []byte, from netip.AddrPort) {
	r, err := dac.ParseRequest(wire, Secret)
	if err != nil {
		n.log.trace(event(dac.Dropped, n.Addr, from, wire, err))
		return
	}
	n.log.trace(event(dac.Received, n.Addr, from, wire, nil))
	r.Source, r.Local = from, n.Addr
	step := n.note(r)
	for _, a := range step.answers(&turn{request: r, wire: wire, fail: n.tb.Errorf}) {
		if a.delay > 0 {
			n.running.Go(func() { n.later(a, from) })
			continue
		}
		n.send(a, from)
	}
}

// note keeps r, and returns what the script does with it.
func (n *ScriptedNAS) note(r *dac.Request) Step {
	n.mu.Lock()
	defer n.mu.Unlock()
	r.Seq = uint64(len(n.requests)) + 1
	n.requests = append(n.requests, r)
	return n.lockedStep()
}

func (n *ScriptedNAS) lockedStep() Step {
	for len(n.steps) > 1 && n.taken >= n.steps[0].times {
		n.steps, n.taken = n.steps[1:], 0
	}
	n.taken++
	return n.steps[0]
}

func (n *ScriptedNAS) later(a answer, to netip.AddrPort) {
	timer := time.NewTimer(a.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		n.send(a, to)
	case <-n.done:
	}
}

func (n *ScriptedNAS) send(a answer, to netip.AddrPort) {
	socket, local := udpSocket(n.socket), n.Addr
	if a.elsewhere {
		socket = n.elsewhere
		local = socket.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	n.log.trace(event(dac.Sent, local, to, a.wire, nil))
	// No listener: the diagram shows that it never arrived.
	_, _ = socket.WriteToUDPAddrPort(a.wire, to)
}

// DeadPort returns an address of loopback without a listener until the test ends: what is sent
// there draws an ICMP error.
func DeadPort(tb testing.TB) netip.AddrPort {
	tb.Helper()
	// A socket that talks to another port alone holds this one, and hears no other.
	c, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	if err != nil {
		tb.Fatalf("dactest: %v", err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}
