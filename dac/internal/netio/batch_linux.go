// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package netio

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

// A batchSocket is a UDP socket that moves many datagrams with one system call. One goroutine
// reads; each Write has a sender of its own, so that writes need no lock.
type batchSocket struct {
	*udpSocket
	receiver
	segmenter
	v6 bool // the socket is one of IPv6
}

// newUDPSocket reads and writes in batches where the kernel can. A sandbox may forbid the calls
// (seccomp of some container runtimes): then one datagram a call.
func newUDPSocket(c *net.UDPConn) Socket {
	plain := newPlainUDP(c)
	raw, err := c.SyscallConn()
	if err != nil || !canBatch(raw) {
		return plain
	}
	s := &batchSocket{udpSocket: plain, v6: isIPv6(c)}
	s.receiver.init(raw, &socketRooms)
	s.controlled = s.info != nil
	s.able.Store(canSplit(raw))
	return s
}

func (s *batchSocket) Release()      { s.receiver.Release() }
func (s *batchSocket) Batches() bool { return true }

// Read reads what has come, MaxBatch datagrams at most, with one system call.
func (s *batchSocket) Read() ([]Datagram, error) {
	if err := s.receiver.read(); err != nil {
		return nil, err
	}
	r := s.receiver.room
	for i := range s.got {
		d, m := &r.datagrams[i], &r.msgs[i]
		d.Socket, d.Octets, d.Remote = s, r.bufs[i][:m.n], nameAddr(&r.names[i])
		d.cameTo(s.local, s.info.parse(r.controls[i][:m.Controllen]))
	}
	return r.datagrams[:s.got], nil
}

// Write moves out in batches. It may be called by many goroutines.
func (s *batchSocket) Write(out []Outgoing) {
	beforeWrite()
	w := senders.Get().(*sender)
	defer w.release()
	for len(out) > 0 {
		n := min(len(out), MaxBatch)
		s.writeBatch(w, out[:n])
		out = out[n:]
	}
}

// writeBatch sends MaxBatch datagrams at most. sendmmsg stops at the first message that fails and
// says how many left before: that one is noted, and the rest goes on behind it.
func (s *batchSocket) writeBatch(w *sender, batch []Outgoing) {
	w.group(batch, s.wants(len(batch)))
	for i := range w.runs {
		s.show(w, batch, i)
	}
	// Each turn sends until a message fails; w.sent is that one then, or the number of all.
	for w.sent = 0; w.sent < len(w.runs); {
		if err := w.send(s.raw); err != nil {
			for _, i := range w.order[w.runs[w.sent].first:] {
				batch[i].Err = err
			}
			return
		}
		if w.errno != 0 { // of the first that was not sent
			s.failed(w, batch)
			w.sent++
		}
	}
	// The kernel has read the octets by pointers: until here they must not be collected.
	runtime.KeepAlive(batch)
}

// show writes the header of run i: octets, address, and control messages.
func (s *batchSocket) show(w *sender, batch []Outgoing, i int) {
	r := w.runs[i]
	o := &batch[w.order[r.first]]
	for k := range r.n {
		w.put(r.first+k, batch[w.order[r.first+k]].Octets)
	}
	m := &w.msgs[i]
	m.Name = (*byte)(unsafe.Pointer(&w.names[i]))
	m.Namelen = setName(&w.names[i], o.Remote, s.v6)
	c := s.info.append(w.controls[i][:0], o.via)
	if r.n > 1 {
		c = appendSplit(c, len(o.Octets))
	}
	w.show(i, c)
}

// failed notes the error of a run. Segments that are refused leave one by one: the kernel has taken
// none of them.
func (s *batchSocket) failed(w *sender, batch []Outgoing) {
	r := w.runs[w.sent]
	if r.n == 1 {
		batch[w.order[r.first]].Err = os.NewSyscallError("sendmmsg", w.errno)
		return
	}
	s.refused(w.errno)
	for _, i := range w.order[r.first : r.first+r.n] {
		batch[i].Err = s.writeOne(&batch[i])
	}
}

// A batchLink is a connected UDP socket that moves many packets with one system call.
type batchLink struct {
	*linkConn
	receiver
	segmenter
}

// newBatchLink returns nil where the kernel cannot move batches.
func newBatchLink(c *net.UDPConn, end *linkConn) Link {
	raw, err := c.SyscallConn()
	if err != nil || !canBatch(raw) {
		return nil
	}
	l := &batchLink{linkConn: end}
	l.receiver.init(raw, &linkRooms)
	l.able.Store(canSplit(raw))
	return l
}

func (l *batchLink) Batches() bool { return true }
func (l *batchLink) Blocks() bool  { return false }

// Read reads what has come, MaxLinks packets at most, with one system call. An ICMP error comes as
// an error of this call, without a packet.
func (l *batchLink) Read() ([][]byte, error) {
	if err := l.receiver.read(); err != nil {
		return nil, err
	}
	r := l.receiver.room
	for i := range l.got {
		r.packets[i] = r.bufs[i][:r.msgs[i].n]
	}
	return r.packets[:l.got], nil
}

func (l *batchLink) WriteOne(b []byte) error {
	_, err := l.Write([][]byte{b})
	return err
}

// Write sends packets in their order and stops at the first that fails, so that the caller knows
// which have left. Headers name no address: the socket is connected.
func (l *batchLink) Write(packets [][]byte) (n int, err error) {
	beforeWrite()
	w := senders.Get().(*sender)
	defer w.release()
	for n < len(packets) {
		batch := packets[n:min(n+MaxLinks, len(packets))]
		w.inOrder(batch, l.wants(len(batch)))
		for k, b := range batch {
			w.put(k, b)
		}
		for i, r := range w.runs {
			w.msgs[i].Name, w.msgs[i].Namelen = nil, 0
			var c []byte
			if r.n > 1 {
				c = appendSplit(w.controls[i][:0], len(batch[r.first]))
			}
			w.show(i, c)
		}
		w.sent = 0
		err := w.send(l.raw)
		if w.sent == len(w.runs) {
			n += len(batch)
			continue
		}
		r := w.runs[w.sent] // the first that was not sent
		n += r.first
		if err != nil {
			return n, err
		}
		if r.n > 1 && cannotSplit(w.errno) {
			l.refused(w.errno) // they leave one by one
			continue
		}
		return n, os.NewSyscallError("sendmmsg", w.errno)
	}
	runtime.KeepAlive(packets)
	return n, nil
}

// nameAddr is the address in a name that the kernel has written. A zone is its number: names of
// interfaces would cost a look-up for each datagram.
func nameAddr(n *syscall.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&n.Port))[:])
	if n.Family == syscall.AF_INET {
		four := (*syscall.RawSockaddrInet4)(unsafe.Pointer(n))
		return netip.AddrPortFrom(netip.AddrFrom4(four.Addr), port)
	}
	a := netip.AddrFrom16(n.Addr)
	if n.Scope_id != 0 {
		a = a.WithZone(strconv.Itoa(int(n.Scope_id)))
	}
	return netip.AddrPortFrom(a, port)
}

// setName writes an address for the kernel to read and returns its length. A socket of IPv6 reaches
// IPv4 by the mapped address.
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
	if zone := to.Addr().Zone(); zone != "" {
		scope, _ := strconv.Atoi(zone) // as nameAddr has written it
		n.Scope_id = uint32(scope)
	}
	return syscall.SizeofSockaddrInet6
}
