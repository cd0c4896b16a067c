// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc3576"
)

// MIGRATING: begin
func packetServer(end func(session string) bool) *radius.PacketServer {
	return &radius.PacketServer{
		Addr:         ":3799",
		SecretSource: radius.StaticSecretSource([]byte("s3cret")),
		Handler: radius.HandlerFunc(func(w radius.ResponseWriter, r *radius.Request) {
			if r.Code != radius.CodeDisconnectRequest {
				return
			}
			if end(rfc2866.AcctSessionID_GetString(r.Packet)) {
				w.Write(r.Response(radius.CodeDisconnectACK))
				return
			}
			nak := r.Response(radius.CodeDisconnectNAK)
			rfc3576.ErrorCause_Set(nak, rfc3576.ErrorCause_Value_SessionContextNotFound)
			w.Write(nak)
		}),
	}
}

// MIGRATING: end

// MIGRATING: begin
func dacServer(end func(session string) bool) *dac.Server {
	return &dac.Server{
		Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: "s3cret"}},
		Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
			if !r.Disconnect() {
				return nil, errcause.UnsupportedService
			}
			if !end(rfc2866.AcctSessionID_GetString(r.Packet)) {
				return nil, errcause.SessionContextNotFound
			}
			return r.ACK()
		}),
	}
}

// MIGRATING: end

// Both answer alike where all is well.
func TestMigratedServerAnswersAlike(t *testing.T) {
	fips.Outside(func() { migratedServerAnswersAlike(t) }) // what there was before uses MD5 without asking for leave
}

func migratedServerAnswersAlike(t *testing.T) {
	sessions := func() func(string) bool {
		var live sync.Map
		live.Store("4f2a", true)
		return func(id string) bool { _, found := live.LoadAndDelete(id); return found }
	}
	before := packetServer(sessions())
	pc := listenUDP(t)
	served := make(chan error)
	go func() { served <- before.Serve(pc) }()

	after := dacServer(sessions())
	after.Peers = dac.SharedSecret("s3cret")
	nas := dactest.ServeNAS(t, listenUDP(t), after)

	for _, addr := range []netip.AddrPort{pc.LocalAddr().(*net.UDPAddr).AddrPort(), nas.Addr} {
		_, err := nas.Client.Disconnect(t.Context(), addr, attrs.AcctSessionID.Of("4f2a"))
		require.NoError(t, err)
		_, err = nas.Client.Disconnect(t.Context(), addr, attrs.AcctSessionID.Of("4f2a"))
		require.ErrorIs(t, err, errcause.SessionContextNotFound)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, before.Shutdown(ctx))
	require.ErrorIs(t, <-served, radius.ErrServerShutdown)
}
