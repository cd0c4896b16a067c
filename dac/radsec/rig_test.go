// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec/internal/testca"
	"github.com/stretchr/testify/require"
)

// ca signs the certificates of tests, elsewhere no test trusts.
var ca, elsewhere = sync.OnceValue(testca.NewCA), sync.OnceValue(testca.NewCA)

// ack is a Server that answers ACK, to peers.
func ack(peers dac.Peers) *dac.Server {
	return &dac.Server{Peers: peers, Handler: dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
		return r.ACK()
	})}
}

// serve serves srv on loopback until the test ends.
func serve(t *testing.T, srv *dac.Server, cfg *Config) (addr string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, srv, ln, cfg) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(10 * time.Second):
			t.Error("Serve has not returned")
		}
		require.Zero(t, cfg.Stats().Open)
		require.Zero(t, cfg.Stats().Handshaking)
	})
	return ln.Addr().String()
}

// eventually waits for a condition that a goroutine of this package brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	require.Eventually(t, ok, 10*time.Second, time.Millisecond, what)
}

func client(names ...string) *tls.Config { return ca().Config(names...) }

func issued(c tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{c}, RootCAs: ca().Pool(), ClientCAs: ca().Pool()}
}

func expired(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }

var unknownCritical = pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}

func second[A any](_ A, err error) error { return err }

var (
	netipAddrPort = netip.MustParseAddrPort
	runtimeGoexit = runtime.Goexit
)

type identifyFunc func(context.Context) (dac.Peer, error)

func (identifyFunc) Peer(context.Context, netip.AddrPort) (dac.Peer, error) {
	return dac.Peer{}, dac.ErrUnknownPeer
}

func (f identifyFunc) Identify(ctx context.Context, _ *dac.PeerIdentity) (dac.Peer, error) {
	return f(ctx)
}

type x509Pool = x509.CertPool

func expiresIn(d time.Duration) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.NotAfter = time.Now().Add(d) }
}

// only is the connection that c has open.
func (c *Config) only(t *testing.T) *tracked {
	c.mu.Lock()
	defer c.mu.Unlock()
	require.Len(t, c.open, 1)
	for one := range c.open {
		return one
	}
	return nil
}
