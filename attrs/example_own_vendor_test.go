// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
)

// A vendor that has no package yet.
func ExampleCodec_Key() {
	vrf := attrs.Text.Key(attrs.VendorID(55999, 1), "Accel-VRF-Name")
	fmt.Println(vrf.Of("red"))
	// Output: Accel-VRF-Name = "red"
}

// Several attributes in one text attribute of a vendor, told apart by the name before "=".
func ExampleKey_Packs() {
	const vendor = 4243
	pair := attrs.Text.Key(attrs.VendorID(vendor, 1), "Example-AVPair").Packs("=")
	session := attrs.Text.Key(attrs.ID{Type: 26, Vendor: vendor, Sub: 1, Name: "audit-session-id"}, "Example-Audit-Session-Id")

	request := packet(pair.Of("subscriber:command=reauthenticate"), session.Of("0a01"))
	fmt.Println(strings.Join(slices.Collect(attrs.Format(request)), "\n"))
	fmt.Println(session.Get(request))
	for id := range attrs.IDs(request) {
		fmt.Println(id.Name)
	}
	// Output:
	// Example-AVPair = "subscriber:command=reauthenticate"
	// Example-AVPair = "audit-session-id=0a01"
	// 0a01 <nil>
	// subscriber:command
	// audit-session-id
}

// Values of a kind that no Codec has.
func ExampleNewKey() {
	on := attrs.NewKey(attrs.VendorID(4244, 1), "Example-On", func(v bool) ([]byte, error) {
		if v {
			return []byte("yes"), nil
		}
		return []byte("no"), nil
	}, func(b []byte) (bool, error) {
		switch string(b) {
		case "yes", "no":
			return string(b) == "yes", nil
		}
		return false, errors.New("neither yes nor no")
	})
	fmt.Println(on.Get(packet(on.Of(true))))
	fmt.Println(on.Get(packet(attrs.Vendor(4244, 1, []byte("maybe")))))
	// Output:
	// true <nil>
	// false attrs: Example-On: neither yes nor no: Invalid-Request (404)
}

func ExampleRegisterVendor() {
	const vendor = 4245
	err := attrs.RegisterVendor(vendor, attrs.VendorFormat{Type: 2, Length: 2})
	subscriber := attrs.Text.Key(attrs.VendorID(vendor, 300), "Example-Subscriber")
	fmt.Println(subscriber.Of("x"), err)
	fmt.Println(attrs.Raw(26, packet(subscriber.Of("x"))[0].Attribute))
	// Output:
	// Example-Subscriber = "x" <nil>
	// Example-Subscriber = "x"
}
