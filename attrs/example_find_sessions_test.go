// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
)

// How does a host compare a session that it has found by one attribute with all of a request?
func ExampleIdentity_Selects() {
	byUser := map[string][]attrs.Identity{"bob": {
		{UserName: "bob", AcctSessionID: "4f2a", CallingStationID: "00-10-A4-23-19-C0"},
		{UserName: "bob", AcctSessionID: "4f2b", CallingStationID: "00-10-A4-23-19-C1"},
	}}
	meant := func(request attrs.Identity) (found []string) {
		for _, s := range byUser[request.UserName] {
			if request.Selects(s) {
				found = append(found, s.AcctSessionID)
			}
		}
		return found
	}
	fmt.Println(meant(attrs.Identity{UserName: "bob"}))
	fmt.Println(meant(attrs.Identity{UserName: "bob", CallingStationID: "0010.a423.19c1"}))
	fmt.Println(meant(attrs.Identity{UserName: "bob", NASPortID: "xe-0/0/1"}))
	// Output:
	// [4f2a 4f2b]
	// [4f2b]
	// []
}

// How does a host find sessions in a database of its own?
func ExampleIdentity_Only() {
	columns := map[attrs.ID]string{attrs.UserName.ID(): "user_name", attrs.AcctSessionID.ID(): "acct_session_id"}
	where := func(id attrs.Identity) (string, error) {
		if err := id.Only(attrs.UserName, attrs.AcctSessionID); err != nil {
			return "", err // NAK 401: to leave an attribute out would end other sessions
		}
		var all []string
		for key := range id.IDs() {
			all = append(all, columns[key]+" = ?")
		}
		return strings.Join(all, " AND "), nil
	}
	fmt.Println(where(attrs.Identity{UserName: "bob", AcctSessionID: "4f2a"}))
	port := uint32(7)
	fmt.Println(where(attrs.Identity{UserName: "bob", NASPort: &port}))
	// Output:
	// user_name = ? AND acct_session_id = ? <nil>
	//  attrs: sessions are not looked up by NAS-Port: Unsupported-Attribute (401)
}

// How does a host make an identity of more than RFC 5176 names, and read it?
func ExampleKey_In() {
	var id attrs.Identity
	err := id.Add(attrs.UserName.Of("bob"), attrs.NASPortType.Of(15), attrs.DelegatedIPv6Prefix.Of(netip.MustParsePrefix("2001:db8:ff00::/56")))
	fmt.Println(err)
	fmt.Println(attrs.NASPortType.In(id))
	for prefix, err := range attrs.DelegatedIPv6Prefix.AllIn(id) {
		fmt.Println(prefix, err)
	}
	// Output:
	// <nil>
	// 15 true <nil>
	// 2001:db8:ff00::/56 <nil>
}

// What does an accounting packet say of a session?
func ExampleExtract() {
	start := packet(attrs.UserName.Of("bob"), attrs.FramedIPAddress.Of(netip.IPv4Unspecified()), attrs.NASPortType.Of(15), attrs.NASPort.Of(1), attrs.NASPort.Of(2))
	_, id, err := attrs.Extract(start)
	fmt.Println(id.Attr())
	fmt.Println(err)
	// Output:
	// User-Name = "bob", NAS-Port-Type = Ethernet
	// attrs: NAS-Port: two different values: Invalid-Request (404)
}

// Which attributes of a request name sessions?
func ExampleSplit() {
	who, rest := attrs.Split(packet(attrs.UserName.Of("bob"), attrs.FilterID.Of("slow"), attrs.NASPortType.Of(15)), attrs.NASPortType)
	for line := range attrs.Format(who) {
		fmt.Println("who:", line)
	}
	for line := range attrs.Format(rest) {
		fmt.Println("rest:", line)
	}
	// Output:
	// who: User-Name = "bob"
	// who: NAS-Port-Type = Ethernet
	// rest: Filter-Id = "slow"
}

// How is an attribute named that is only configured?
func ExampleKeyOf() {
	line := attrs.KeyOf(attrs.VendorID(65001, 9))
	_, id, err := attrs.SelectionOf(packet(attrs.Vendor(65001, 9, []byte("7"))), line)
	fmt.Println(line, id.Attr(), err)
	fmt.Println(attrs.KeyOf(attrs.UserName.ID()))
	// Output:
	// Attr-26.65001.9 Attr-26.65001.9 = 0x37 <nil>
	// User-Name
}
