// SPDX-License-Identifier: Apache-2.0

package termcause_test

import (
	"encoding/json"
	"fmt"

	"github.com/radius-dynauth/dynauth/termcause"
)

var idle = termcause.Reason{Family: "aaa", Name: "shutdown-idle-timeout"}

// A service session that ends with its subscriber's session takes that session's code.
func ExampleTable_Cause() {
	reasons := termcause.Junos()
	fmt.Println(reasons.Cause(idle, 0))
	fmt.Println(reasons.Cause(termcause.Reason{Family: "aaa", Name: "service-shutdown-subscriber-logout"}, termcause.SessionTimeout))
	fmt.Println(reasons.Cause(termcause.Reason{Family: "hybrid-access", Name: "nak"}, 0)) // no default is known
	// Output:
	// Idle-Timeout true
	// Session-Timeout true
	// Cause(0) false
}

// Old releases of Junos sent NAS-Request for an idle timeout.
func ExampleTable_Remap() {
	reasons := termcause.Junos()
	fmt.Println(reasons.Remap(idle, termcause.NASRequest))
	fmt.Println(reasons.Cause(idle, 0))
	fmt.Println(reasons.Remap(idle, termcause.IdleTimeout))
	fmt.Println(reasons.Remap(idle, 0))
	// Output:
	// <nil>
	// NAS-Request true
	// termcause: this is the default, which Reset restores: "aaa shutdown-idle-timeout" is Idle-Timeout
	// termcause: 0 is no cause, a reason is mapped to 1 to 4294967295: "aaa shutdown-idle-timeout"
}

func ExampleTable_Reset() {
	reasons := termcause.Junos()
	_ = reasons.Remap(idle, termcause.NASRequest)
	fmt.Println(reasons.Reset(idle))
	fmt.Println(reasons.Cause(idle, 0))
	// Output:
	// <nil>
	// Idle-Timeout true
}

// The JSON form is what an operator configured, for a configuration file.
func ExampleTable_MarshalJSON() {
	reasons := termcause.Junos()
	_ = reasons.Remap(idle, 4711)
	b, _ := json.Marshal(reasons)
	fmt.Println(string(b))
	// Output: [{"family":"aaa","name":"shutdown-idle-timeout","cause":"Cause(4711)"}]
}

func ExampleTable_UnmarshalJSON() {
	reasons := termcause.Junos()
	config := `[{"family": "aaa", "name": "shutdown-idle-timeout", "cause": 4711}]`
	fmt.Println(json.Unmarshal([]byte(config), reasons))
	fmt.Println(reasons.Cause(idle, 0))

	config = `[{"family": "aaa", "name": "idle", "cause": 4711}]`
	fmt.Println(json.Unmarshal([]byte(config), reasons))
	// Output:
	// <nil>
	// Cause(4711) true
	// termcause: no such reason in the table: "aaa idle"
}
