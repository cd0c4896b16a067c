// SPDX-License-Identifier: Apache-2.0

//go:build !unix && !windows

package netio

// These platforms have no numbers for the errors of sockets: none is told from the others.
type noErrno struct{}

var (
	icmpErrors, shortErrors, exhaustedErrors, finalErrors noErrno
	inUseErrors, addressErrors, tooLongErrors             noErrno
)

func errnoOf(error) (noErrno, bool) { return noErrno{}, false }
func isErrno(error, noErrno) bool   { return false }

// DescriptorLimit is how many descriptors the process may have; 0 where the system does not say.
func DescriptorLimit() int { return 0 }
