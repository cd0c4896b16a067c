// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	_ "embed" // for junosText
	"sync"
)

//go:embed junos.tsv
var junosText string

var junos = sync.OnceValue(func() *Table {
	t := new(Table)
	if err := t.UnmarshalText([]byte(junosText)); err != nil {
		panic(err) // the file is part of the package
	}
	return t
})

// Junos returns the reasons of Junos with their defaults, in the families aaa, dhcp, hybrid-access,
// l2tp, ppp and vlan. It is a new Table each time, so that one host's remappings are not another's.
// See the package doc for what is known of it.
func Junos() *Table { return junos().Clone() }
