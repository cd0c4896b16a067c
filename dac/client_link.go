// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"net"
	"net/netip"
	"sync"
)

// A packetLink moves packets over one Conn, of which each Read is one packet and each Write one.
type packetLink struct {
	linkIO
	conn net.Conn
	done chan struct{} // closed by close
	once sync.Once
}

// A linkIO reads and writes packets, several with one system call where the platform can.
type linkIO interface {
	// read returns the packets that came, at least one unless there is an error. They are good until the next call, or
	// until giveBack, which lets others have their room.
	read() ([][]byte, error)
	giveBack()
	// write sends packets and returns how many it sent; err is that of the next one. It may be called concurrently, like writeOne.
	write(packets [][]byte) (n int, err error)
	writeOne(b []byte) error
	// batches reports whether several packets are cheaper together.
	batches() bool
}

// linkBatch is how many packets are read or written together.
const linkBatch = 32

// receiveBuffer is what a socket asks its system for: the answers of 256 requests fit, whatever their size.
const receiveBuffer = 1 << 20

// newPacketLink reads and writes conn, and counts what comes in in.
func newPacketLink(conn net.Conn, in *load) *packetLink {
	l := &packetLink{conn: conn, done: make(chan struct{})}
	udp, ok := conn.(*net.UDPConn)
	if ok {
		udp.SetReadBuffer(receiveBuffer) // the system may give less: what is lost then is sent again
		l.linkIO = newBatchLink(udp, in)
	}
	if l.linkIO == nil {
		l.linkIO = &plainLink{conn: conn, buf: make([]byte, maxLen)}
	}
	return l
}

// close ends read.
func (l *packetLink) close() {
	l.once.Do(func() {
		close(l.done)
		l.conn.Close()
	})
}

// A plainLink has one system call for each packet.
type plainLink struct {
	conn net.Conn
	buf  []byte
	one  [1][]byte
}

func (l *plainLink) read() ([][]byte, error) {
	n, err := l.conn.Read(l.buf)
	if n == 0 && err != nil {
		return nil, err
	}
	l.one[0] = l.buf[:n]
	return l.one[:], err
}

func (l *plainLink) write(packets [][]byte) (n int, err error) {
	for ; n < len(packets); n++ {
		if err = l.writeOne(packets[n]); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (l *plainLink) writeOne(b []byte) error {
	_, err := l.conn.Write(b)
	return err
}

func (l *plainLink) batches() bool { return false }

func (l *plainLink) giveBack() {}

// localAddr is where conn sends from, zero where it does not say.
func localAddr(conn net.Conn) netip.AddrPort {
	switch a := conn.LocalAddr().(type) {
	case nil:
		return netip.AddrPort{}
	case interface{ AddrPort() netip.AddrPort }:
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	default:
		ap, _ := netip.ParseAddrPort(a.String())
		return ap
	}
}
