// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package main

import (
	"net"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

const batchSize = 64

// A batch is the datagrams of one recvmmsg or sendmmsg.
type batch struct {
	msgs [batchSize]struct {
		syscall.Msghdr
		n uint32
		_ [4]byte
	}
	iovs  [batchSize]syscall.Iovec
	names [batchSize]syscall.RawSockaddrInet4
}

func newBatch(named bool) *batch {
	b := new(batch)
	for i := range b.msgs {
		b.msgs[i].Iov, b.msgs[i].Iovlen = &b.iovs[i], 1
		if named {
			b.msgs[i].Name, b.msgs[i].Namelen = (*byte)(unsafe.Pointer(&b.names[i])), syscall.SizeofSockaddrInet4
		}
	}
	return b
}

// set makes octets the content of datagram i.
func (b *batch) set(i int, octets []byte) {
	b.iovs[i].Base = &octets[0]
	b.iovs[i].SetLen(len(octets))
}

// call is recvmmsg or sendmmsg of the datagrams from first to last.
func (b *batch) call(number, fd uintptr, first, last int, flags uintptr) (n int, errno syscall.Errno) {
	r, _, errno := syscall.Syscall6(number, fd, uintptr(unsafe.Pointer(&b.msgs[first])), uintptr(last-first), flags, 0, 0)
	runtime.KeepAlive(b)
	return int(r), errno
}

const msgWaitForOne = 0x10000 // MSG_WAITFORONE of linux/socket.h

// sysSendmmsg is the number of a call that package syscall lacks on amd64.
func sysSendmmsg() uintptr {
	if runtime.GOARCH == "arm64" {
		return 269
	}
	return 307
}

func init() {
	serverKinds["batched"] = serverKind{title: "bare recvmmsg", serve: serveBatched}
	answerAll = answerBatched
}

// serveBatched is a bare loop of recvmmsg and sendmmsg.
func serveBatched(c *net.UDPConn, o options, ready func(counts)) error {
	check := newChecker(o.sessions, o.window())
	ready(nil)
	return answerBatched(c, check.answer, maxDatagram)
}

func answerBatched(c *net.UDPConn, answer answerFunc, longest int) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	in, out := newBatch(true), newBatch(true)
	var bufs [batchSize][]byte
	for i := range bufs {
		bufs[i] = make([]byte, longest)
		in.set(i, bufs[i])
	}
	var octets []byte
	var ends [batchSize]int
	for {
		var got int
		var errno syscall.Errno
		err := raw.Read(func(fd uintptr) bool {
			got, errno = in.call(syscall.SYS_RECVMMSG, fd, 0, batchSize, syscall.MSG_DONTWAIT)
			return errno != syscall.EAGAIN
		})
		if err == nil && errno != 0 {
			err = errno
		}
		if err != nil {
			return err
		}
		now, want := time.Now(), 0
		octets = octets[:0]
		for i := range got {
			start := len(octets)
			octets = answer(octets, bufs[i][:in.msgs[i].n], now)
			if len(octets) > start {
				out.names[want], ends[want] = in.names[i], len(octets)
				want++
			}
		}
		for i, start := 0, 0; i < want; i++ {
			out.set(i, octets[start:ends[i]])
			start = ends[i]
		}
		for sent := 0; sent < want; {
			err := raw.Write(func(fd uintptr) bool {
				var n int
				n, errno = out.call(sysSendmmsg(), fd, sent, want, syscall.MSG_DONTWAIT)
				if errno == 0 {
					sent += n
				}
				return errno != syscall.EAGAIN
			})
			if err == nil && errno != 0 {
				err = errno
			}
			if err != nil {
				return err
			}
		}
		runtime.KeepAlive(octets)
	}
}
