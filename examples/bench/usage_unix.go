// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"runtime"
	"syscall"
)

// usage is the CPU seconds of this process so far, and the most octets of memory that it has had.
func usage() (cpu float64, resident int64) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0
	}
	resident = int64(u.Maxrss)
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" { // which says octets
		resident <<= 10
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9, resident
}
