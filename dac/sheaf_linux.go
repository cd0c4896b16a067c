// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"encoding/binary"
	"sync/atomic"
	"syscall"
	"time"
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

// A load is what a socket has read of late. Who reads owns it, but for heavy.
type load struct {
	excess time.Duration // what came beyond heavyRate
	until  time.Time     // of the latest read
	heavy  atomic.Bool
}

// A load that lasts is so many datagrams a second, and so many beyond that.
const (
	heavyRate   = 20_000
	heavyExcess = 4_096

	heavyShare = time.Second / heavyRate // the time of one datagram
)

// read notes that n datagrams were read.
func (l *load) read(n int, now time.Time) {
	l.excess = min(max(l.excess-now.Sub(l.until), 0)+time.Duration(n)*heavyShare, 2*heavyExcess*heavyShare)
	l.until = now
	if heavy := l.excess >= heavyExcess*heavyShare; heavy != l.heavy.Load() {
		l.heavy.Store(heavy)
	}
}

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
