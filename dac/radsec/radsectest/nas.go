// SPDX-License-Identifier: Apache-2.0

package radsectest

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
)

// The names in the certificates of a NAS and of its Client.
const (
	NASName    = "nas.example.net"
	ClientName = "aaa.example.net"
)

// A NAS is a dac.Server that answers over TLS on Addr, with a Client for it. Both end with the
// test.
type NAS struct {
	Addr   netip.AddrPort
	Client *dac.Client
	Config *radsec.Config // of the NAS; its Stats are of use
	CA     *CA            // of both, for further clients
}

// NewNAS serves h over TLS on a free port of loopback, to every certificate of its CA that has a
// name below example.net.
func NewNAS(tb testing.TB, h dac.Handler) *NAS {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("radsectest: %v", err)
	}
	ca := NewCA()
	n := &NAS{CA: ca, Addr: netip.MustParseAddrPort(ln.Addr().String()), Config: radsec.TLS(ca.Config(NASName))}
	n.Client = &dac.Client{Peers: n.Peers(radsec.TLS(ca.Config(ClientName)))}
	srv := &dac.Server{Handler: h, Peers: dac.CertPeers{"*.example.net": {}}, Logger: slog.New(slog.NewTextHandler(tb.Output(), nil))}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- radsec.Serve(ctx, srv, ln, n.Config) }()
	tb.Cleanup(func() {
		if err := n.Client.Close(); err != nil {
			tb.Errorf("radsectest: close the client: %v", err)
		}
		cancel()
		if err := <-served; err != nil {
			tb.Errorf("radsectest: %v", err)
		}
	})
	return n
}

// Peers are those of a Client that reaches the NAS by via.
func (n *NAS) Peers(via dac.Transport) dac.PeerMap {
	return dac.PeerMap{netip.PrefixFrom(n.Addr.Addr(), 32): {Via: via, ServerName: NASName}}
}
