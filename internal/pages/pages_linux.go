// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"os"
	"syscall"
	"unsafe"
)

// huge is a huge page of most processors. An arena of the Go heap begins and ends with one.
const huge = 2 << 20

// many advises the kernel of the huge pages that have some of s.
func many[T any](s []T) {
	if octets(s) < Least {
		return
	}
	from := uintptr(unsafe.Pointer(&s[0]))
	to := (from + octets(s) + huge - 1) &^ (huge - 1)
	from &^= huge - 1
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_HUGEPAGE)
}

func gone[T any](s []T) {
	if octets(s) >= Least {
		inside(s, syscall.MADV_NOHUGEPAGE)
	}
}

func octets[T any](s []T) uintptr { return uintptr(len(s)) * unsafe.Sizeof(*new(T)) }

// inside gives advice about the whole pages that s covers.
func inside[T any](s []T, advice int) {
	b := unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), octets(s))
	page := uintptr(os.Getpagesize())
	skip := -uintptr(unsafe.Pointer(&b[0])) % page
	_ = syscall.Madvise(b[skip:skip+(octets(s)-skip)/page*page], advice)
}
