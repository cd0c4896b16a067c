// SPDX-License-Identifier: Apache-2.0

package vendors_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	_ "github.com/radius-dynauth/dynauth/attrs/vendors" // for their names
)

// How does a program read and show any vendor's attributes by name?
func Example() {
	list, err := attrs.ParseList(`ERX-Service-Activate:1 += "gold(10M)", Cisco-AVPair = "subscriber:command=session-query", 3GPP-NSAPI = 5, Mikrotik-Wireless-PSK = "s3cret"`)
	for _, a := range list {
		fmt.Println(a)
	}
	fmt.Println(err)
	// Output:
	// ERX-Service-Activate:1 = "gold(10M)"
	// Cisco-AVPair = "subscriber:command=session-query"
	// 3GPP-NSAPI = "5"
	// Mikrotik-Wireless-PSK = [hidden]
	// <nil>
}
