// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"syscall"
	"unsafe"
)

// A cpuSet is what sched_setaffinity takes.
type cpuSet [16]uint64

// onCore runs f, which starts a process, so that the process is on that core alone; on core -1 it
// is where this one is. A process is where the thread was that started it, and has all its threads
// there.
func onCore(core int, f func() error) error {
	if core < 0 {
		return f()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var old, one cpuSet
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(old), uintptr(unsafe.Pointer(&old))); errno != 0 {
		return f()
	}
	one[core/64] = 1 << (core % 64)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(one), uintptr(unsafe.Pointer(&one))); errno != 0 {
		return f()
	}
	defer syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(old), uintptr(unsafe.Pointer(&old)))
	return f()
}

// pins says whether onCore does anything.
const pins = true
