// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var certPeers = CertPeers{
	"aaa.example.net":        {DenyCoA: true},
	"alias.example.net":      {Name: "aaa.example.net", DenyCoA: true},
	"*.nas.example.net":      {ReverseCoA: true},
	"core.nas.example.net":   {Name: "core"},
	"192.0.2.1":              {Name: "router"},
	"2001:db8::1":            {},
	"@example.org":           {Name: "roaming"},
	"CN=Lab CA,O=Lab#1f2e":   {Name: "lab"},
	"mistaken.example.net":   {Secret: "s3cret"},
	"CN=Hash#CA#7":           {Name: "hash"},
	"xn--bcher-kva.example.": {},
}

func TestR_BIS_3_4_1_CertificateSaysWhoItIs(t *testing.T) {
	for name, c := range map[string]struct {
		id   PeerIdentity
		want string // "": unknown
	}{
		"exact":                     {PeerIdentity{DNS: []string{"aaa.example.net"}}, "aaa.example.net"},
		"letter case":               {PeerIdentity{DNS: []string{"AAA.Example.NET."}}, "aaa.example.net"},
		"one of several":            {PeerIdentity{DNS: []string{"www.example.com", "aaa.example.net"}}, "aaa.example.net"},
		"two keys of one Peer":      {PeerIdentity{DNS: []string{"alias.example.net", "aaa.example.net"}}, "aaa.example.net"},
		"star":                      {PeerIdentity{DNS: []string{"bng-1.nas.example.net"}}, "bng-1.nas.example.net"},
		"exact before star":         {PeerIdentity{DNS: []string{"core.nas.example.net"}}, "core"},
		"star is one label":         {PeerIdentity{DNS: []string{"a.bng-1.nas.example.net"}}, ""},
		"star is not no label":      {PeerIdentity{DNS: []string{"nas.example.net", ".nas.example.net"}}, ""},
		"a star that is proved":     {PeerIdentity{DNS: []string{"*.nas.example.net", "*.example.net"}}, ""},
		"an address":                {PeerIdentity{IPs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}, "router"},
		"a mapped address":          {PeerIdentity{IPs: []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.1")}}, "router"},
		"an IPv6 address":           {PeerIdentity{IPs: []netip.Addr{netip.MustParseAddr("2001:db8::1")}}, "2001:db8::1"},
		"an address that is a name": {PeerIdentity{DNS: []string{"192.0.2.1"}}, "router"},
		"where it comes from":       {PeerIdentity{Remote: netip.MustParseAddrPort("192.0.2.1:2083")}, ""},
		"a realm":                   {PeerIdentity{Realms: []string{"Example.ORG"}}, "roaming"},
		"a realm is no host":        {PeerIdentity{DNS: []string{"example.org", "@example.org"}}, "roaming"},
		"a host is no realm":        {PeerIdentity{Realms: []string{"aaa.example.net"}}, ""},
		"issuer and serial":         {PeerIdentity{Issuer: "CN=Lab CA,O=Lab", Serial: "001F2E"}, "lab"},
		"a # in the issuer":         {PeerIdentity{Issuer: "CN=Hash#CA", Serial: "07"}, "hash"},
		"serial of another":         {PeerIdentity{Issuer: "CN=Other", Serial: "1f2e"}, ""},
		"an entry with a Secret":    {PeerIdentity{DNS: []string{"mistaken.example.net"}}, ""},
		"nothing":                   {PeerIdentity{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := certPeers.Identify(t.Context(), &c.id)
			if c.want == "" {
				assert.ErrorIs(t, err, ErrUnknownPeer)
				assert.Zero(t, p)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, p.Name)
		})
	}
}

func TestR_BIS_3_4_1_ContradictingNamesAreNoPeer(t *testing.T) {
	for name, id := range map[string]PeerIdentity{
		"two names below a star": {DNS: []string{"bng-1.nas.example.net", "bng-2.nas.example.net"}},
		"a name and an address":  {DNS: []string{"aaa.example.net"}, IPs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}},
		"a name and a realm":     {DNS: []string{"bng-1.nas.example.net"}, Realms: []string{"example.org"}},
		"a name and a number":    {DNS: []string{"core.nas.example.net"}, Issuer: "CN=Lab CA,O=Lab", Serial: "1f2e"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := certPeers.Identify(t.Context(), &id)
			require.Error(t, err)
			assert.NotErrorIs(t, err, ErrUnknownPeer, "it ends the search of JoinPeers")
			assert.Contains(t, err.Error(), "give their keys the same Peer")
			assert.Zero(t, p)
			_, err = JoinPeers(certPeers, CertPeers{"aaa.example.net": {}, "bng-1.nas.example.net": {}}).(IdentityPeers).Identify(t.Context(), &id)
			assert.Error(t, err)
		})
	}
}

func TestCertPeersAdmitsNoDatagram(t *testing.T) {
	for _, a := range []string{"192.0.2.1", "2001:db8::1"} {
		_, err := certPeers.Peer(t.Context(), addr(a))
		assert.ErrorIs(t, err, ErrUnknownPeer)
		_, err = JoinPeers(certPeers).Peer(t.Context(), addr(a))
		assert.ErrorIs(t, err, ErrUnknownPeer)
	}
}

