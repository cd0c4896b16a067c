// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"encoding/binary"
	"os"
	"syscall"
	"unsafe"
)

// A sheaf is datagrams of one length to one place, which the kernel takes in one piece and splits as late as it can (UDP_SEGMENT, Linux 4.18):
// the way through the network stack, which is most of what an answer costs, is gone once for all of them. They leave as they would one by one.
// A capture on the machine itself, as of the loopback interface, may show a sheaf before it was split, so there are none but under a load that
// lasts: few datagrams never make one, nor does a burst of some hundred.
type sheaf struct{ first, n int } // of batchIO.order

const (
	longBusy   = 16   // reads that bring much, less four for each that does not: a load that lasts
	leastSheaf = 16   // datagrams
	mostSheaf  = 64   // of the kernel
	mostSplit  = 1024 // octets of a datagram that is one of a sheaf: it has to fit every link

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

// bind makes sheaves of a batch, those of one place in their order.
func (b *batchIO) bind(batch []outgoing) {
	b.sheaves, b.order = b.sheaves[:0], b.order[:0]
	var bound [readBatch]bool
	for i := range batch {
		if bound[i] {
			continue
		}
		first := len(b.order)
		b.order = append(b.order, i)
		if n := b.likes(batch, i); n >= leastSheaf {
			for k := i + 1; k < len(batch) && len(b.order)-first < mostSheaf; k++ {
				if !bound[k] && alike(&batch[i], &batch[k]) {
					bound[k] = true
					b.order = append(b.order, k)
				}
			}
		}
		b.sheaves = append(b.sheaves, sheaf{first, len(b.order) - first})
	}
}

// likes is how many of a batch can be in one sheaf with datagram i, those before it left out.
func (b *batchIO) likes(batch []outgoing, i int) (n int) {
	if !b.split || b.busy.Load() < longBusy || len(batch)-i < leastSheaf || len(batch[i].octets) > mostSplit {
		return 1
	}
	for k := i; k < len(batch); k++ {
		if alike(&batch[i], &batch[k]) {
			n++
		}
	}
	return n
}

func alike(a, b *outgoing) bool {
	return len(a.octets) == len(b.octets) && (a.origin == b.origin || a.remote == b.remote && a.via == b.via)
}

// refused notes an error of a datagram. A sheaf that is refused leaves one by one, and where the kernel does not split on that way, which goes by
// IPsec say or by a card that makes no checksums, there are no more of them.
func (b *batchIO) refused(batch []outgoing, s sheaf) {
	if s.n == 1 {
		batch[b.order[s.first]].err = os.NewSyscallError("sendmmsg", b.writeErr)
		return
	}
	if b.writeErr == syscall.EIO || b.writeErr == syscall.EINVAL {
		b.split = false
	}
	for _, i := range b.order[s.first : s.first+s.n] {
		batch[i].err = b.writeOne(&batch[i])
	}
}
