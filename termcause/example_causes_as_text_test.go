// SPDX-License-Identifier: Apache-2.0

package termcause_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/termcause"
)

func ExampleAll() {
	for c := range termcause.All() {
		if c > termcause.HostRequest {
			fmt.Printf("%d %v: %s\n", uint32(c), c, c.Description())
		}
	}
	// Output:
	// 19 Supplicant-Restart: The state machine of the IEEE 802.1X supplicant was initialized again.
	// 20 Reauthentication-Failure: A user who was authenticated failed to authenticate again.
	// 21 Port-Reinitialized: The port's MAC was initialized again.
	// 22 Port-Administratively-Disabled: The port was disabled by an administrator.
	// 23 Lost-Power: The equipment attached to the port lost power.
}

// A vendor's own code keeps its number.
func ExampleCause_String() {
	fmt.Println(termcause.AdminReset, termcause.Cause(4711))
	// Output: Admin-Reset Cause(4711)
}

func ExampleCause_Description() {
	fmt.Println(termcause.NASRequest.Description())
	// Output: The NAS ended the session for a reason that is no error and has no other cause.
}

func ExampleCause_AppendText() {
	b, _ := termcause.AdminReset.AppendText([]byte("cause="))
	fmt.Println(string(b))
	// Output: cause=Admin-Reset
}

func ExampleCause_MarshalText() {
	b, _ := termcause.AdminReset.MarshalText()
	fmt.Println(string(b))
	// Output: Admin-Reset
}

// Names are IANA's or FreeRADIUS's, in any case; numbers do as well.
func ExampleCause_UnmarshalText() {
	for _, text := range []string{"admin reset", "Port-Disabled", "4", "Cause(4711)", "Reset"} {
		var c termcause.Cause
		if err := c.UnmarshalText([]byte(text)); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(c)
	}
	// Output:
	// Admin-Reset
	// Port-Administratively-Disabled
	// Idle-Timeout
	// Cause(4711)
	// termcause: "Reset" is neither a name nor a number of 32 bits
}
