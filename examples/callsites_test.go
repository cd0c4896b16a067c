// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/session/sessiontest"
	"github.com/stretchr/testify/require"
)

// What a user of the module writes most often, and which must not get longer.

func TestChangeElseDisconnect(t *testing.T) {
	bng, bob := &BNG{}, &Subscriber{}
	id := attrs.Identity{UserName: "bob", AcctSessionID: "4f2a"}
	require.NoError(t, bng.Put(id, bob))
	lab := dactest.NewNAS(t, session.NewDispatcher(bng, attrs.FilterID))
	ctx, client, nas := t.Context(), lab.Client, lab.Addr

	_, err := client.CoA(ctx, nas, id.Attr(), mikrotik.RateLimit.Of("10M/10M"))
	if errors.Is(err, errcause.UnsupportedAttribute) {
		_, err = client.Disconnect(ctx, nas, id.Attr())
	}

	require.NoError(t, err)
	require.NotZero(t, bob.ended)
}

func TestHandlerUnderTest(t *testing.T) {
	bng := &BNG{}

	nas := dactest.NewNAS(t, session.NewDispatcher(bng)) // loopback, stops in Cleanup
	_, err := nas.Client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("eve"))
	require.ErrorIs(t, err, errcause.SessionContextNotFound)
}

func TestHandlerKeepsTheRules(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*Subscriber] {
		bng := &BNG{}
		ids := [2]attrs.Identity{{UserName: "bob", AcctSessionID: "4f2a"}, {UserName: "eve", AcctSessionID: "4f2b"}}
		for _, id := range ids {
			gone := func() { bng.Delete(id.Context, id.AcctSessionID) }
			require.NoError(t, bng.Put(id, &Subscriber{gone: gone}))
		}
		return sessiontest.Host[*Subscriber]{
			Handler:  bng,
			Sessions: ids,
			Change:   []attrs.Attr{attrs.FilterID.Of("gold")},
			Snapshot: func(s *Subscriber) any { return s.filter },
		}
	})
}

// A refusal crosses the wire as itself; what the host said beside it stays at home.
func TestErrorCrossesTheWire(t *testing.T) {
	const said = "the line card of rack 7 is stuck"
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) {
		return nil, fmt.Errorf(said+": %w", errcause.SessionContextNotRemovable)
	}))
	var crossed bytes.Buffer
	client := &dac.Client{Peers: nas.Client.Peers, Trace: func(e dac.Event) { crossed.Write(e.Wire) }}
	defer client.Close()

	_, err := client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, errcause.SessionContextNotRemovable)
	require.NotContains(t, err.Error(), "rack 7")
	require.NotZero(t, crossed.Len())
	require.NotContains(t, crossed.String(), "rack 7")
}
