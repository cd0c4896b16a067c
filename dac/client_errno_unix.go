// SPDX-License-Identifier: Apache-2.0

//go:build unix

package dac

import (
	"errors"
	"slices"
	"syscall"
)

// icmpErrors are what a connected socket returns for ICMP errors, port unreachable first. EACCES is what IPv6 makes of "administratively
// prohibited", EMSGSIZE of "fragmentation needed"; the others come for a lack of route, too.
var icmpErrors = []syscall.Errno{
	syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENOPROTOOPT, syscall.EHOSTDOWN, syscall.ENETDOWN,
	syscall.EPROTO, syscall.EACCES, syscall.EMSGSIZE, syscall.ECONNRESET,
}

// passingErrors are those of a system that is short of something for the moment.
var passingErrors = []syscall.Errno{syscall.ENOBUFS, syscall.ENOMEM, syscall.EAGAIN, syscall.EINTR}

func isErrno(err error, any []syscall.Errno) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return ok && slices.Contains(any, errno)
}

// isICMP reports whether err is that of a packet that did not arrive, and not of the socket.
func isICMP(err error) bool { return isErrno(err, icmpErrors) }

// isExhausted reports whether err says that there is no descriptor left.
func isExhausted(err error) bool {
	return isErrno(err, []syscall.Errno{syscall.EMFILE, syscall.ENFILE})
}

// isShort reports whether err is that of a system that is short of something for the moment.
func isShort(err error) bool { return isErrno(err, passingErrors) }

// systemPorts is how many source ports a client may open: half of the descriptors of the process.
func systemPorts() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return defaultPorts
	}
	return int(min(max(limit.Cur/2, 16), maxPorts))
}
