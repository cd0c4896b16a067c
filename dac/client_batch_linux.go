// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// A batchLink reads and writes many packets of a connected socket with one system call: recvmmsg and sendmmsg of Linux. Its buffers are
// taken from a pool while there is something to read and given back before it waits, so that thousands of idle sockets hold none.
type batchLink struct {
	plainLink
	raw    syscall.RawConn
	in     *linkBuffers // of the packets that were read last
	got    int
	errno  syscall.Errno
	packed [linkBatch][]byte
	recv   func(fd uintptr) bool
}

// linkBuffers are what the kernel is shown for a batch that it fills.
type linkBuffers struct {
	msgs [linkBatch]mmsghdr
	iovs [linkBatch]syscall.Iovec
	bufs [linkBatch][maxLen]byte
}

// linkHeaders are what it is shown for a batch that it sends.
type linkHeaders struct {
	msgs  [linkBatch]mmsghdr
	iovs  [linkBatch]syscall.Iovec
	n     int
	want  int
	errno syscall.Errno
	send  func(fd uintptr) bool
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
	for i := range h.msgs {
		h.msgs[i].Iov, h.msgs[i].Iovlen = &h.iovs[i], 1
	}
	h.send = h.sendmmsg
	return h
}}

// newBatchLink returns nil where the kernel lacks the calls, or a sandbox forbids them.
func newBatchLink(c *net.UDPConn) linkIO {
	raw, err := c.SyscallConn()
	if err != nil || !canBatch(raw) {
		return nil
	}
	l := &batchLink{plainLink: plainLink{conn: c}, raw: raw}
	l.recv = l.recvmmsg
	return l
}

func (l *batchLink) batches() bool { return true }

func (l *batchLink) read() ([][]byte, error) {
	l.giveBack()
	l.got, l.errno = 0, 0
	if err := l.raw.Read(l.recv); err != nil {
		return nil, err
	}
	if l.errno != 0 {
		return nil, os.NewSyscallError("recvmmsg", l.errno)
	}
	for i := range l.got {
		l.packed[i] = l.in.bufs[i][:l.in.msgs[i].n]
	}
	return l.packed[:l.got], nil
}

// giveBack returns the buffers of the last read.
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
		n, _, errno := syscall.Syscall6(syscall.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&l.in.msgs[0])), linkBatch, syscall.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			l.got = int(n)
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

func (l *batchLink) write(packets [][]byte) (n int, err error) {
	h := linkHeaderPool.Get().(*linkHeaders)
	defer h.giveBack()
	for n < len(packets) {
		some := packets[n:min(n+linkBatch, len(packets))]
		for i, b := range some {
			h.iovs[i].Base = unsafe.SliceData(b)
			h.iovs[i].SetLen(len(b))
		}
		h.n, h.want, h.errno = 0, len(some), 0
		if err := l.raw.Write(h.send); err != nil {
			return n, err
		}
		n += h.n
		if h.errno != 0 {
			return n, os.NewSyscallError("sendmmsg", h.errno)
		}
	}
	return n, nil
}

func (h *linkHeaders) giveBack() {
	for i := range h.iovs {
		h.iovs[i].Base = nil // what was sent is not kept
	}
	linkHeaderPool.Put(h)
}

// sendmmsg sends the rest of the batch. The kernel stops at a packet that fails, and says why only when that is the first.
func (h *linkHeaders) sendmmsg(fd uintptr) bool {
	for h.n < h.want {
		n, _, errno := syscall.Syscall6(sysSendmmsg(), fd, uintptr(unsafe.Pointer(&h.msgs[h.n])), uintptr(h.want-h.n), syscall.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			h.n += int(n)
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
