// SPDX-License-Identifier: Apache-2.0

package termcause_test

import (
	"fmt"
	"strings"

	"github.com/radius-dynauth/dynauth/termcause"
)

func ExampleReason_String() {
	fmt.Println(idle)
	// Output: aaa shutdown-idle-timeout
}

// A host declares its own reasons, in code or, with UnmarshalText, in a file.
func ExampleNewTable() {
	padt := termcause.Reason{Family: "pppoe", Name: "padt"}
	reasons, err := termcause.NewTable(
		termcause.Entry{Reason: padt, Default: termcause.UserRequest, Description: "The client sent PADT"},
		termcause.Entry{Reason: termcause.Reason{Family: "pppoe", Name: "parent"}, Inherited: true},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reasons.Cause(padt, 0))
	// Output: User-Request true
}

// Which reasons have no code, and so have to be mapped?
func ExampleTable_All() {
	for e := range termcause.Junos().All() {
		if e.Cause == 0 && !e.Inherited && e.Reason.Family == "hybrid-access" {
			fmt.Println(e.Reason.Name)
		}
	}
	// Output:
	// admin-down
	// client-request
	// lost-carrier
	// nak
	// nas-logout
	// no-resource
}

// A change is tried on a copy first.
func ExampleTable_Clone() {
	reasons := termcause.Junos()
	trial := reasons.Clone()
	_ = trial.Remap(idle, termcause.NASRequest)
	fmt.Println(trial.Cause(idle, 0))
	fmt.Println(reasons.Cause(idle, 0))
	// Output:
	// NAS-Request true
	// Idle-Timeout true
}

// The text form is a whole table, for a file that a host declares its reasons in.
func ExampleTable_UnmarshalText() {
	file := strings.Join([]string{
		"family\tname\tdefault\tdescription\tmapped",
		"pppoe\tpadt\tUser-Request\tThe client sent PADT",
		"pppoe\tkeepalive\t2\tNo answer to echoes\t8",
		"pppoe\trelay\tunknown\tThe relay closed it",
		"policy\tparent\tinherit\tThe parent session ended",
	}, "\n")

	var reasons termcause.Table
	if err := reasons.UnmarshalText([]byte(file)); err != nil {
		fmt.Println(err)
		return
	}
	for e := range reasons.All() {
		fmt.Println(e.Reason, uint32(e.Cause), uint32(e.Default), e.Inherited)
	}
	// Output:
	// policy parent 0 0 true
	// pppoe keepalive 8 2 false
	// pppoe padt 1 1 false
	// pppoe relay 0 0 false
}

func ExampleTable_MarshalText() {
	reasons, _ := termcause.NewTable(termcause.Entry{Reason: idle, Default: termcause.IdleTimeout, Description: "No traffic"})
	text, _ := reasons.MarshalText()
	fmt.Print(strings.ReplaceAll(string(text), "\t", " | "))
	// Output:
	// family | name | default | description | mapped
	// aaa | shutdown-idle-timeout | 4 | No traffic
}
