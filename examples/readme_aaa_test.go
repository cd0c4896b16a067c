// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// README: begin
func end(ctx context.Context, client *dac.Client, nas netip.AddrPort) error {
	_, err := client.Disconnect(ctx, nas, attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("4f2a"))
	if errors.Is(err, errcause.SessionContextNotFound) {
		return nil // already gone: what we wanted
	}
	return err // nil, a *dac.NAKError, or a *dac.NoAnswerError that says what was seen
}

var client = &dac.Client{Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.1/32"): {Secret: "s3cret"}}}

// README: end

func TestReadmeAAA(t *testing.T) {
	refuse := func(err error) dac.Handler {
		return dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) { return nil, err })
	}
	gone := dactest.NewNAS(t, refuse(errcause.SessionContextNotFound))
	require.NoError(t, end(t.Context(), gone.Client, gone.Addr))

	stuck := dactest.NewNAS(t, refuse(errcause.SessionContextNotRemovable))
	require.ErrorIs(t, end(t.Context(), stuck.Client, stuck.Addr), errcause.SessionContextNotRemovable)

	require.ErrorIs(t, end(t.Context(), client, netip.MustParseAddrPort("198.51.100.1:3799")), dac.ErrUnknownPeer)
}
