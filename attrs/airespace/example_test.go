// SPDX-License-Identifier: Apache-2.0

package airespace_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/airespace"
)

// Which access list does a client get?
func Example() {
	fmt.Println(airespace.ACLName.Of("guests"))
	// Output: Airespace-ACL-Name = "guests"
}
