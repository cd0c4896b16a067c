// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac"
)

// Who may connect, by what the certificate says: each NAS below the star is a peer of its own.
func ExampleCertPeers() {
	peers := dac.CertPeers{
		"*.nas.example.net": {ReverseCoA: true},
		"aaa.example.net":   {DenyCoA: true},
	}
	for _, name := range []string{"bng-1.nas.example.net", "aaa.example.net", "www.example.com"} {
		p, err := peers.Identify(context.Background(), &dac.PeerIdentity{DNS: []string{name}})
		fmt.Printf("%q %v %v %v\n", p.Name, p.ReverseCoA, p.DenyCoA, err)
	}
	// Output:
	// "bng-1.nas.example.net" true false <nil>
	// "aaa.example.net" false true <nil>
	// "" false false dac: unknown peer
}

// One Server for UDP and TLS.
func ExampleJoinPeers() {
	peers := dac.JoinPeers(
		dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Name: "old aaa", Secret: "s3cret"}},
		dac.CertPeers{"aaa.example.net": {}},
	)
	old, _ := peers.Peer(context.Background(), netip.MustParseAddrPort("192.0.2.1:0"))
	aaa, _ := peers.(dac.IdentityPeers).Identify(context.Background(), &dac.PeerIdentity{DNS: []string{"aaa.example.net"}})
	fmt.Println(old.Name, "and", aaa.Name)
	// Output:
	// old aaa and aaa.example.net
}