func TestCertPeersFaultsAreSaidAtTheStart(t *testing.T) {
	srv := func(p Peers) error { return (&Server{Peers: p, Handler: HandlerFunc(nil)}).Check() }
	for key, c := range map[string]struct {
		peer Peer
		want string
	}{
		"a.example.net":        {Peer{Secret: "s3cret"}, "leave Secret and Previous out"},
		"b.example.net":        {Peer{Previous: "s3cret"}, "leave Secret and Previous out"},
		"c.example.net":        {Peer{Limit: Limit{Rate: -1}}, "below zero"},
		"*.example.net":        {Peer{Name: "all"}, "all below the star would be one peer"},
		"A.example.net":        {Peer{}, `is looked up as "a.example.net"`},
		"a.example.net.":       {Peer{}, `is looked up as "a.example.net"`},
		"::ffff:192.0.2.1":     {Peer{}, `is looked up as "192.0.2.1"`},
		"CN=CA#0x1":            {Peer{}, "serial number in hexadecimal"},
		"CN=CA#00:1F":          {Peer{}, `is looked up as "CN=CA#1f"`},
		"CN=CA":                {Peer{}, "a key is a dNSName"},
		"#1f":                  {Peer{}, "serial number in hexadecimal"},
		"":                     {Peer{}, "a key is a dNSName"},
		"*":                    {Peer{}, "a star stands for"},
		"@":                    {Peer{}, "a key is a dNSName"},
		"@*.example.net":       {Peer{}, "a star stands for"},
		"*.*.example.net":      {Peer{}, "a star stands for"},
		"b*.example.net":       {Peer{}, "a star stands for"},
		"aaa.example.net:2083": {Peer{}, "a key is a dNSName"},
		"192.0.2.0/24":         {Peer{}, "a key is a dNSName"},
		"bob@example.net":      {Peer{}, "a key is a dNSName"},
		"a..example.net":       {Peer{}, "a key is a dNSName"},
	} {
		err := srv(CertPeers{key: c.peer})
		assert.ErrorContains(t, err, c.want, "%q", key)
		assert.ErrorContains(t, err, fmt.Sprintf("%q", key))
		assert.NotContains(t, fmt.Sprint(err), "s3cret")
		assert.ErrorContains(t, srv(JoinPeers(SharedSecret("s3cret"), CertPeers{key: c.peer})), c.want)
	}
	assert.ErrorContains(t, srv(CertPeers{}), "CertPeers is empty")
	assert.ErrorContains(t, srv(JoinPeers()), "nothing to join")
	assert.ErrorContains(t, srv(JoinPeers(nil)), "Peers is nil")
	assert.ErrorContains(t, srv(JoinPeers(PeerMap{})), "PeerMap is empty")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		assert.NotContains(t, fmt.Sprintf(verb, certPeers), "s3cret")
		assert.NotContains(t, fmt.Sprintf(verb, JoinPeers(certPeers, SharedSecret("s3cret"))), "s3cret")
	}
}

func TestJoinPeersAsksInOrder(t *testing.T) {
	broken := errors.New("the database is away")
	failing := PeersFunc(func(context.Context, netip.AddrPort) (Peer, error) { return Peer{}, broken })
	udp, all := PeerMap{prefix("192.0.2.0/24"): {Secret: "net"}}, SharedSecret("any")
	for name, c := range map[string]struct {
		peers   Peers
		secret  Secret
		err     error
		byNames bool
	}{
		"the first that knows it": {JoinPeers(CertPeers{"a.example.net": {}}, udp, all), "net", nil, true},
		"the first":               {JoinPeers(all, udp), "any", nil, false},
		"nested":                  {JoinPeers(JoinPeers(CertPeers{"a.example.net": {}}), JoinPeers(udp)), "net", nil, true},
		"an error ends it":        {JoinPeers(failing, udp), "", broken, false},
		"none":                    {JoinPeers(PeerMap{prefix("198.51.100.0/24"): {Secret: "net"}}), "", ErrUnknownPeer, false},
	} {
		t.Run(name, func(t *testing.T) {
			find, _ := peerFinder(c.peers)
			for _, ask := range []PeersFunc{c.peers.Peer, find} {
				p, err := ask(t.Context(), addr("192.0.2.1"))
				assert.Equal(t, c.secret, p.Secret)
				assert.ErrorIs(t, err, c.err)
			}
			_, ok := c.peers.(IdentityPeers)
			assert.Equal(t, c.byNames, ok)
		})
	}
}

func TestPeerStaysComparable(t *testing.T) {
	var a, b any = Peer{Via: &fakeTransport{}}, Peer{}
	assert.NotPanics(t, func() { assert.False(t, a == b) })
}

type fakeTransport struct{ _ []byte }

func (*fakeTransport) Open(context.Context, netip.AddrPort, Peer) (PacketConn, error) {
	return nil, ErrUnreachable
}
