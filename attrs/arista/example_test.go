// SPDX-License-Identifier: Apache-2.0

package arista_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/arista"
)

// How is a host made to ask for an address anew?
func ExampleBouncePort() {
	fmt.Println(arista.BouncePort())
	// Output: Arista-PortFlap = 1
}
