// SPDX-License-Identifier: Apache-2.0

package h3c_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/h3c"
)

// How is a subscriber of an H3C router given 10 Mbit/s?
func Example() {
	fmt.Println(h3c.InputAverageRate.Of(10_000_000))
	// Output: H3C-Input-Average-Rate = 10000000
}
