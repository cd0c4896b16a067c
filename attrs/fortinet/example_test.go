// SPDX-License-Identifier: Apache-2.0

package fortinet_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/fortinet"
)

// How is a port taken down?
func ExampleDisablePort() {
	fmt.Println(fortinet.DisablePort())
	// Output: Fortinet-Host-Port-AVPair = "action=disable-port"
}
