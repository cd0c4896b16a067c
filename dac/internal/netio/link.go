// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"net"
	"net/netip"
	"sync"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
)

// A Link reads and writes packets over one connection, of which each Read is one packet and each
// Write one. One goroutine reads at a time; writes may come from many. A connected UDP socket hears
// one NAS alone, and learns of ICMP errors.
type Link interface {
	endpoint
	// Read returns the packets that came, one at least unless there is an error. They are good
	// until the next Read, or Release.
	Read() ([][]byte, error)
	// Write sends packets and returns how many it sent; err is that of the next one.
	Write(packets [][]byte) (n int, err error)
	// WriteOne is Write for one packet, and allocates nothing.
	WriteOne(b []byte) error
	// Done is closed by Close.
	Done() <-chan struct{}
	// Local is the address that packets leave from, unmapped; zero where it is not known.
	Local() netip.AddrPort
}

// linkBuffer is the receive buffer that a Link asks its system for, in octets: the answers to 256
// requests fit, of any size. A system may give less; what is lost then is sent again.
const linkBuffer = 1 << 20

// NewLink makes a Link of conn, the best that conn and the platform offer. A Conn of a host's own,
// as one of a test's network, is read and written one packet a call.
func NewLink(conn net.Conn) Link {
	end := &linkConn{conn: conn, done: make(chan struct{})}
	if udp, ok := conn.(*net.UDPConn); ok {
		udp.SetReadBuffer(linkBuffer)
		if l := newBatchLink(udp, end); l != nil {
			return l
		}
	}
	return &plainLink{linkConn: end}
}

// A linkConn is the connection of a Link until it is closed. Done lets a reader that pauses after
// an error end at once.
type linkConn struct {
	conn net.Conn
	done chan struct{}
	once sync.Once
}

func (e *linkConn) Done() <-chan struct{} { return e.done }

// Local is what the system has chosen for a socket that was bound to no address, as it stands in
// the diagnoses and the Events of a Client.
func (e *linkConn) Local() netip.AddrPort { return Unmap(AddrPort(e.conn.LocalAddr())) }

func (e *linkConn) Close() (err error) {
	e.once.Do(func() {
		close(e.done)
		err = e.conn.Close()
	})
	return err
}

// A plainLink has one system call for each packet. The reader's buffer is made at its first Read.
type plainLink struct {
	*linkConn
	buf []byte
	one [1][]byte
}

func (l *plainLink) Release()      {}
func (l *plainLink) Batches() bool { return false }

// Blocks is false of a UDP socket: a Write waits for this machine's network card at most, and never
// for another host. Of a Conn of the host's nothing is known.
func (l *plainLink) Blocks() bool {
	_, udp := l.conn.(*net.UDPConn)
	return !udp
}

// Read reads one packet. One that is empty came too; an error beside it is returned with it.
func (l *plainLink) Read() ([][]byte, error) {
	if l.buf == nil {
		l.buf = make([]byte, packet.MaxLen)
	}
	n, err := l.conn.Read(l.buf)
	afterRead()
	if n == 0 && err != nil {
		return nil, err
	}
	l.one[0] = l.buf[:n]
	return l.one[:], err
}

func (l *plainLink) Write(packets [][]byte) (n int, err error) {
	for ; n < len(packets); n++ {
		if err = l.WriteOne(packets[n]); err != nil {
			return n, err
		}
	}
	return n, nil
}

// WriteOne reports no error where the Conn says that it wrote all of b: then b has left, also where
// the Conn returns an error beside.
func (l *plainLink) WriteOne(b []byte) error {
	beforeWrite()
	n, err := l.conn.Write(b)
	if n >= len(b) {
		return nil
	}
	return err
}
