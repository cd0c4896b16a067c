// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package netio

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
)

// recvmmsg and sendmmsg of Linux, which move many datagrams with one system call: most of what a
// datagram costs is the kernel's way in and out.

// An mmsghdr is struct mmsghdr of Linux, as the 64-bit architectures lay it out: a struct msghdr,
// and how many octets were moved. The kernel writes it, so its layout is no choice; that is why
// this file is for amd64 and arm64 alone.
type mmsghdr struct {
	syscall.Msghdr
	n uint32
	_ [4]byte
}

// canBatch tries both calls with nothing to do: a kernel may lack them (ENOSYS), a sandbox forbid
// them (EPERM).
func canBatch(raw syscall.RawConn) bool {
	var in, out syscall.Errno
	err := raw.Control(func(fd uintptr) {
		_, _, in = syscall.Syscall6(syscall.SYS_RECVMMSG, fd, 0, 0, syscall.MSG_DONTWAIT, 0, 0)
		_, _, out = syscall.Syscall6(sysSendmmsg(), fd, 0, 0, syscall.MSG_DONTWAIT, 0, 0)
	})
	has := func(errno syscall.Errno) bool { return errno != syscall.ENOSYS && errno != syscall.EPERM }
	return err == nil && has(in) && has(out)
}

// Both calls return at once (MSG_DONTWAIT), so the scheduler is not told of them. It would take
// each that lasts for more than some microseconds, as one of many datagrams does, for one that
// waits, and would look for another thread to go on with.

func recvmmsg(fd uintptr, first *mmsghdr, n int) (int, syscall.Errno) {
	got, _, errno := syscall.RawSyscall6(syscall.SYS_RECVMMSG, fd,
		uintptr(unsafe.Pointer(first)), uintptr(n), syscall.MSG_DONTWAIT, 0, 0)
	return int(got), errno
}

func sendmmsg(fd uintptr, first *mmsghdr, n int) (int, syscall.Errno) {
	sent, _, errno := syscall.RawSyscall6(sysSendmmsg(), fd,
		uintptr(unsafe.Pointer(first)), uintptr(n), syscall.MSG_DONTWAIT, 0, 0)
	return int(sent), errno
}

// sysSendmmsg is the number of the call, which package syscall lacks on amd64.
func sysSendmmsg() uintptr {
	if runtime.GOARCH == "arm64" {
		return 269
	}
	return 307
}

// A room is what the kernel is shown for a batch that it fills. Rooms are pooled: a receiver takes
// one when there is something to read, and gives it back before it waits, so that thousands of idle
// sockets hold none: that of a Socket is some 140 kB.
type room struct {
	msgs     []mmsghdr
	iovs     []syscall.Iovec
	names    []syscall.RawSockaddrInet6 // room for those of IPv4, too; a Link has none
	controls [][controlSpace]byte       // a Link has none
	bufs     [][packet.MaxLen]byte

	datagrams []Datagram // of a Socket
	packets   [][]byte   // of a Link

	written    int  // messages that the kernel has written over
	controlled bool // as of ready
}

// newRoom makes a room for n datagrams; named: of many senders, whose addresses and control
// messages the kernel writes too.
func newRoom(n int, named bool) *room {
	r := &room{
		msgs: make([]mmsghdr, n), iovs: make([]syscall.Iovec, n), bufs: make([][packet.MaxLen]byte, n),
	}
	if named {
		r.names, r.controls = make([]syscall.RawSockaddrInet6, n), make([][controlSpace]byte, n)
		r.datagrams, r.written = make([]Datagram, n), n
	} else {
		r.packets = make([][]byte, n)
	}
	for i := range r.msgs {
		m := &r.msgs[i]
		r.iovs[i].Base = &r.bufs[i][0]
		r.iovs[i].SetLen(packet.MaxLen)
		m.Iov, m.Iovlen = &r.iovs[i], 1
		if named {
			m.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		}
	}
	return r
}

// ready makes the headers what the kernel is to find: it writes over the lengths of those that it
// fills, and over no others, so that only as many are made anew as it filled last time.
func (r *room) ready(controlled bool) {
	if r.names == nil {
		return
	}
	if r.controlled != controlled {
		r.controlled, r.written = controlled, len(r.msgs)
	}
	for i := range r.written {
		m := &r.msgs[i]
		m.Namelen = uint32(unsafe.Sizeof(r.names[i]))
		m.Control, m.Controllen, m.Flags = nil, 0, 0
		if controlled {
			m.Control = &r.controls[i][0]
			m.SetControllen(controlSpace)
		}
	}
}

