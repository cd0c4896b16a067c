// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"runtime"
	"syscall"
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

// sysSendmmsg is the number of the call, which package syscall lacks on amd64.
func sysSendmmsg() uintptr {
	if runtime.GOARCH == "arm64" {
		return 269
	}
	return 307
}
