// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package netio

import (
	"encoding/binary"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Segments are datagrams of one length to one destination, which the kernel takes in one piece and
// splits as late as it can (UDP_SEGMENT, Linux 4.18): the way through the network stack, which is
// most of what it costs to send one, is gone once for all of them. They leave as they would one by
// one. A capture on the machine itself, as of the loopback interface, shows them before they are
// split, as one datagram; so there are none but on a socket that is busy. Few datagrams never make
// any, nor does a burst of some thousand.
const (
	minSegments   = 8    // datagrams
	maxSegment    = 1000 // octets: it has to fit every link, and all of them one datagram
	udpSegment    = 103  // of linux/udp.h
	busyDatagrams = 4096 // written by a socket that is busy, without
	busyPause     = 10 * time.Millisecond
)

// A run is datagrams that leave as segments of one message, or one alone: n of them from first on.
type run struct{ first, n int } // of sender.order

// A segmenter decides whether a socket sends segments. Writes of several goroutines share it, so
// all of it is atomic; that two of them count into one another changes nothing that matters.
type segmenter struct {
	able  atomic.Bool  // the kernel knows segments, and the way has taken all so far
	last  atomic.Int64 // when the latest batch was written
	count atomic.Int64 // datagrams written with no busyPause between
}

// epoch is the zero of last.
var epoch = time.Now()

// wants notes that n datagrams are written, and reports whether they may be segments.
func (s *segmenter) wants(n int) bool {
	if !s.able.Load() {
		return false
	}
	if now := int64(time.Since(epoch)); now-s.last.Swap(now) >= int64(busyPause) {
		s.count.Store(0)
	}
	return s.count.Add(int64(n)) > busyDatagrams
}

// refused notes that the kernel has refused segments with errno: where the way never takes any
// (by IPsec, by a card that makes no checksums, by a link that even one of the datagrams does not
// fit), they are not tried again.
func (s *segmenter) refused(errno syscall.Errno) {
	if cannotSplit(errno) {
		s.able.Store(false)
	}
}

// cannotSplit tells the errors with which a kernel refuses segments from those of the destination:
// EIO where the card makes no checksums or IPsec is on the way, EINVAL where the socket sends no
// checksums, EMSGSIZE where even one segment is larger than the link.
func cannotSplit(errno syscall.Errno) bool {
	return errno == syscall.EIO || errno == syscall.EINVAL || errno == syscall.EMSGSIZE
}

// canSplit reports whether the kernel knows segments: one that does not would send all of a run as
// one datagram.
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

// appendSplit adds the control message by which datagrams of n octets are made of a run:
// UDP_SEGMENT with 16 bits in the order of the machine. b has room for it.
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

// group makes runs of a batch to many destinations: those of one destination and length in their
// order, as an answer must not overtake another to the same peer where both are alike. Those of
// other lengths may: UDP promises no order.
func (s *sender) group(batch []Outgoing, segments bool) {
	s.runs, s.order = s.runs[:0], s.order[:0]
	var grouped [MaxBatch]bool
	for i := range batch {
		if grouped[i] {
			continue
		}
		first := len(s.order)
		s.order = append(s.order, i)
		if segments && equal(batch, i) >= minSegments {
			for k := i + 1; k < len(batch); k++ {
				if !grouped[k] && alike(&batch[i], &batch[k]) {
					grouped[k] = true
					s.order = append(s.order, k)
				}
			}
		}
		s.runs = append(s.runs, run{first, len(s.order) - first})
	}
}

// equal is how many of a batch can be in one run with datagram i, those before it left out. That
// looks at each pair at worst, of MaxBatch.
func equal(batch []Outgoing, i int) (n int) {
	if len(batch)-i < minSegments || len(batch[i].Octets) > maxSegment {
		return 1
	}
	for k := i; k < len(batch); k++ {
		if alike(&batch[i], &batch[k]) {
			n++
		}
	}
	return n
}

// alike reports whether a and b go the same way, and are of one length: most answers of a batch to
// one peer are.
func alike(a, b *Outgoing) bool {
	return len(a.Octets) == len(b.Octets) &&
		(a.Origin == b.Origin || a.Remote == b.Remote && a.via == b.via)
}

// inOrder makes runs of packets to one destination, all of them in their order, so that a failure
// is that of the first that was not sent. A client's requests differ in length, so a run is of
// neighbours.
func (s *sender) inOrder(packets [][]byte, segments bool) {
	s.runs = s.runs[:0]
	for at := 0; at < len(packets); {
		n := 1
		if segments && len(packets[at]) <= maxSegment {
			for at+n < len(packets) && len(packets[at+n]) == len(packets[at]) {
				n++
			}
			if n < minSegments {
				n = 1
			}
		}
		s.runs = append(s.runs, run{at, n})
		at += n
	}
}
