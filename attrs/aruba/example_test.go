// SPDX-License-Identifier: Apache-2.0

package aruba_test

import (
	"fmt"
	"time"

	"github.com/radius-dynauth/dynauth/attrs/aruba"
)

// How is a wired host made to ask for an address anew?
func ExampleBouncePort() {
	fmt.Println(aruba.BouncePort(12 * time.Second))
	// Output: Aruba-Port-Bounce-Host = 12
}
