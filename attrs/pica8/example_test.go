// SPDX-License-Identifier: Apache-2.0

package pica8_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/pica8"
)

// How is a host made to ask for an address anew?
func ExampleBounceHostPort() {
	fmt.Println(pica8.BounceHostPort())
	// Output: Pica8-AVPair = "subscriber:command=bounce-host-port"
}
