// SPDX-License-Identifier: Apache-2.0

// Package netiotest has a Socket and a Link for tests of the engines that read and write by them:
// what they read comes from a function, and what is written goes to one. Both say that batches pay
// and that no Write waits, as sockets of Linux do. They are for tests alone, and open nothing.
package netiotest

import (
	"io"
	"net/netip"
	"sync"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
)

// A Socket is a netio.Socket. OnRead puts octets into the room of datagrams (see Put), and returns
// how many are there; nil: io.EOF comes at once. OnWrite gets what is written, in the goroutine
// that writes; nil: it is lost. It takes no lock: a test that writes from several goroutines has
// its own.
type Socket struct {
	OnRead  func(room []netio.Datagram) (n int, err error)
	OnWrite func(out []netio.Outgoing)

	room []netio.Datagram
}

// Put makes d a datagram from remote. Its octets are copied.
func Put(d *netio.Datagram, remote netip.AddrPort, octets []byte) {
	d.Remote, d.Octets = remote, append(d.Octets[:0], octets...)
}

// Room returns n datagrams that have room for a packet each, of the socket s.
func Room(s netio.Socket, n int) []netio.Datagram {
	room := make([]netio.Datagram, n)
	for i := range room {
		room[i].Socket, room[i].Octets = s, make([]byte, 0, packet.MaxLen)
	}
	return room
}

// Read calls OnRead.
func (s *Socket) Read() ([]netio.Datagram, error) {
	if s.OnRead == nil {
		return nil, io.EOF
	}
	if s.room == nil {
		s.room = Room(s, netio.MaxBatch)
	}
	n, err := s.OnRead(s.room)
	return s.room[:n], err
}

// Write calls OnWrite.
func (s *Socket) Write(out []netio.Outgoing) {
	if s.OnWrite != nil {
		s.OnWrite(out)
	}
}

// Release does nothing.
func (s *Socket) Release() {}

// Batches is true.
func (s *Socket) Batches() bool { return true }

// Blocks is false.
func (s *Socket) Blocks() bool { return false }

// Close does nothing: OnRead says when all was read.
func (s *Socket) Close() error { return nil }

// A Link is a netio.Link. OnRead gives what is read; nil: io.EOF. OnWrite gets what is written;
// nil: all of it is sent. OnRelease is called by Release: what was read is not to be used after.
type Link struct {
	OnRead    func() ([][]byte, error)
	OnWrite   func(packets [][]byte) (n int, err error)
	OnRelease func()

	once, closed sync.Once
	done         chan struct{}
}

// Read calls OnRead.
func (l *Link) Read() ([][]byte, error) {
	if l.OnRead == nil {
		return nil, io.EOF
	}
	return l.OnRead()
}

// Write calls OnWrite.
func (l *Link) Write(packets [][]byte) (n int, err error) {
	if l.OnWrite == nil {
		return len(packets), nil
	}
	return l.OnWrite(packets)
}

// WriteOne calls OnWrite with one packet: a test sees in the length of each call what was sent
// together.
func (l *Link) WriteOne(b []byte) error {
	_, err := l.Write([][]byte{b})
	return err
}

// Release calls OnRelease.
func (l *Link) Release() {
	if l.OnRelease != nil {
		l.OnRelease()
	}
}

// Batches is true.
func (l *Link) Batches() bool { return true }

// Blocks is false.
func (l *Link) Blocks() bool { return false }

// Local is the zero address.
func (l *Link) Local() netip.AddrPort { return netip.AddrPort{} }

// Done is closed by Close.
func (l *Link) Done() <-chan struct{} {
	l.once.Do(func() { l.done = make(chan struct{}) })
	return l.done
}

// Close closes Done.
func (l *Link) Close() error {
	l.Done()
	l.closed.Do(func() { close(l.done) })
	return nil
}
