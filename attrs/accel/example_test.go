// SPDX-License-Identifier: Apache-2.0

package accel_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/accel"
)

// How does a session change its VRF?
func ExampleSetVRF() {
	fmt.Println(accel.SetVRF("blue"))
	// Output: Accel-VRF-Name = "blue"
}
