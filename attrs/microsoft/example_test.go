// SPDX-License-Identifier: Apache-2.0

package microsoft_test

import (
	"fmt"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs/microsoft"
)

// How is a PPP session told of a DNS server?
func Example() {
	fmt.Println(microsoft.PrimaryDNSServer.Of(netip.MustParseAddr("192.0.2.53")))
	// Output: MS-Primary-DNS-Server = 192.0.2.53
}
