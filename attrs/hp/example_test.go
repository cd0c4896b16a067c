// SPDX-License-Identifier: Apache-2.0

package hp_test

import (
	"fmt"
	"time"

	"github.com/radius-dynauth/dynauth/attrs/hp"
)

// How is a host made to ask for an address anew?
func ExampleBouncePort() {
	fmt.Println(hp.BouncePort(12 * time.Second))
	// Output: HP-Port-Bounce-Host = 12
}
