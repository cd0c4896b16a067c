// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
)

// A host keeps its live sessions in a Table and finds them by any attribute that a request names
// them by.
func ExampleTable() {
	type subscriber struct{ name string }
	var live session.Table[*subscriber]

	err := live.Put(attrs.Identity{
		AcctSessionID:    "4f2a",
		UserName:         "bob",
		CallingStationID: "00-10-A4-23-19-C0",
		FramedIPAddress:  netip.MustParseAddr("192.0.2.7"),
	}, &subscriber{"bob at home"})
	fmt.Println(live.Len(), err)

	for _, id := range []attrs.Identity{
		{FramedIPAddress: netip.MustParseAddr("192.0.2.7")},
		{UserName: "bob", CallingStationID: "0010.a423.19c0"}, // the same MAC address
		{UserName: "eve", CallingStationID: "0010.a423.19c0"}, // all attributes have to fit
	} {
		found, err := live.Find(context.Background(), id)
		fmt.Println(len(found), err)
	}

	_, err = live.Find(context.Background(), attrs.Identity{}) // nothing never means all
	fmt.Println(errors.Is(err, errcause.MissingAttribute))
	// Output:
	// 1 <nil>
	// 1 <nil>
	// 1 <nil>
	// 0 <nil>
	// true
}

// What is learned of a session later is put as well: it is the same session.
func ExampleTable_Put() {
	var live session.Table[string]
	id := attrs.Identity{AcctSessionID: "4f2a", UserName: "bob"}
	fmt.Println(live.Put(id, "bob"))

	id.FramedIPAddress = netip.MustParseAddr("192.0.2.7")
	fmt.Println(live.Put(id, "bob"), live.Len())

	err := live.Put(attrs.Identity{UserName: "bob"}, "bob")
	fmt.Println(err)
	// Output:
	// <nil>
	// <nil> 1
	// session: no Acct-Session-Id: Missing-Attribute (402)
}

// The teardown of a session comes late, when its Acct-Session-Id is in use again.
func ExampleTable_DeleteFunc() {
	type subscriber struct{ name string }
	var live session.Table[*subscriber]
	old, now := &subscriber{"old"}, &subscriber{"new"}
	live.Put(attrs.Identity{AcctSessionID: "4f2a", UserName: "bob"}, old)
	live.Put(attrs.Identity{AcctSessionID: "4f2a", UserName: "eve"}, now)

	fmt.Println(live.DeleteFunc("", "4f2a", func(s *subscriber) bool { return s == old }))
	fmt.Println(live.Len())
	// Output:
	// false
	// 1
}

// Sessions of customers whose names and addresses overlap have a Context each.
func ExampleTable_Find() {
	var live session.Table[string]
	for _, vrf := range []string{"red", "blue"} {
		live.Put(attrs.Identity{Context: vrf, AcctSessionID: "1", FramedIPAddress: netip.MustParseAddr("10.0.0.1")}, "in "+vrf)
	}
	found, err := live.Find(context.Background(), attrs.Identity{Context: "blue", FramedIPAddress: netip.MustParseAddr("10.0.0.1")})
	fmt.Println(found, err)
	// Output:
	// [in blue] <nil>
}
