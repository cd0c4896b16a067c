// SPDX-License-Identifier: Apache-2.0

package threegpp2_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/threegpp2"
)

// How does a NAS know whether it may take a Disconnect-Request for a session?
func ExampleCapabilityOf() {
	accept, err := threegpp2.SessionTerminationCapability.Of(uint32(threegpp2.OnlyRegistrationRevocation)).AppendTo(nil)
	if err != nil {
		panic(err)
	}
	c, err := threegpp2.CapabilityOf(accept)
	fmt.Println(c, c.DynamicAuthorization(), err)
	// Output: Registration-Revocation false <nil>
}
