// SPDX-License-Identifier: Apache-2.0

package ruckus_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/ruckus"
)

// How does a client come into another VLAN?
func Example() {
	fmt.Println(attrs.Join(ruckus.VLANID.Of(7)))
	// Output: Ruckus-VLAN-ID = 7
}
