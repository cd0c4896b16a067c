// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"slices"
	"syscall"
)

// The numbers of Winsock. A port that is not open comes back as WSAECONNRESET.
const (
	wsaEMFILE       syscall.Errno = 10024
	wsaEMSGSIZE     syscall.Errno = 10040
	wsaENETDOWN     syscall.Errno = 10050
	wsaENETUNREACH  syscall.Errno = 10051
	wsaENETRESET    syscall.Errno = 10052
	wsaECONNRESET   syscall.Errno = 10054
	wsaENOBUFS      syscall.Errno = 10055
	wsaECONNREFUSED syscall.Errno = 10061
	wsaEHOSTDOWN    syscall.Errno = 10064
	wsaEHOSTUNREACH syscall.Errno = 10065
)

func isErrno(err error, any ...syscall.Errno) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return ok && slices.Contains(any, errno)
}

// isICMP reports whether err is that of a packet that did not arrive, and not of the socket.
func isICMP(err error) bool {
	return isErrno(err, wsaECONNRESET, wsaENETRESET, wsaECONNREFUSED, wsaEHOSTUNREACH, wsaENETUNREACH, wsaEHOSTDOWN, wsaENETDOWN, wsaEMSGSIZE)
}

// isExhausted reports whether err says that there is no socket left.
func isExhausted(err error) bool { return isErrno(err, wsaEMFILE) }

// isShort reports whether err is that of a system that is short of something for the moment.
func isShort(err error) bool { return isErrno(err, wsaENOBUFS) }

func systemPorts() int { return defaultPorts }
