// SPDX-License-Identifier: Apache-2.0

package zte_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/zte"
)

// How is a subscriber of a ZTE BRAS given another profile?
func Example() {
	fmt.Println(zte.QoSProfileDown.Of("gold"))
	// Output: ZTE-QoS-Profile-Down = "gold"
}
