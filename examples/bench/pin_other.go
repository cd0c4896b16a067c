// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

// onCore runs f: here processes run where the system puts them.
func onCore(core int, f func() error) error { return f() }

// pins says whether onCore does anything.
const pins = false
