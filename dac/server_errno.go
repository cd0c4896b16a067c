// SPDX-License-Identifier: Apache-2.0

//go:build !plan9

package dac

import (
	"errors"
	"syscall"
)

// isInUse reports whether err is that of an address at which somebody else listens.
func isInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

// isNoAddress reports whether err is that of an address which is not this machine's.
func isNoAddress(err error) bool { return errors.Is(err, syscall.EADDRNOTAVAIL) }

// isTooLong reports whether err is that of Windows (WSAEMSGSIZE) for a datagram of more than 4,096 octets. Other systems cut it off.
func isTooLong(err error) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return ok && errno == 10040
}

// isPassing reports whether err is one of the system, and not of a socket that is no good any more.
func isPassing(err error) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return ok && errno != syscall.EBADF && errno != syscall.ENOTSOCK && errno != syscall.EINVAL
}
