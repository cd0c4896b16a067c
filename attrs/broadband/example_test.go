// SPDX-License-Identifier: Apache-2.0

package broadband_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/broadband"
)

// How is a line named?
func Example() {
	fmt.Println(broadband.AgentCircuitID.Of([]byte("dslam-1 atm 1/1:1.32")))
	// Output: ADSL-Agent-Circuit-Id = 0x64736c616d2d312061746d20312f313a312e3332
}
