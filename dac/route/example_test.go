// SPDX-License-Identifier: Apache-2.0

package route_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"layeh.com/radius"
)

// How does a proxy know which NAS has a session? From the accounting that the NASes send, as the
// RADIUS server that verified it hands it on.
func ExampleRoutes() {
	routes := &route.Routes{}
	start, _ := attrs.Join(attrs.AcctStatusType.Of(1), attrs.AcctSessionID.Of("4f2a"), attrs.UserName.Of("bob")).AppendTo(nil)
	from := netip.MustParseAddrPort("192.0.2.1:49152") // the NAS
	err := routes.Learn(context.Background(), &radius.Packet{Code: radius.CodeAccountingRequest, Attributes: start}, from)
	fmt.Println(err)

	// From a sender that does not know where bob is.
	r, _ := dac.NewDisconnect(attrs.UserName.Of("bob"))
	to, err := routes.Route(context.Background(), r)
	fmt.Println(to, err)
	// Output:
	// <nil>
	// 192.0.2.1:3799 <nil>
}

// How does a visited network let others ask for its users, without telling them its NASes (RFC
// 8559)? It stamps what leaves it, and finds the NAS by the token that comes back.
func ExampleVisited() {
	tokens, _ := route.NewTokens("a key that only this network has")
	visited := &route.Visited{Realm: "visited.example", Tokens: tokens}
	login, _ := attrs.Join(attrs.UserName.Of("bob@home.example"), attrs.NASIPAddress.Of(netip.MustParseAddr("192.0.2.1"))).AppendTo(nil)
	stamped, err := visited.Stamp(login, netip.MustParseAddr("192.0.2.1"))
	fmt.Println(err)
	name, _ := attrs.OperatorName.Get(stamped)
	token, _ := attrs.OperatorNASIdentifier.Get(stamped)
	fmt.Println(name, len(token))

	r, _ := dac.NewDisconnect(attrs.UserName.Of("bob@home.example"), attrs.OperatorName.Of(name), attrs.OperatorNASIdentifier.Of(token))
	to, err := visited.Route(context.Background(), r)
	fmt.Println(to, err)
	// Output:
	// <nil>
	// 1visited.example 32
	// 192.0.2.1:3799 <nil>
}
