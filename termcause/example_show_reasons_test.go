// SPDX-License-Identifier: Apache-2.0

package termcause_test

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/radius-dynauth/dynauth/termcause"
)

// What may have happened when an Accounting-Request says Service-Unavailable?
func ExampleTable_Reasons() {
	for r := range termcause.Junos().Reasons(termcause.ServiceUnavailable) {
		fmt.Println(r)
	}
	// Output:
	// dhcp nak
	// l2tp session-call-failed
}

func ExampleTable_Write() {
	reasons := termcause.Junos()
	_ = reasons.Remap(termcause.Reason{Family: "dhcp", Name: "nak"}, 4711)
	_ = reasons.Write(os.Stdout, termcause.Summary)
	fmt.Println()
	_ = reasons.Write(os.Stdout, termcause.Detail, "dhcp")
	// Output:
	// FAMILY         REASONS  REMAPPED  NO CODE
	// aaa            13       0         0
	// dhcp           5        1         0
	// hybrid-access  6        0         6
	// l2tp           371      0         344
	// ppp            210      0         179
	// vlan           13       0         8
	//
	// FAMILY  REASON          CODE  CAUSE         DEFAULT  DESCRIPTION
	// dhcp    client-request  1     User-Request  1        Client gave up its lease
	// dhcp    lost-carrier    2     Lost-Carrier  2        Link to the client was lost
	// dhcp    nak             4711  -             15       Server refused the lease
	// dhcp    nas-logout      10    NAS-Request   10       Router logged the client out
	// dhcp    no-offers       4     Idle-Timeout  4        No offer was received or made
}

func ExampleTable_WriteJSON() {
	reasons, _ := termcause.NewTable(termcause.Entry{Reason: idle, Default: termcause.IdleTimeout})
	_ = reasons.WriteJSON(os.Stdout, termcause.Reverse)
	// Output:
	// [
	//   {
	//     "code": 4,
	//     "cause": "Idle-Timeout",
	//     "reasons": [
	//       {
	//         "family": "aaa",
	//         "name": "shutdown-idle-timeout"
	//       }
	//     ]
	//   }
	// ]
}

func ExampleView_String() {
	fmt.Println(termcause.Summary, termcause.Brief, termcause.Detail, termcause.Reverse)
	// Output: summary brief detail reverse
}

func ExampleView_MarshalText() {
	b, _ := json.Marshal(termcause.Brief)
	fmt.Println(string(b))
	// Output: "brief"
}

// A View is a flag with flag.TextVar.
func ExampleView_UnmarshalText() {
	var v termcause.View
	fmt.Println(v.UnmarshalText([]byte("reverse")), v)
	fmt.Println(v.UnmarshalText([]byte("all")))
	// Output:
	// <nil> reverse
	// termcause: "all" is no view; there are ["summary" "brief" "detail" "reverse"]
}
