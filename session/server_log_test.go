// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// An operator who reads that a request was refused reads whose it was.
func TestTheServerLogsWhoseRequestWasRefused(t *testing.T) {
	var log bytes.Buffer // of one goroutine at a time: the handler's, and this one after Serve
	d := session.NewDispatcher(twoSubs(), attrs.FilterID)
	server := &dac.Server{Peers: dac.AnyPeer(dac.Peer{Name: "aaa1", Secret: "sixteen octets or so"}), Handler: d, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, pc) }()
	client := &dac.Client{Peers: dac.SharedSecret("sixteen octets or so")}
	_, err = client.Disconnect(t.Context(), netip.MustParseAddrPort(pc.LocalAddr().String()), attrs.UserName.Of("carol"), attrs.AcctSessionID.Of("4f2a"))
	require.ErrorIs(t, err, errcause.SessionContextNotFound)
	stop()
	require.NoError(t, <-served)
	require.NoError(t, client.Close())
	require.Contains(t, log.String(), `msg="dac: refused" session="User-Name = \"carol\", Acct-Session-Id = \"4f2a\""`)
	require.Contains(t, log.String(), " peer=aaa1 addr=127.0.0.1:")
}
