// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"fmt"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
)

func ExampleIdentityOf() {
	request := packet(attrs.NASIPAddress.Of(netip.MustParseAddr("192.0.2.1")), attrs.UserName.Of("bob"), attrs.CallingStationID.Of("0010.a423.19c0"))
	nas, id, err := attrs.IdentityOf(request)
	fmt.Println(nas.Addrs, id.UserName, id.CallingStationID, err)

	session := attrs.Identity{UserName: "bob", AcctSessionID: "4f2a", CallingStationID: "00-10-A4-23-19-C0"}
	fmt.Println(id.Selects(session))
	session.UserName = "eve"
	fmt.Println(id.Selects(session))

	_, _, err = attrs.SelectionOf(packet(attrs.FramedIPAddress.Of(netip.IPv4Unspecified()), attrs.UserName.Of("bob")))
	fmt.Println(err)
	// Output:
	// [192.0.2.1] bob 0010.a423.19c0 <nil>
	// true
	// false
	// attrs: Framed-IP-Address 0.0.0.0 names no session: Invalid-Request (404)
}

// A NAS that knows its sessions by more than RFC 5176 lists.
func ExampleIdentityOf_also() {
	request := packet(attrs.FramedIPv6Address.Of(netip.MustParseAddr("2001:db8::7")))
	_, id, err := attrs.IdentityOf(request)
	fmt.Println(id.IsZero(), err)
	_, id, err = attrs.IdentityOf(request, attrs.FramedIPv6Address)
	fmt.Println(id.IsZero(), id.Attr(), err)
	// Output:
	// true <nil>
	// false Framed-IPv6-Address = 2001:db8::7 <nil>
}

func ExampleNAS_Attr() {
	nas := attrs.NAS{Identifier: "bng1", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}}
	fmt.Println(nas.Attr())
	// Output: NAS-Identifier = "bng1", NAS-IP-Address = 192.0.2.1, NAS-IPv6-Address = 2001:db8::1
}

func ExampleMAC() {
	fmt.Println(attrs.MAC("0010.a423.19c0"))
	fmt.Println(attrs.MAC("+49 170 1234567"))
	fmt.Println(attrs.StationID("00:10:a4:23:19:c0:My AP"))
	// Output:
	// 00-10-A4-23-19-C0 true
	//  false
	// 00-10-A4-23-19-C0:My AP
}
