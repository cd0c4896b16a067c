// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// A ScriptedClient sends what a test tells it, octet by octet where need be, and looks at what
// comes back, for tests of servers. It resends nothing by itself and sends from one port. When its
// test fails, the sequence diagram of what crossed the wire is in the log.
//
// What it makes is octets, so a test breaks them as it likes between Sign and Send:
//
//	b := c.Sign(request)
//	c.Send(b[:len(b)-1])           // cut off
//	c.Send(append(b, 0, 0))        // padding
//	b[1]++                         // another identifier
//	dactest.SignRequest(b, c.Secret)
//
// Its methods fail the test with Fatal, so they belong into the goroutine of the test.
type ScriptedClient struct {
	Secret dac.Secret    // Secret of this package at first
	Wait   time.Duration // for an answer; zero is 5 s
	Quiet  time.Duration // that Silence listens; zero is 100 ms

	tb            testing.TB
	conn          net.Conn
	local, remote netip.AddrPort
	diagram       *Diagram
	id            byte
	unread        [][]byte // answers to other requests than the one that was asked about
}

// NewScriptedClient sends to server through the system's network, from a port of its own.
func NewScriptedClient(tb testing.TB, server netip.AddrPort) *ScriptedClient {
	tb.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(server))
	if err != nil {
		tb.Fatalf("dactest: %v", err)
	}
	return NewScriptedClientOn(tb, conn)
}

// NewScriptedClientOn sends over conn, which it closes at the end of the test: the Dial or DialFrom
// of a Network makes one.
func NewScriptedClientOn(tb testing.TB, conn net.Conn) *ScriptedClient {
	tb.Helper()
	c := &ScriptedClient{Secret: Secret, tb: tb, conn: conn, diagram: NewDiagram(tb)}
	tb.Cleanup(func() { _ = conn.Close() })
	c.local, c.remote = addrPort(conn.LocalAddr()), addrPort(conn.RemoteAddr())
	return c
}

// addrPort returns the address of a UDP socket; the zero one where a is of another kind.
func addrPort(a net.Addr) netip.AddrPort {
	if u, ok := a.(*net.UDPAddr); ok && u != nil {
		return unmap(u.AddrPort())
	}
	return netip.AddrPort{}
}

// Sign returns the octets of r with the next identifier, a Message-Authenticator, and signed with
// Secret.
func (c *ScriptedClient) Sign(r *dac.Request) []byte {
	c.tb.Helper()
	c.id++
	b, err := r.AppendSigned(nil, c.id, c.Secret)
	if err != nil {
		c.tb.Fatalf("dactest: sign: %v", err)
	}
	return b
}

// Send sends b as one datagram.
func (c *ScriptedClient) Send(b []byte) {
	c.tb.Helper()
	c.trace(dac.Sent, b)
	if _, err := c.conn.Write(b); err != nil {
		c.tb.Fatalf("dactest: send: %v", err)
	}
}

// Ask signs and sends r and returns the answer.
func (c *ScriptedClient) Ask(r *dac.Request) *dac.Response {
	c.tb.Helper()
	b := c.Sign(r)
	c.Send(b)
	resp, _ := c.Answer(b)
	return resp
}

// Answer waits for the answer to the request whose octets are given and returns it with its own
// octets. The test fails where none comes within Wait and where one comes that does not verify.
// Answers to other requests are kept for later calls.
func (c *ScriptedClient) Answer(request []byte) (*dac.Response, []byte) {
	c.tb.Helper()
	if len(request) < packet.HeaderLen {
		c.tb.Fatalf("dactest: %d octets are no request", len(request))
	}
	by := time.Now().Add(orElse(c.Wait, 5*time.Second))
	b := c.kept(request[1])
	for b == nil {
		next, err := c.read(by)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.tb.Fatalf("dactest: no answer to %s", label(request))
		case err != nil:
			c.tb.Fatalf("dactest: no answer to %s: %v", label(request), err)
		case len(next) < 2 || next[1] != request[1]:
			c.unread = append(c.unread, next)
		default:
			b = next
		}
	}
	resp, err := dac.ParseResponse(b, request, c.Secret)
	if err != nil {
		c.tb.Fatalf("dactest: %s in answer to %s: %v", label(b), label(request), err)
	}
	resp.Source, resp.Local, resp.Sent = c.remote, c.local, 1
	return resp, b
}

// Silence listens for as long as Quiet says, and the test fails where anything comes that no Answer
// has taken.
func (c *ScriptedClient) Silence() {
	c.tb.Helper()
	by := time.Now().Add(orElse(c.Quiet, 100*time.Millisecond))
	if len(c.unread) > 0 {
		c.tb.Fatalf("dactest: %s where silence was due", label(c.unread[0]))
	}
	b, err := c.read(by)
	switch {
	case err == nil:
		c.tb.Fatalf("dactest: %s where silence was due", label(b))
	case !errors.Is(err, os.ErrDeadlineExceeded):
		c.tb.Fatalf("dactest: nobody is there: %v", err)
	}
}

// Diagram draws what crossed the wire so far.
func (c *ScriptedClient) Diagram() string { return c.diagram.String() }

// kept returns the answer with that identifier which came while another was waited for.
func (c *ScriptedClient) kept(id byte) []byte {
	for i, b := range c.unread {
		if len(b) >= 2 && b[1] == id {
			c.unread = append(c.unread[:i], c.unread[i+1:]...)
			return b
		}
	}
	return nil
}

func (c *ScriptedClient) read(by time.Time) ([]byte, error) {
	if err := c.conn.SetReadDeadline(by); err != nil {
		return nil, err
	}
	b := make([]byte, maxDatagram)
	n, err := c.conn.Read(b)
	if err != nil {
		return nil, err
	}
	c.trace(dac.Received, b[:n])
	return b[:n], nil
}

func (c *ScriptedClient) trace(op dac.EventOp, b []byte) {
	c.diagram.Trace(event(op, c.local, c.remote, b, nil))
}

// event describes a datagram.
func event(op dac.EventOp, local, peer netip.AddrPort, wire []byte, err error) dac.Event {
	e := dac.Event{Time: time.Now(), Op: op, Local: local, Peer: peer, Wire: wire, Err: err}
	if len(wire) >= 2 {
		e.Code, e.ID = radius.Code(wire[0]), uint32(wire[1])
	}
	return e
}

func orElse(d, zero time.Duration) time.Duration {
	if d <= 0 {
		return zero
	}
	return d
}
