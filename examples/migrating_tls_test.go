// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"context"
	"crypto/tls"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/stretchr/testify/require"
)

// MIGRATING: begin
func serveBoth(ctx context.Context, srv *dac.Server, cfg *tls.Config) error {
	srv.Peers = dac.JoinPeers(
		dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Name: "old", Secret: "s3cret"}},
		dac.CertPeers{"aaa.example.net": {}},
	)
	go srv.ListenAndServe(ctx)                                       // UDP 3799, as before
	return radsec.ListenAndServe(ctx, srv, ":2083", radsec.TLS(cfg)) // and TLS
}

// MIGRATING: end

// MIGRATING: begin
func clientOfBoth(cfg *tls.Config) *dac.Client {
	return &dac.Client{Peers: dac.PeerMap{
		netip.MustParsePrefix("192.0.2.7/32"): {Via: radsec.TLS(cfg), ServerName: "bng-7.example.net"},
		netip.MustParsePrefix("192.0.2.0/24"): {Secret: "s3cret"},
	}}
}

// MIGRATING: end

func TestMigratingToTLS(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	srv := &dac.Server{Handler: dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() })}
	require.ErrorContains(t, serveBoth(ctx, srv, &tls.Config{}), "ertificate", "nothing is served over TLS without a certificate")
	client := clientOfBoth(&tls.Config{})
	defer client.Close()
	_, err := client.Disconnect(t.Context(), netip.MustParseAddrPort("192.0.2.7:2083"))
	require.Error(t, err, "and nothing sent")
}
