// SPDX-License-Identifier: Apache-2.0

//go:build unix

package netio

import (
	"errors"
	"math"
	"slices"
	"syscall"
)

// icmpErrors are what a connected socket returns for ICMP errors, port unreachable first. EACCES
// is what IPv6 makes of "administratively prohibited", EMSGSIZE of "fragmentation needed"; the
// others come for a lack of route, too.
var icmpErrors = []syscall.Errno{
	syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENOPROTOOPT,
	syscall.EHOSTDOWN, syscall.ENETDOWN, syscall.EPROTO, syscall.EACCES, syscall.EMSGSIZE,
	syscall.ECONNRESET,
}

// The errors of a system that is short of something for the moment, of one without descriptors,
// and of a socket that is no good any more.
var (
	shortErrors     = []syscall.Errno{syscall.ENOBUFS, syscall.ENOMEM, syscall.EAGAIN, syscall.EINTR}
	exhaustedErrors = []syscall.Errno{syscall.EMFILE, syscall.ENFILE}
	finalErrors     = []syscall.Errno{syscall.EBADF, syscall.ENOTSOCK, syscall.EINVAL}
	inUseErrors     = []syscall.Errno{syscall.EADDRINUSE}
	addressErrors   = []syscall.Errno{syscall.EADDRNOTAVAIL}
	tooLongErrors   = []syscall.Errno{10040} // of Windows, which a test here brings; others cut off
)

func errnoOf(err error) (errno syscall.Errno, ok bool) {
	ok = errors.As(err, &errno)
	return errno, ok
}

func isErrno(err error, any []syscall.Errno) bool {
	errno, ok := errnoOf(err)
	return ok && slices.Contains(any, errno)
}

// DescriptorLimit is how many descriptors the process may have, by its soft limit; 0 where the
// system does not say.
func DescriptorLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}
