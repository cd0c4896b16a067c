// SPDX-License-Identifier: Apache-2.0

package profile_test

import (
	"fmt"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"layeh.com/radius"
)

// How does a program name a session to a NAS of a vendor?
func ExampleProfile_Identify() {
	p, _ := profile.BuiltIn().Get("nokia-sros")
	session := attrs.Identity{UserName: "bob", FramedIPAddress: netip.MustParseAddr("192.0.2.7")}
	id, err := p.Identify(radius.CodeDisconnectRequest, attrs.NAS{}, session)
	if err != nil {
		panic(err)
	}
	fmt.Println(id.Attr)
	fmt.Println("better:", id.Missing[0])
	// Output:
	// User-Name = "bob", Framed-IP-Address = 192.0.2.7
	// better: [NAS-Port-Id]
}

// How does a program add a NAS that the module does not know?
func ExampleTable_Add() {
	table := profile.BuiltIn()
	err := table.Add(profile.Profile{Name: "our-bng", CoAPort: 3800, CoAKeys: [][]attrs.ID{{attrs.NASPortID.ID()}, {attrs.AcctSessionID.ID()}}})
	if err != nil {
		panic(err)
	}
	p, _ := table.Get("our-bng")
	fmt.Println(p.AddrPort(netip.MustParseAddr("192.0.2.1"), radius.CodeCoARequest))
	// Output: 192.0.2.1:3800
}

// How does a command line do what a person asks for?
func ExampleActionByName() {
	a, _ := profile.ActionByName("cisco-activate-service")
	made, err := a.Make("GOLD")
	fmt.Println(made, err)
	// Output: Cisco-AVPair = "subscriber:command=activate-service", Cisco-AVPair = "subscriber:service-name=GOLD" <nil>
}
