// SPDX-License-Identifier: Apache-2.0

package chillispot_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/chillispot"
)

// How is a hotspot user given 2 Mbit/s?
func Example() {
	fmt.Println(chillispot.BandwidthMaxDown.Of(2000))
	// Output: ChilliSpot-Bandwidth-Max-Down = 2000
}
