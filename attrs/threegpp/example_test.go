// SPDX-License-Identifier: Apache-2.0

package threegpp_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/threegpp"
)

// How is one PDP context named in a request?
func ExampleContext() {
	fmt.Println(threegpp.Context("262011234567890", 10))
	// Output: 3GPP-IMSI = "262011234567890", 3GPP-NSAPI = "A"
}
