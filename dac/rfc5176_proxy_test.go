// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// The rows of RFC 5176, section 3.1, that bind a proxy.

func TestR5176_3_1_1_ProxyReturnsTheProxyStatesOfTheRequest(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		// The NAS loses them all, and invents one.
		r := proxied(t, &dac.Proxy{}, func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			return answerWith(q, radius.Attributes{{Type: 33, Attribute: []byte("invented")}})
		})
		answer := r.verdict(stateful(t, "first", "", "first"))
		require.Equal(t, []string{"first", "", "first"}, states(answer.Packet.Attributes))
	})
}

// answerWith is an ACK with attributes of which a Server leaves out some.
func answerWith(q *dac.Request, set radius.Attributes) (*dac.Response, error) {
	resp, err := q.ACK()
	if err == nil {
		resp.Packet.Attributes = set
	}
	return resp, err
}

// stateful is a CoA-Request with these Proxy-States, empty ones too.
func stateful(t *testing.T, states ...string) []byte {
	q, err := dac.NewCoA(attrs.UserName.Of("bob"))
	require.NoError(t, err)
	for _, s := range states {
		q.Packet.Attributes = append(q.Packet.Attributes, &radius.AVP{Type: 33, Attribute: []byte(s)})
	}
	return signed(t, q, 1)
}

func TestR5176_3_1_2_ProxyLeavesProxyStateStateAndClass(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{}, nil)
		q := coa(t, 1, proxyState("upstream"), attrs.State.Of([]byte("the state")), attrs.Class.Of([]byte("c1")), attrs.UserName.Of("bob"), attrs.Class.Of([]byte("c2")))
		answer := r.verdict(q)
		came := r.arrived()[0].Packet.Attributes
		require.Equal(t, "upstream", states(came)[0])
		require.Equal(t, "the state", string(came.Get(24)))
		var classes []string
		for c := range attrs.Class.All(came) {
			classes = append(classes, string(c))
		}
		require.Equal(t, []string{"c1", "c2"}, classes)
		require.Equal(t, "the state", string(answer.Packet.Get(24)))
	})
}

func TestR5176_3_1_3_ProxyTakesForeignProxyStateAsOctets(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{}, nil)
		foreign := []string{"", "\x00\x01\xff", string(make([]byte, 253)), "sixteen octets..and eight"}
		answer := r.verdict(stateful(t, foreign...))
		require.True(t, answer.ACK())
		require.Equal(t, foreign, states(answer.Packet.Attributes))
		require.Equal(t, foreign, states(r.arrived()[0].Packet.Attributes)[:4])
	})
}

func TestR5176_3_1_4_ProxyPutsBackWhatItHeldBack(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{Router: dac.Target{Addr: nasAddr, HoldProxyStates: true}}, func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			return nil, errcause.SessionContextNotFound
		})
		answer := r.verdict(disconnect(t, 1, proxyState("a"), attrs.UserName.Of("bob"), proxyState("b")))
		require.Equal(t, []string{"a", "b"}, states(answer.Packet.Attributes))
		require.Len(t, states(r.arrived()[0].Packet.Attributes), 1)
	})
}

func TestR5176_3_1_5_ProxyAddsOneProxyState(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{}, nil)
		r.verdict(disconnect(t, 1, attrs.UserName.Of("bob")))
		r.verdict(disconnect(t, 2, attrs.UserName.Of("bob"), proxyState("upstream")))
		came := r.arrived()
		one, two := states(came[0].Packet.Attributes), states(came[1].Packet.Attributes)
		require.Len(t, one, 1)
		require.Len(t, two, 2)
		require.NotEqual(t, one[0], two[1], "each request has one of its own")
		require.Equal(t, one[0][:16], two[1][:16])
	})
}

func TestR5176_3_1_6_ProxyStateOfItsOwnComesLast(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{}, nil)
		r.verdict(coa(t, 1, proxyState("a"), proxyState("b"), attrs.UserName.Of("bob")))
		got := states(r.arrived()[0].Packet.Attributes)
		require.Equal(t, []string{"a", "b"}, got[:2])
		if h, ok := r.hop(); ok {
			require.Equal(t, string(h.ProxyState), got[2])
		}
	})
}

func TestR5176_3_1_7_ProxyKeepsTheOrder(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{}, nil)
		q := coa(t, 1, attrs.FilterID.Of("one"), attrs.UserName.Of("bob"), proxyState("x"), attrs.FilterID.Of("two"), attrs.Vendor(9, 1, []byte("a=b")),
			attrs.Raw(250, []byte("nobody knows")), stamped(-time.Second), attrs.FilterID.Of("three"))
		r.verdict(q)
		require.Equal(t, types(q), types(r.datagrams()[0]), "of all attributes, and not only of those of one type")
	})
}

func TestR5176_3_1_8_ProxyRemovesItsOwnFromTheAnswer(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{}, nil)
		require.Empty(t, states(r.verdict(disconnect(t, 1, attrs.UserName.Of("bob"))).Packet.Attributes))
		answer := r.verdict(disconnect(t, 2, attrs.UserName.Of("bob"), proxyState("upstream")))
		require.Equal(t, []string{"upstream"}, states(answer.Packet.Attributes))
	})
}

func TestR5176_3_1_9_ProxyComputesBothAuthenticatorsAnew(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		r := proxied(t, &dac.Proxy{}, nil)
		// Verified, over the original request.
		answer := r.verdict(disconnect(t, 1, attrs.UserName.Of("bob")))
		require.NotNil(t, answer.Packet.Get(80), "the request had one")
		came, err := dac.ParseRequest(r.datagrams()[0], nextSecret)
		require.NoError(t, err)
		require.NotNil(t, came.Packet.Get(80))
	})
}
