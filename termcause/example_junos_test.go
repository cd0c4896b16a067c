// SPDX-License-Identifier: Apache-2.0

package termcause_test

import (
	"fmt"
	"slices"

	"github.com/radius-dynauth/dynauth/termcause"
)

// How many of the reasons of each family have a default that is known?
func ExampleJunos() {
	counts := map[string][2]int{}
	for e := range termcause.Junos().All() {
		n := counts[e.Reason.Family]
		n[0]++
		if e.Default != 0 {
			n[1]++
		}
		counts[e.Reason.Family] = n
	}
	for _, family := range []string{"aaa", "dhcp", "hybrid-access", "l2tp", "ppp", "vlan"} {
		fmt.Println(family, counts[family][0], counts[family][1])
	}
	// Output:
	// aaa 14 13
	// dhcp 5 5
	// hybrid-access 6 0
	// l2tp 371 27
	// ppp 210 31
	// vlan 13 5
}

// A platform without L2TP offers no reasons of it.
func ExampleJunos_platform() {
	rows := slices.DeleteFunc(slices.Collect(termcause.Junos().All()), func(e termcause.Entry) bool {
		return e.Reason.Family == "l2tp"
	})
	reasons, err := termcause.NewTable(rows...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reasons.Remap(termcause.Reason{Family: "l2tp", Name: "session-receive-cdn"}, termcause.UserRequest))
	// Output: termcause: no such reason in the table: "l2tp session-receive-cdn"
}
