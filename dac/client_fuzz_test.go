// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// nowhere is a Conn that takes everything and gives nothing.
type nowhere struct{ net.Conn }

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) Read([]byte) (int, error)    { return 0, io.EOF }
func (nowhere) Close() error                { return nil }
func (nowhere) LocalAddr() net.Addr         { return &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 40000} }

// asked is a request in flight, of which nothing runs: what comes is given to accept by hand.
func asked(t *testing.T, code radius.Code, peer Peer) (*sourcePort, *exchange) {
	core := newClientCore(&Client{Peers: SharedSecret("s")})
	to, err := core.target(netip.MustParseAddrPort("192.0.2.9:3799"))
	require.NoError(t, err)
	p := newSourcePort(to, nowhere{})
	to.ports = append(to.ports, p)
	x := core.newExchange(peer, &Request{Packet: &radius.Packet{Code: code}}, core.now())
	hasTurn, err := to.enter(x, x.began)
	require.NoError(t, err)
	require.True(t, hasTurn)
	require.True(t, x.sign())
	t.Cleanup(func() { to.timer.Stop() })
	return p, x
}

// FuzzClientAnswer gives a Client what comes from the network: octets as they are, or with the identifier, the length and the authenticators of
// a true answer, so that the fuzzer gets past them. What is taken for an answer must be one.
func FuzzClientAnswer(f *testing.F) {
	const resign, coa, require_, ignore = 1, 2, 4, 8
	add := func(flags byte, code byte, attributes ...byte) {
		f.Add(flags, append([]byte{code, 0, 0, byte(20 + len(attributes)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, attributes...))
	}
	for _, flags := range []byte{0, resign, resign | coa, resign | require_, resign | ignore} {
		for _, code := range []byte{0, 40, 41, 42, 43, 44, 45, 52, 255} {
			add(flags, code)
		}
		add(flags, 42, 101, 6, 0, 0, 1, 247)
		add(flags, 45, 6, 6, 0, 0, 0, 17, 101, 6, 0, 0, 1, 251, 24, 3, 1)
		add(flags, 41, 55, 6, 0, 0, 0, 0)
		add(flags, 41, 55, 5, 0, 0, 0)
		add(flags, 41, 80, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		add(flags, 41, 80, 3, 0)
		add(flags, 52, 241, 7, 4, 0, 0, 0, 40)
		add(flags, 52, 241, 7, 4, 0, 0, 0, 43, 101, 6, 0, 0, 1, 150)
		add(flags, 52, 241, 3, 4)
		add(flags, 41, 1, 0)
		add(flags, 41, 1, 1)
		add(flags, 41, 1, 200)
	}
	f.Add(byte(0), []byte{})
	f.Add(byte(0), []byte{41})
	f.Add(byte(resign), make([]byte, 5000))
	f.Fuzz(func(t *testing.T, flags byte, b []byte) {
		code := radius.CodeDisconnectRequest
		if flags&coa != 0 {
			code = radius.CodeCoARequest
		}
		peer := Peer{Secret: "xyzzy5461", RequireMessageAuthenticator: flags&require_ != 0, IgnoreEventTimestamp: flags&ignore != 0}
		p, x := asked(t, code, peer)
		if flags&resign != 0 && len(b) >= headerLen && len(b) <= maxLen {
			b = append([]byte(nil), b...)
			b[1] = x.id
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
			if _, err := cut(b); err == nil {
				signResponse(b, x.wire, peer.Secret)
			}
		}
		want := isAnswerTo(b, x.wire, peer)
		n := &p.to.counters
		p.accept([][]byte{b}, p.to.core.now())
		if got := x.stage == stageEnded; got != want {
			t.Fatalf("taken for an answer: %v, is one: %v", got, want)
		}
		a := n.of(code)
		if !want {
			if sum := n.unknownType + n.disconnect.Malformed + n.disconnect.BadAuthenticator + n.disconnect.Dropped + n.coa.Malformed + n.coa.BadAuthenticator + n.coa.Dropped; sum != 1 {
				t.Fatalf("counted in %d classes", sum)
			}
			if a.Pending != 1 || x.answer != nil {
				t.Fatal("ended a wait")
			}
			return
		}
		resp, err := x.result()
		if err != nil || resp.ID != uint32(x.id) || resp.Source != p.to.nas || a.ACKs+a.NAKs != 1 || a.Pending != 0 {
			t.Fatalf("%+v %v %+v", resp, err, a)
		}
		p.accept([][]byte{b}, p.to.core.now()) // again: late
		if a.ACKs+a.NAKs != 1 {
			t.Fatal("answered twice")
		}
	})
}

// isAnswerTo says by the rules, and by ParseResponse, whether b answers request.
func isAnswerTo(b, request []byte, peer Peer) bool {
	resp, err := ParseResponse(b, request, peer.Secret)
	if err != nil {
		return false
	}
	signed := false
	for _, a := range resp.Packet.Attributes {
		switch {
		case a.Type == typeMessageAuthenticator:
			signed = true
		case a.Type == typeEventTimestamp && !peer.IgnoreEventTimestamp:
			if len(a.Attribute) != 4 || time.Since(time.Unix(int64(binary.BigEndian.Uint32(a.Attribute)), 0)).Abs() > eventWindow+time.Second {
				return false
			}
		}
	}
	if peer.RequireMessageAuthenticator && !signed {
		return false
	}
	if resp.Packet.Code != codeProtocolError {
		return true
	}
	for _, a := range resp.Packet.Attributes {
		if a.Type == 241 && len(a.Attribute) > 0 && a.Attribute[0] == 4 {
			return len(a.Attribute) == 5 && binary.BigEndian.Uint32(a.Attribute[1:]) == uint32(request[0])
		}
	}
	return true
}
