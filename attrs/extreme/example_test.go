// SPDX-License-Identifier: Apache-2.0

package extreme_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/extreme"
)

// Which VLAN does a port get?
func Example() {
	fmt.Println(extreme.NetloginVLAN.Of("guests"))
	// Output: Extreme-Netlogin-Vlan = "guests"
}
