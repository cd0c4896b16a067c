// SPDX-License-Identifier: Apache-2.0

package wispr_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/wispr"
)

// How is a hotspot user given 2 Mbit/s?
func Example() {
	fmt.Println(wispr.BandwidthMaxDown.Of(2_000_000))
	// Output: WISPr-Bandwidth-Max-Down = 2000000
}
