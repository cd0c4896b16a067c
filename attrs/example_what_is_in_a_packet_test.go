// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"fmt"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"layeh.com/radius"
)

func ExampleIDs() {
	request := packet(attrs.UserName.Of("bob"), mikrotik.RateLimit.Of("1M/1M"), attrs.ResponseLength.Of(4096), attrs.Raw(26, []byte{0, 0, 0}))
	for id, err := range attrs.IDs(request) {
		fmt.Println(id, id.Role(), id.In(radius.CodeDisconnectRequest), err)
	}
	// Output:
	// User-Name session 0-1 <nil>
	// Mikrotik-Rate-Limit vendor 0+ <nil>
	// Response-Length protocol 0-1 <nil>
	// Vendor-Specific vendor 0+ attrs: Vendor-Specific shorter than 7 octets: Invalid-Request (404)
}

func ExampleMapHidden() {
	request := packet(attrs.UserName.Of("bob"), attrs.TunnelPassword.Of(attrs.Tag(1, []byte("pass"))))
	hidden, err := attrs.MapHidden(request, func(value []byte) ([]byte, error) {
		return []byte(strings.Repeat("x", len(value))), nil // a signer salts and hides it
	})
	fmt.Printf("%q %v\n", hidden[1].Attribute, err)
	// Output: "\x01xxxx" <nil>
}
