// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
)

func ExampleParse() {
	a, err := attrs.Parse("Mikrotik-Rate-Limit", "10M/10M")
	fmt.Println(a, err)
	a, err = attrs.Parse("Attr-26.9.1", "0x6162")
	fmt.Println(a, err)
	_, err = attrs.Parse("Session-Timeout", "soon")
	fmt.Println(err)
	// Output:
	// Mikrotik-Rate-Limit = "10M/10M" <nil>
	// Attr-26.9.1 = 0x6162 <nil>
	// attrs: Session-Timeout: not a number from 0 to 4294967295, nor the name of a value
}

func ExampleParseLine() {
	a, err := attrs.ParseLine(`Tunnel-Type:1 += VLAN   # of the second floor`)
	fmt.Println(a, err)
	// Output: Tunnel-Type:1 = VLAN <nil>
}

func ExampleParseList() {
	list, err := attrs.ParseList(`User-Name = "bob", NAS-Port = 7`)
	fmt.Println(len(list), attrs.Join(list...), err)
	// Output: 2 User-Name = "bob", NAS-Port = 7 <nil>
}

func ExampleFormat() {
	request := packet(attrs.UserName.Of("bob\n"), attrs.TunnelPassword.Of(attrs.Tag(1, []byte("pass"))), attrs.Vendor(4242, 7, []byte{1}))
	for line := range attrs.Format(request) {
		fmt.Println(line)
	}
	// Output:
	// User-Name = "bob\n"
	// Tunnel-Password:1 = [hidden]
	// Attr-26.4242.7 = 0x01
}

func ExampleRegistered() {
	for d := range attrs.Registered() {
		if d.ID.Vendor == mikrotik.Vendor && d.Sensitive {
			fmt.Println(d.Name, d.Type)
		}
	}
	// Output:
	// Mikrotik-Wireless-Enc-Key string
	// Mikrotik-Wireless-PSK string
	// Mikrotik-Wireless-MPKey string
}