var (
	socketRooms = sync.Pool{New: func() any { return newRoom(MaxBatch, true) }}
	linkRooms   = sync.Pool{New: func() any { return newRoom(MaxLinks, false) }}
)

// A receiver reads batches from one socket. One goroutine uses it. fn is made once: a closure for
// each read would be an allocation.
type receiver struct {
	raw        syscall.RawConn
	rooms      *sync.Pool
	controlled bool // control messages are asked for
	room       *room
	got        int
	errno      syscall.Errno
	fn         func(fd uintptr) bool
}

func (r *receiver) init(raw syscall.RawConn, rooms *sync.Pool) {
	r.raw, r.rooms, r.fn = raw, rooms, r.recvmmsg
}

// read reads one datagram at least into r.room, or returns an error. The runtime's poller calls
// recvmmsg when there is something, and waits where it returns false.
func (r *receiver) read() error {
	r.got, r.errno = 0, 0
	if r.room != nil {
		r.room.ready(r.controlled)
	}
	err := r.raw.Read(r.fn)
	afterRead()
	if err == nil && r.errno != 0 {
		err = os.NewSyscallError("recvmmsg", r.errno)
	}
	if err != nil {
		r.Release()
	}
	return err
}

// recvmmsg fills the room. It is called with the descriptor in use, so that Close waits for it and
// no other file gets its number meanwhile.
func (r *receiver) recvmmsg(fd uintptr) bool {
	if r.room == nil {
		r.room = r.rooms.Get().(*room)
		r.room.ready(r.controlled)
	}
	for {
		n, errno := recvmmsg(fd, &r.room.msgs[0], len(r.room.msgs))
		switch errno {
		case 0:
			r.got, r.room.written = n, n
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			r.Release()
			return false
		default:
			r.errno = errno
		}
		return true
	}
}

// Release gives the room back.
func (r *receiver) Release() {
	if r.room != nil {
		r.rooms.Put(r.room)
		r.room = nil
	}
}

// A sender is what the kernel is shown for a batch that it sends: a message for each run of
// datagrams. Senders are pooled, and one goroutine uses one at a time. The octets must stay where
// they are until the kernel has read them: iovs points to them, which keeps them alive.
type sender struct {
	msgs     [MaxBatch]mmsghdr
	iovs     [MaxBatch]syscall.Iovec
	names    [MaxBatch]syscall.RawSockaddrInet6
	controls [MaxBatch][controlSpace]byte

	runs  []run // to be sent
	order []int // of the datagrams of all runs: places in the batch
	sent  int   // runs
	used  int   // iovs
	errno syscall.Errno
	fn    func(fd uintptr) bool
}

var senders = sync.Pool{New: func() any {
	s := &sender{runs: make([]run, 0, MaxBatch), order: make([]int, 0, MaxBatch)}
	for i := range s.msgs {
		s.msgs[i].Iov = &s.iovs[i]
	}
	s.fn = s.sendmmsg
	return s
}}

// release gives s back without what was sent: the pool must not keep the octets of a caller alive.
func (s *sender) release() {
	clear(s.iovs[:s.used])
	s.used = 0
	senders.Put(s)
}

// show shows the kernel run i, whose octets put shows; control is what the message has besides.
func (s *sender) show(i int, control []byte) {
	m, r := &s.msgs[i], s.runs[i]
	m.Iov, m.Iovlen = &s.iovs[r.first], uint64(r.n)
	m.Control, m.Controllen = nil, 0
	if len(control) > 0 {
		m.Control = &control[0]
		m.SetControllen(len(control))
	}
}

// put shows the kernel the octets of the datagram that is number k of all runs.
func (s *sender) put(k int, octets []byte) {
	s.iovs[k].Base = unsafe.SliceData(octets)
	s.iovs[k].SetLen(len(octets))
	s.used = max(s.used, k+1)
}

// send sends the runs that are not sent yet. It stops at one that fails, with its error in s.errno;
// err is that of the socket, as when it is closed. A full send buffer is waited for by the
// runtime's poller.
func (s *sender) send(raw syscall.RawConn) (err error) {
	s.errno = 0
	return raw.Write(s.fn)
}

// sendmmsg sends the rest of the batch. The kernel stops at a message that fails, and says why only
// when that is the first: the others before it have left, and the next call finds the error.
func (s *sender) sendmmsg(fd uintptr) bool {
	for s.sent < len(s.runs) {
		n, errno := sendmmsg(fd, &s.msgs[s.sent], len(s.runs)-s.sent)
		switch errno {
		case 0:
			s.sent += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			s.errno = errno
			return true
		}
	}
	return true
}
