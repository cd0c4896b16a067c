// SPDX-License-Identifier: Apache-2.0

package cisco_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/cisco"
)

// How is a host authenticated again?
func ExampleReauthenticate() {
	fmt.Println(attrs.Join(cisco.AuditSessionID.Of("0A00000100000012"), cisco.Reauthenticate(cisco.Last)))
	// Output: Cisco-AVPair = "audit-session-id=0A00000100000012", Cisco-AVPair = "subscriber:command=reauthenticate", Cisco-AVPair = "subscriber:reauthenticate-type=last"
}

// How does a NAS read what a CoA-Request asks for?
func ExampleCommands() {
	set, err := attrs.Join(cisco.AuditSessionID.Of("0A00000100000012"), cisco.ActivateService("GOLD")).AppendTo(nil)
	if err != nil {
		panic(err)
	}
	commands, err := cisco.Commands(set)
	if err != nil {
		panic(err) // of a NAS: the error, which is a NAK with its Error-Cause
	}
	for _, c := range commands {
		fmt.Println(c.Verb, c.Service)
	}
	// Output: activate-service GOLD
}
