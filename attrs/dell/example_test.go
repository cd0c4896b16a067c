// SPDX-License-Identifier: Apache-2.0

package dell_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/dell"
)

// How is a host authenticated again?
func ExampleReauthenticate() {
	fmt.Println(dell.Reauthenticate())
	// Output: Force10-AVPair = "cmd=re-authenticate"
}
