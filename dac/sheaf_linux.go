// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"encoding/binary"
	"syscall"
	"unsafe"
)

// A sheaf is datagrams of one length to one place, which the kernel takes in one piece and splits as late as it can (UDP_SEGMENT, Linux 4.18):
// the way through the network stack, which is most of what it costs to send one, is gone once for all of them. They leave as they would one by
// one. A capture on the machine itself, as of the loopback interface, may show a sheaf before it was split, so there are none but under a load
// that lasts: few datagrams never make one, nor does a burst of some thousand.
const (
	leastSheaf = 8    // datagrams
	mostSheaf  = 64   // of the kernel
	mostSplit  = 1000 // octets of a datagram that is one of a sheaf: it has to fit every link, and all of them one datagram

	udpSegment = 103 // of linux/udp.h
)

// canSplit reports whether the kernel knows sheaves: one that does not would send all of a sheaf as one datagram.
func canSplit(raw syscall.RawConn) bool {
	errno := syscall.ENOPROTOOPT
	err := raw.Control(func(fd uintptr) {
		var value int32
		size := uint32(unsafe.Sizeof(value))
		_, _, errno = syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_UDP, udpSegment,
			uintptr(unsafe.Pointer(&value)), uintptr(unsafe.Pointer(&size)), 0)
	})
	return err == nil && errno == 0
}

// appendSplit adds the control message by which datagrams of n octets are made of what is sent.
func appendSplit(b []byte, n int) []byte {
	at := len(b)
	b = b[:at+syscall.CmsgSpace(2)]
	clear(b[at:])
	h := (*syscall.Cmsghdr)(unsafe.Pointer(&b[at]))
	h.Level, h.Type = syscall.IPPROTO_UDP, udpSegment
	h.SetLen(syscall.CmsgLen(2))
	binary.NativeEndian.PutUint16(b[at+syscall.CmsgLen(0):], uint16(n))
	return b
}

// cannotSplit reports whether a sheaf that was refused with errno is one that this way never takes: it goes by IPsec say, by a card that makes no
// checksums, or by a link that even one of the datagrams does not fit.
func cannotSplit(errno syscall.Errno) bool {
	return errno == syscall.EIO || errno == syscall.EINVAL || errno == syscall.EMSGSIZE
}
