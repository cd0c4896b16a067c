// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"errors"
	"slices"
	"syscall"
)

// The numbers of Winsock. A port that is not open comes back as WSAECONNRESET.
const (
	wsaEBADF         syscall.Errno = 10009
	wsaEINVAL        syscall.Errno = 10022
	wsaEMFILE        syscall.Errno = 10024
	wsaENOTSOCK      syscall.Errno = 10038
	wsaEMSGSIZE      syscall.Errno = 10040
	wsaEADDRINUSE    syscall.Errno = 10048
	wsaEADDRNOTAVAIL syscall.Errno = 10049
	wsaENETDOWN      syscall.Errno = 10050
	wsaENETUNREACH   syscall.Errno = 10051
	wsaENETRESET     syscall.Errno = 10052
	wsaECONNRESET    syscall.Errno = 10054
	wsaENOBUFS       syscall.Errno = 10055
	wsaECONNREFUSED  syscall.Errno = 10061
	wsaEHOSTDOWN     syscall.Errno = 10064
	wsaEHOSTUNREACH  syscall.Errno = 10065
)

var (
	icmpErrors = []syscall.Errno{
		wsaECONNRESET, wsaENETRESET, wsaECONNREFUSED, wsaEHOSTUNREACH, wsaENETUNREACH,
		wsaEHOSTDOWN, wsaENETDOWN, wsaEMSGSIZE,
	}
	shortErrors     = []syscall.Errno{wsaENOBUFS}
	exhaustedErrors = []syscall.Errno{wsaEMFILE}
	finalErrors     = []syscall.Errno{wsaEBADF, wsaENOTSOCK, wsaEINVAL}
	inUseErrors     = []syscall.Errno{wsaEADDRINUSE}
	addressErrors   = []syscall.Errno{wsaEADDRNOTAVAIL}
	tooLongErrors   = []syscall.Errno{wsaEMSGSIZE} // a datagram that the buffer cannot hold
)

func errnoOf(err error) (errno syscall.Errno, ok bool) {
	ok = errors.As(err, &errno)
	return errno, ok
}

func isErrno(err error, any []syscall.Errno) bool {
	errno, ok := errnoOf(err)
	return ok && slices.Contains(any, errno)
}

// DescriptorLimit is how many descriptors the process may have; 0 where the system does not say.
func DescriptorLimit() int { return 0 }
