// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
)

// Who may send, by address: the longest prefix decides. No output shows a secret.
func ExamplePeerMap() {
	peers := dac.PeerMap{
		netip.MustParsePrefix("192.0.2.0/24"):    {Name: "aaa", Secret: "s3cret"},
		netip.MustParsePrefix("192.0.2.128/25"):  {Name: "billing", Secret: "n3w", Previous: "0ld", DenyCoA: true},
		netip.MustParsePrefix("2001:db8:1::/48"): {Name: "aaa", Secret: "s3cret"},
	}
	for _, from := range []string{"192.0.2.1", "192.0.2.200", "198.51.100.1"} {
		p, err := peers.Peer(context.Background(), netip.AddrPortFrom(netip.MustParseAddr(from), 0))
		fmt.Println(from, p.Name, p.Secret, p.DenyCoA, err)
	}
	// Output:
	// 192.0.2.1 aaa [secret] false <nil>
	// 192.0.2.200 billing [secret] true <nil>
	// 198.51.100.1  [secret] false dac: unknown peer
}

// Peers from a database: asked once a minute for each address, unknown ones included.
func ExampleCachePeers() {
	questions := 0
	database := dac.PeersFunc(func(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
		questions++
		if addr.Addr() != netip.MustParseAddr("192.0.2.1") {
			return dac.Peer{}, dac.ErrUnknownPeer
		}
		return dac.Peer{Name: "aaa", Secret: "s3cret"}, nil
	})
	peers := dac.CachePeers(database, time.Minute)
	for _, from := range []string{"192.0.2.1", "192.0.2.1", "198.51.100.1", "198.51.100.1"} {
		p, err := peers.Peer(context.Background(), netip.AddrPortFrom(netip.MustParseAddr(from), 0))
		fmt.Printf("%q %v\n", p.Name, err)
	}
	fmt.Println(questions, "questions")
	// Output:
	// "aaa" <nil>
	// "aaa" <nil>
	// "" dac: unknown peer
	// "" dac: unknown peer
	// 2 questions
}

// One secret for all peers, in a lab.
func ExampleSharedSecret() {
	peers := dac.SharedSecret("s3cret")
	p, err := peers.Peer(context.Background(), netip.MustParseAddrPort("203.0.113.9:3799"))
	fmt.Println(p.Secret == "s3cret", err)
	fmt.Printf("%+v\n", p.Secret)
	// Output:
	// true <nil>
	// [secret]
}

// Peers as a clients.conf has them.
func ExamplePeersByName() {
	peers, err := dac.PeersByName(map[string]dac.NamedPeer{
		"bras1": {Addrs: []string{"192.0.2.1", "2001:db8::/48"}, Peer: dac.Peer{Secret: "s3cret"}},
		"aaa":   {Addrs: []string{"198.51.100.0/24"}, Peer: dac.Peer{Secret: "0ther", Limit: dac.Limit{Rate: 100, Burst: 10}}},
	})
	p, _ := peers.Peer(context.Background(), netip.MustParseAddrPort("198.51.100.7:0"))
	fmt.Println(p.Name, err)
	// Output:
	// aaa <nil>
}

// A NAS by name, or by address with another port.
func ExampleResolve() {
	for _, host := range []string{"192.0.2.1", "[2001:db8::1]:1700"} {
		nas, err := dac.Resolve(context.Background(), host)
		fmt.Println(nas, err)
	}
	// Output:
	// 192.0.2.1:3799 <nil>
	// [2001:db8::1]:1700 <nil>
}

// One record for every address.
func ExampleAnyPeer() {
	peers := dac.AnyPeer(dac.Peer{Name: "lab", Secret: "s3cret", IgnoreEventTimestamp: true})
	p, err := peers.Peer(context.Background(), netip.MustParseAddrPort("203.0.113.9:0"))
	fmt.Println(p.Name, p.IgnoreEventTimestamp, err)
	// Output:
	// lab true <nil>
}
