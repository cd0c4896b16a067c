// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// addr is an address as Peers get it from a Server: port 0.
func addr(s string) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr(s), 0) }

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func TestR5176_2_3_15_SecretBySourceAddress(t *testing.T) {
	m := PeerMap{
		prefix("0.0.0.0/0"):           {Secret: "v4"},
		prefix("192.0.2.0/24"):        {Secret: "net"},
		prefix("192.0.2.128/25"):      {Secret: "half"},
		prefix("192.0.2.200/32"):      {Secret: "host"},
		prefix("192.0.2.64/26"):       {}, // nobody
		prefix("2001:db8::/32"):       {Secret: "v6"},
		prefix("2001:db8::1/128"):     {Secret: "v6 host"},
		prefix("fe80::/10"):           {Secret: "link"},
		prefix("2001:db8:0:1::/64"):   {Secret: "v6 net"},
		prefix("::ffff:10.0.0.0/104"): {Secret: "mapped"},
		netip.Prefix{}:                {Secret: "zero"},
		prefix("198.51.100.1/24"):     {Secret: "host bits"}, // Serve refuses it
	}
	for a, want := range map[string]Secret{
		"192.0.2.1":          "net",
		"192.0.2.127":        "",
		"192.0.2.128":        "half",
		"192.0.2.200":        "host",
		"192.0.2.201":        "half",
		"203.0.113.9":        "v4",
		"10.0.0.1":           "mapped",
		"198.51.100.1":       "v4",
		"0.0.0.0":            "v4",
		"::ffff:192.0.2.200": "host",
		"2001:db8::1":        "v6 host",
		"2001:db8::2":        "v6",
		"2001:db8:0:1::2":    "v6 net",
		"fe80::1%eth0":       "link",
		"2001:db9::1":        "",
		"::":                 "",
		"::1":                "",
	} {
		p, err := m.Peer(t.Context(), addr(a))
		assert.Equal(t, want, p.Secret, "%s", a)
		if want == "" {
			assert.ErrorIs(t, err, ErrUnknownPeer)
			assert.Zero(t, p)
		} else {
			assert.NoError(t, err)
		}
	}
	_, err := m.Peer(t.Context(), netip.AddrPort{})
	assert.ErrorIs(t, err, ErrUnknownPeer, "no address is nobody's, whatever the map holds")
	_, err = PeerMap(nil).Peer(t.Context(), addr("192.0.2.1"))
	assert.ErrorIs(t, err, ErrUnknownPeer)
}

func TestR5176_6_1_6_ASecretForEachPeer(t *testing.T) {
	m := PeerMap{prefix("192.0.2.1/32"): {Secret: "one"}, prefix("192.0.2.2/32"): {Secret: "two"}}
	b, err := request(40).AppendSigned(nil, 1, "one")
	require.NoError(t, err)
	one, err := m.Peer(t.Context(), addr("192.0.2.1"))
	require.NoError(t, err)
	two, err := m.Peer(t.Context(), addr("192.0.2.2"))
	require.NoError(t, err)
	assert.NoError(t, verifyRequest(b, one.Secret))
	assert.ErrorIs(t, verifyRequest(b, two.Secret), ErrAuthenticator)
}

func TestPeersThatAreRefusedBeforeUse(t *testing.T) {
	good := PeerMap{prefix("192.0.2.0/24"): {Secret: "s"}, prefix("2001:db8::/32"): {Secret: "t"}, prefix("0.0.0.0/0"): {Secret: "u"}}
	for _, c := range []struct {
		name string
		p    Peers
		says string // ""; it is taken
	}{
		{"a good map", good, ""},
		{"a good map in a cache", CachePeers(good, time.Minute), ""},
		{"one secret", SharedSecret("s"), ""},
		{"a function", PeersFunc(func(context.Context, netip.AddrPort) (Peer, error) { return Peer{}, nil }), ""},
		{"nil", nil, "Peers is nil"},
		{"a nil function", PeersFunc(nil), "PeersFunc is nil"},
		{"nil in a cache", CachePeers(nil, time.Minute), "Peers is nil"},
		{"a nil map", PeerMap(nil), "empty"},
		{"an empty map", PeerMap{}, "empty"},
		{"an empty map in a cache", CachePeers(PeerMap{}, time.Minute), "empty"},
		{"an empty secret for all", SharedSecret(""), "empty"},
		{"host bits", PeerMap{prefix("192.0.2.1/24"): {Secret: "s"}}, "192.0.2.0/24"},
		{"a zero prefix", PeerMap{{}: {Secret: "s"}}, "zero prefix"},
		{"IPv4 as IPv6", PeerMap{prefix("::ffff:192.0.2.0/120"): {Secret: "s"}}, ""},
		{"IPv4 in a part only", PeerMap{netip.PrefixFrom(netip.MustParseAddr("::ffff:0:0"), 90): {Secret: "s"}}, "IPv4"},
		{"no secret", PeerMap{prefix("192.0.2.0/24"): {Previous: "old"}}, "no Secret"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := peersCheck(c.p)
			if c.says == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, c.says)
			}
		})
	}
	err := peersCheck(PeerMap{prefix("192.0.2.1/24"): {Secret: "s"}, prefix("2001:db8::/32"): {}})
	assert.ErrorContains(t, err, "host bits")
	assert.ErrorContains(t, err, "no Secret", "every fault is told at once")
}

func TestSharedSecretIsForEverybody(t *testing.T) {
	for _, a := range []string{"192.0.2.1", "2001:db8::1", "fe80::1%eth0"} {
		p, err := SharedSecret("s").Peer(t.Context(), addr(a))
		require.NoError(t, err)
		assert.Equal(t, Peer{Secret: "s"}, p)
		_, err = SharedSecret("").Peer(t.Context(), addr(a))
		assert.ErrorIs(t, err, ErrUnknownPeer)
	}
}
