// SPDX-License-Identifier: Apache-2.0

package accounting

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func encode(t *testing.T, p *radius.Packet) (b []byte) {
	var err error
	fips.Outside(func() { b, err = p.Encode() })
	require.NoError(t, err)
	return b
}

func start(t *testing.T, secret string) []byte {
	p := radius.New(radius.CodeAccountingRequest, []byte(secret))
	p.Add(1, []byte("bob"))
	p.Add(33, []byte("one"))
	p.Add(33, []byte("two"))
	return encode(t, p)
}

func TestReceiverVerifiesLearnsAndAnswers(t *testing.T) {
	pc, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	require.NoError(t, err)
	learned := make(chan *radius.Packet, 10)
	r := &Receiver{
		Peers: dac.PeerMap{netip.MustParsePrefix("127.0.0.1/32"): {Secret: "new", Previous: "old"}},
		Learn: func(ctx context.Context, p *radius.Packet, from netip.AddrPort) error {
			learned <- p
			return errors.New("a store that is down")
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx, pc) }()
	c, err := net.Dial("udp", pc.LocalAddr().String())
	require.NoError(t, err)
	defer c.Close()
	for _, bad := range [][]byte{nil, {4}, start(t, "wrong"), start(t, "new")[:25], append([]byte{1}, start(t, "new")[1:]...)} {
		_, err = c.Write(bad)
		require.NoError(t, err)
	}
	for _, secret := range []string{"new", "old"} {
		request := start(t, secret)
		_, err = c.Write(append(bytes.Clone(request), "padding"...))
		require.NoError(t, err)
		require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
		buf := make([]byte, 4096)
		n, err := c.Read(buf)
		require.NoError(t, err)
		fips.Outside(func() { require.True(t, radius.IsAuthenticResponse(buf[:n], request, []byte(secret))) })
		answer, err := radius.Parse(buf[:n], []byte(secret))
		require.NoError(t, err)
		require.Equal(t, radius.CodeAccountingResponse, answer.Code)
		require.Len(t, answer.Attributes, 2, "its Proxy-States")
		p := <-learned
		require.Equal(t, "bob", string(p.Get(1)))
	}
	require.Empty(t, learned, "what was not verified tells nothing")
	cancel()
	require.NoError(t, <-done)
}

// Nobody learns the secret from the packet that is handed on, nor from the log.
func TestReceiverTellsNoSecret(t *testing.T) {
	var log bytes.Buffer
	r := &Receiver{
		Peers: dac.SharedSecret("s3cret of the NAS"), Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Learn: func(ctx context.Context, p *radius.Packet, from netip.AddrPort) error {
			require.Empty(t, p.Secret)
			return errors.New("not today")
		},
	}
	from := netip.MustParseAddrPort("192.0.2.1:1")
	require.NotNil(t, r.receive(t.Context(), start(t, "s3cret of the NAS"), from))
	require.Nil(t, r.receive(t.Context(), start(t, "another"), from))
	r.Peers = dac.PeerMap{}
	require.Nil(t, r.receive(t.Context(), start(t, "another"), from))
	require.Contains(t, log.String(), "not today")
	require.NotContains(t, log.String(), "s3cret")
}
