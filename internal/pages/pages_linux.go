// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"os"
	"syscall"
	"unsafe"
)

// large advises the kernel of the whole pages that s covers.
func large[T any](s []T) {
	octets := uintptr(len(s)) * unsafe.Sizeof(*new(T))
	if octets < Least {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), octets)
	page := uintptr(os.Getpagesize())
	skip := -uintptr(unsafe.Pointer(&b[0])) % page
	_ = syscall.Madvise(b[skip:skip+(octets-skip)/page*page], syscall.MADV_HUGEPAGE)
}
