// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// A batchIO reads and writes many datagrams with one system call: recvmmsg and sendmmsg of Linux. Most of what a request costs is the
// kernel's way in and out.
type batchIO struct {
	*udpIO
	raw syscall.RawConn
	v6  bool // the socket is one of IPv6

	in      headers // of the one goroutine that reads
	room    int     // datagrams that in has buffers for
	got     int
	readErr syscall.Errno
	readFn  func(fd uintptr) bool
	load    load

	mu       sync.Mutex // guards the rest: batches are written one at a time
	out      headers
	sheaves  []sheaf // of those that are written, one for each header
	order    []int   // of the sheaves: places in the batch
	split    bool    // the kernel makes datagrams of what it is given in one piece
	sent     int
	want     int
	writeErr syscall.Errno
	writeFn  func(fd uintptr) bool
}

// headers are what the kernel is shown for a batch.
type headers struct {
	msgs     []mmsghdr
	names    []syscall.RawSockaddrInet6 // room for IPv4's too
	iovs     []syscall.Iovec
	controls [][controlSpace]byte
}

func makeHeaders(n int) headers {
	h := headers{make([]mmsghdr, n), make([]syscall.RawSockaddrInet6, n), make([]syscall.Iovec, n), make([][controlSpace]byte, n)}
	for i := range h.msgs {
		m := &h.msgs[i]
		m.Name = (*byte)(unsafe.Pointer(&h.names[i]))
		m.Iov, m.Iovlen = &h.iovs[i], 1
	}
	return h
}

// newUDPIO reads and writes in batches where the kernel has the calls, and a sandbox lets them through.
func newUDPIO(c *net.UDPConn) packetIO {
	plain := newPlainUDP(c)
	raw, err := c.SyscallConn()
	if err != nil || !canBatch(raw) {
		return plain
	}
	b := &batchIO{udpIO: plain, raw: raw, v6: isIPv6(c), out: makeHeaders(readBatch), split: canSplit(raw)}
	b.readFn, b.writeFn = b.recvmmsg, b.sendmmsg
	return b
}

func (b *batchIO) buffers(n int) []datagram {
	ds := makeBuffers(b, n)
	b.in = makeHeaders(n)
	for i := range ds {
		b.in.iovs[i].Base = &ds[i].buf[0]
		b.in.iovs[i].SetLen(len(ds[i].buf))
	}
	b.room, b.got = n, n
	return ds
}

func (b *batchIO) read(ds []datagram) (int, error) {
	for i := range b.got { // what the kernel has written over
		m := &b.in.msgs[i]
		m.Namelen = uint32(unsafe.Sizeof(b.in.names[i]))
		m.Control, m.Controllen, m.Flags = nil, 0, 0
		if b.via != nil {
			m.Control = &b.in.controls[i][0]
			m.SetControllen(controlSpace)
		}
	}
	b.got, b.readErr = 0, 0
	if err := b.raw.Read(b.readFn); err != nil {
		return 0, err
	}
	if b.readErr != 0 {
		return 0, os.NewSyscallError("recvmmsg", b.readErr)
	}
	b.load.read(b.got, time.Now())
	for i := range b.got {
		d, m := &ds[i], &b.in.msgs[i]
		d.n, d.remote = int(m.n), nameAddr(&b.in.names[i])
		d.cameTo(b.local, b.via.parse(b.in.controls[i][:m.Controllen]))
	}
	return b.got, nil
}

func (b *batchIO) recvmmsg(fd uintptr) bool {
	for {
		n, errno := recvmmsg(fd, &b.in.msgs[0], b.room)
		switch errno {
		case 0:
			b.got = n
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		default:
			b.readErr = errno
		}
		return true
	}
}

func (b *batchIO) write(os []outgoing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(os) > 0 {
		n := min(len(os), len(b.out.msgs))
		b.writeBatch(os[:n])
		os = os[n:]
	}
}

func (b *batchIO) writeBatch(batch []outgoing) {
	b.bind(batch)
	for i, s := range b.sheaves {
		b.show(batch, i, s)
	}
	for b.sent, b.want = 0, len(b.sheaves); b.sent < b.want; {
		b.writeErr = 0
		if err := b.raw.Write(b.writeFn); err != nil {
			for _, i := range b.order[b.sheaves[b.sent].first:] {
				batch[i].err = err
			}
			return
		}
		if b.writeErr != 0 { // of the first that was not sent
			b.refused(batch, b.sheaves[b.sent])
			b.sent++
		}
	}
	runtime.KeepAlive(batch)
}

// show writes the header of a sheaf.
func (b *batchIO) show(batch []outgoing, i int, s sheaf) {
	o, m := &batch[b.order[s.first]], &b.out.msgs[i]
	m.Namelen = setName(&b.out.names[i], o.remote, b.v6)
	m.Iov = &b.out.iovs[s.first]
	m.Iovlen = uint64(s.n)
	for k, at := range b.order[s.first : s.first+s.n] {
		octets := batch[at].octets
		b.out.iovs[s.first+k].Base = &octets[0]
		b.out.iovs[s.first+k].SetLen(len(octets))
	}
	m.Control, m.Controllen = nil, 0
	c := b.via.append(b.out.controls[i][:0], o.via)
	if s.n > 1 {
		c = appendSplit(c, len(o.octets))
	}
	if len(c) > 0 {
		m.Control = &c[0]
		m.SetControllen(len(c))
	}
}

func (b *batchIO) sendmmsg(fd uintptr) bool {
	for {
		n, errno := sendmmsg(fd, &b.out.msgs[b.sent], b.want-b.sent)
		switch errno {
		case 0:
			b.sent += n
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		default:
			b.writeErr = errno
		}
		return true
	}
}

// nameAddr is the address in a name that the kernel has written.
func nameAddr(n *syscall.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&n.Port))[:])
	if n.Family == syscall.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*syscall.RawSockaddrInet4)(unsafe.Pointer(n)).Addr), port)
	}
	a := netip.AddrFrom16(n.Addr)
	if n.Scope_id != 0 {
		a = a.WithZone(strconv.Itoa(int(n.Scope_id)))
	}
	return netip.AddrPortFrom(a, port)
}

// setName writes an address for the kernel to read and returns its length.
func setName(n *syscall.RawSockaddrInet6, to netip.AddrPort, v6 bool) uint32 {
	*n = syscall.RawSockaddrInet6{}
	if !v6 {
		four := (*syscall.RawSockaddrInet4)(unsafe.Pointer(n))
		four.Family, four.Addr = syscall.AF_INET, to.Addr().Unmap().As4()
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&four.Port))[:], to.Port())
		return syscall.SizeofSockaddrInet4
	}
	n.Family, n.Addr = syscall.AF_INET6, to.Addr().As16()
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&n.Port))[:], to.Port())
	if zone, err := strconv.Atoi(to.Addr().Zone()); err == nil {
		n.Scope_id = uint32(zone)
	}
	return syscall.SizeofSockaddrInet6
}
