// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"runtime"
	"syscall"
	"unsafe"
)

// An mmsghdr is struct mmsghdr of Linux.
type mmsghdr struct {
	syscall.Msghdr
	n uint32
	_ [4]byte
}

// canBatch tries both calls with nothing to do.
func canBatch(raw syscall.RawConn) bool {
	var in, out syscall.Errno
	err := raw.Control(func(fd uintptr) {
		_, _, in = syscall.Syscall6(syscall.SYS_RECVMMSG, fd, 0, 0, syscall.MSG_DONTWAIT, 0, 0)
		_, _, out = syscall.Syscall6(sysSendmmsg(), fd, 0, 0, syscall.MSG_DONTWAIT, 0, 0)
	})
	return err == nil && in != syscall.ENOSYS && in != syscall.EPERM && out != syscall.ENOSYS && out != syscall.EPERM
}

// recvmmsg and sendmmsg return at once (MSG_DONTWAIT), so the scheduler is not told of them. It would take each that lasts for more than some
// microseconds, as one of 64 datagrams does, for one that waits, and would look for another thread to go on with.

func recvmmsg(fd uintptr, first *mmsghdr, n int) (int, syscall.Errno) {
	got, _, errno := syscall.RawSyscall6(syscall.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(first)), uintptr(n), syscall.MSG_DONTWAIT, 0, 0)
	return int(got), errno
}

func sendmmsg(fd uintptr, first *mmsghdr, n int) (int, syscall.Errno) {
	sent, _, errno := syscall.RawSyscall6(sysSendmmsg(), fd, uintptr(unsafe.Pointer(first)), uintptr(n), syscall.MSG_DONTWAIT, 0, 0)
	return int(sent), errno
}

// sysSendmmsg is the number of the call, which package syscall lacks on amd64.
func sysSendmmsg() uintptr {
	if runtime.GOARCH == "arm64" {
		return 269
	}
	return 307
}
