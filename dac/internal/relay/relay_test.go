// SPDX-License-Identifier: Apache-2.0

package relay_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/relay"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func avp(t radius.Type, value string) *radius.AVP {
	return &radius.AVP{Type: t, Attribute: radius.Attribute(value)}
}

// A request keeps its attributes and their order, however many they are, and has one Proxy-State
// more, behind the others.
func TestForwardAddsOneProxyStateBehindTheOthers(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 30} {
		r := &radius.Packet{Code: radius.CodeCoARequest, Attributes: radius.Attributes{avp(packet.TypeProxyState, "other")}}
		for range n {
			r.Add(1, radius.Attribute("bob"))
		}
		before := slices.Clone(r.Attributes)
		var f relay.Forward
		state, err := f.Make(r, relay.Way{}, relay.NewMark("proxy"), 7)
		require.NoError(t, err)
		require.Equal(t, "proxy\x00\x00\x00\x00\x00\x00\x00\x07", string(state))
		require.Equal(t, r.Code, f.Packet.Code)
		require.Equal(t, append(before, avp(packet.TypeProxyState, string(state))), f.Packet.Attributes)
		require.Equal(t, before, r.Attributes, "the request that came stays as it is")
	}
}

func TestForwardToANextHopThatWantsNoProxyState(t *testing.T) {
	r := &radius.Packet{Attributes: radius.Attributes{avp(packet.TypeProxyState, "other"), avp(1, "bob")}}
	var f relay.Forward
	state, err := f.Make(r, relay.Way{Hold: true, Omit: true}, relay.NewMark(""), 1)
	require.NoError(t, err)
	require.Nil(t, state)
	require.Equal(t, radius.Attributes{avp(1, "bob")}, f.Packet.Attributes)
}

func TestForwardOfAnEditThatFails(t *testing.T) {
	refused := errors.New("refused")
	for want, edit := range map[string]func(radius.Attributes) (radius.Attributes, error){
		"refused":       func(radius.Attributes) (radius.Attributes, error) { return nil, refused },
		"nil attribute": func(set radius.Attributes) (radius.Attributes, error) { return append(set, nil), nil },
	} {
		var f relay.Forward
		_, err := f.Make(&radius.Packet{}, relay.Way{Edit: edit}, relay.NewMark(""), 1)
		require.ErrorContains(t, err, want)
	}
}

func TestCirclesAreKnownByTheMarkAndByTheirLength(t *testing.T) {
	mark := relay.NewMark("proxy")
	own := avp(packet.TypeProxyState, "proxy12345678")
	longer := avp(packet.TypeProxyState, "proxy-2 12345678") // of a proxy whose ID begins like this one's
	require.NoError(t, mark.Circles(radius.Attributes{nil, avp(1, "proxy12345678"), longer}, 16))
	require.ErrorContains(t, mark.Circles(radius.Attributes{longer, own}, 16), "a Proxy-State of this proxy")
	require.ErrorContains(t, mark.Circles(radius.Attributes{longer, longer}, 1), "2 Proxy-States, 1 at most")
	require.NotEqual(t, relay.NewMark(""), relay.NewMark(""), "a proxy without an ID has a mark of its own")
}
