// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// A batchLink reads and writes many packets of a connected socket with one system call: recvmmsg and sendmmsg of Linux. Its buffers are
// taken from a pool while there is something to read and given back before it waits, so that thousands of idle sockets hold none.
type batchLink struct {
	raw   syscall.RawConn
	in    *linkBuffers // of the packets that were read last
	got   int
	errno syscall.Errno
	recv  func(fd uintptr) bool
	load  *load
	split atomic.Bool // the kernel makes datagrams of what it is given in one piece
}

// linkBuffers are what the kernel is shown for a batch that it fills.
type linkBuffers struct {
	msgs [linkBatch]mmsghdr
	iovs [linkBatch]syscall.Iovec
	bufs [linkBatch][maxLen]byte
	read [linkBatch][]byte // of bufs
}

// linkHeaders are what it is shown for a batch that it sends: a message for each sheaf.
type linkHeaders struct {
	msgs     [linkBatch]mmsghdr
	iovs     [linkBatch]syscall.Iovec
	controls [linkBatch / leastSheaf][32]byte
	n        int
	want     int
	used     int // of iovs
	errno    syscall.Errno
	send     func(fd uintptr) bool
}

var linkBufferPool = sync.Pool{New: func() any {
	b := new(linkBuffers)
	for i := range b.msgs {
		b.iovs[i].Base = &b.bufs[i][0]
		b.iovs[i].SetLen(maxLen)
		b.msgs[i].Iov, b.msgs[i].Iovlen = &b.iovs[i], 1
	}
	return b
}}

var linkHeaderPool = sync.Pool{New: func() any {
	h := new(linkHeaders)
	h.send = h.sendmmsg
	return h
}}

// newBatchLink returns nil where the kernel lacks the calls, or a sandbox forbids them.
func newBatchLink(c *net.UDPConn, in *load) linkIO {
	raw, err := c.SyscallConn()
	if err != nil || !canBatch(raw) {
		return nil
	}
	l := &batchLink{raw: raw, load: in}
	l.recv = l.recvmmsg
	l.split.Store(canSplit(raw))
	return l
}

func (l *batchLink) batches() bool { return true }

func (l *batchLink) read() ([][]byte, error) {
	l.got, l.errno = 0, 0
	if err := l.raw.Read(l.recv); err != nil {
		return nil, err
	}
	if l.errno != 0 {
		l.giveBack()
		return nil, os.NewSyscallError("recvmmsg", l.errno)
	}
	l.load.read(l.got, time.Now())
	for i := range l.got {
		l.in.read[i] = l.in.bufs[i][:l.in.msgs[i].n]
	}
	return l.in.read[:l.got], nil
}

func (l *batchLink) giveBack() {
	if l.in != nil {
		linkBufferPool.Put(l.in)
		l.in = nil
	}
}

func (l *batchLink) recvmmsg(fd uintptr) bool {
	if l.in == nil {
		l.in = linkBufferPool.Get().(*linkBuffers)
	}
	for {
		n, errno := recvmmsg(fd, &l.in.msgs[0], linkBatch)
		switch errno {
		case 0:
			l.got = n
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			l.giveBack()
			return false
		default:
			l.errno = errno
		}
		return true
	}
}

func (l *batchLink) writeOne(b []byte) error {
	_, err := l.write([][]byte{b})
	return err
}

func (l *batchLink) write(packets [][]byte) (n int, err error) {
	h := linkHeaderPool.Get().(*linkHeaders)
	defer h.giveBack()
	for n < len(packets) {
		h.show(packets[n:min(n+linkBatch, len(packets))], l.split.Load() && l.load.heavy())
		if err := l.raw.Write(h.send); err != nil {
			return n, err
		}
		for i := range h.n {
			n += int(h.msgs[i].Iovlen)
		}
		switch {
		case h.errno == 0:
		case h.msgs[h.n].Iovlen > 1 && cannotSplit(h.errno):
			l.split.Store(false)
		default:
			return n, os.NewSyscallError("sendmmsg", h.errno)
		}
	}
	return n, nil
}

// show writes the headers for some packets, in sheaves where there may be any.
func (h *linkHeaders) show(some [][]byte, sheaves bool) {
	h.n, h.want, h.errno = 0, 0, 0
	h.used = max(h.used, len(some))
	bound := 0
	for at := 0; at < len(some); {
		m, n := &h.msgs[h.want], 1
		m.Iov, m.Control, m.Controllen = &h.iovs[at], nil, 0
		if sheaves {
			if n = alikeAhead(some[at:]); n < leastSheaf {
				n = 1
			} else {
				c := appendSplit(h.controls[bound][:0], len(some[at]))
				m.Control = &c[0]
				m.SetControllen(len(c))
				bound++
			}
		}
		m.Iovlen = uint64(n)
		h.want++
		for range n {
			h.iovs[at].Base = unsafe.SliceData(some[at])
			h.iovs[at].SetLen(len(some[at]))
			at++
		}
	}
}

// alikeAhead is how many of some, from the first on, have its length.
func alikeAhead(some [][]byte) int {
	n := 1
	for n < len(some) && len(some[n]) == len(some[0]) && len(some[0]) <= mostSplit {
		n++
	}
	return n
}

func (h *linkHeaders) giveBack() {
	for i := range h.iovs[:h.used] {
		h.iovs[i].Base = nil // what was sent is not kept
	}
	h.used = 0
	linkHeaderPool.Put(h)
}

// sendmmsg sends the rest of the batch. The kernel stops at a packet that fails, and says why only when that is the first.
func (h *linkHeaders) sendmmsg(fd uintptr) bool {
	for h.n < h.want {
		n, errno := sendmmsg(fd, &h.msgs[h.n], h.want-h.n)
		switch errno {
		case 0:
			h.n += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			h.errno = errno
			return true
		}
	}
	return true
}
