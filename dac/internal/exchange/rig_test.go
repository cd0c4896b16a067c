// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
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
func asked(t *testing.T, code radius.Code, peer Peer) (*conn, *Exchange) {
	engine := New(Config{Retry: Retry{}.Filled(), IdleTimeout: 30 * time.Second})
	d, err := engine.destination(address{nas: netip.MustParseAddrPort("192.0.2.9:3799")})
	require.NoError(t, err)
	c := newConn(d, nowhere{})
	c.blocks = false // no writer
	d.conns = append(d.conns, c)
	x := makeWith(engine, peer, &request{code: code})
	hasTurn, err := d.enter(x, x.began)
	require.NoError(t, err)
	require.True(t, hasTurn)
	require.True(t, x.sign())
	t.Cleanup(func() { d.timer.Stop() })
	return c, x
}

// A request is a Body in a test.
type request struct {
	code packet.Code
	set  radius.Attributes
}

func (r *request) AppendTo(b []byte, f Form) ([]byte, error) {
	start := len(b)
	if f.Tokens {
		b = packet.AppendTokenHeader(b, r.code, f.ID)
	} else {
		b = packet.AppendHeader(b, r.code, byte(f.ID), f.MessageAuthenticator)
	}
	b, err := packet.AppendAttributes(b, r.set, func(byte) bool { return false })
	if err != nil {
		return nil, err
	}
	if !f.EventTimestamp.IsZero() {
		b = packet.AppendEventTimestamp(b, f.EventTimestamp)
	}
	return b, packet.SetLength(b, start)
}

func makeWith(engine *Engine, peer Peer, r *request) *Exchange {
	return engine.Make(&peer, &Call{Body: r, Code: r.code})
}

// isAnswerTo says by the rules, and by ParseResponse, whether b answers request.
func isAnswerTo(b, request []byte, peer Peer) bool {
	b, err := packet.Cut(b)
	if err != nil || packet.Fits(b, request) != nil || authn.VerifyResponse(b, request, peer.Secret) != nil {
		return false
	}
	var resp struct{ Packet radius.Packet }
	packet.Parse(&resp.Packet, b, nil, nil)
	signed := false
	for _, a := range resp.Packet.Attributes {
		switch {
		case a.Type == packet.TypeMessageAuthenticator:
			signed = true
		case a.Type == packet.TypeEventTimestamp && !peer.IgnoreEventTimestamp:
			if len(a.Attribute) != 4 || time.Since(time.Unix(int64(binary.BigEndian.Uint32(a.Attribute)), 0)).Abs() > EventWindow+time.Second {
				return false
			}
		}
	}
	if peer.RequireMessageAuthenticator && !signed {
		return false
	}
	if resp.Packet.Code != packet.ProtocolError {
		return true
	}
	for _, a := range resp.Packet.Attributes {
		if a.Type == 241 && len(a.Attribute) > 0 && a.Attribute[0] == 4 {
			return len(a.Attribute) == 5 && binary.BigEndian.Uint32(a.Attribute[1:]) == uint32(request[0])
		}
	}
	return true
}
