// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"log/slog"
	"net"
	"net/netip"

	"github.com/radius-dynauth/dynauth/errcause"
)

// An origin is where a datagram came from and to, and so how its answer goes.
type origin struct {
	io     packetIO
	remote netip.AddrPort // as the socket says it
	local  netip.AddrPort
	addr   net.Addr   // of a socket that knows no netip
	via    netip.Addr // the address that was asked, where the socket has several; the answer leaves from it
}

// A datagram is what one read gave.
type datagram struct {
	origin
	buf []byte
	n   int
}

func (d *datagram) octets() []byte { return d.buf[:d.n] }

// An outgoing is an answer to be written.
type outgoing struct {
	*origin
	octets     []byte
	start, end int // of octets, in the buffer of a batch
	op         EventOp
	cause      errcause.Cause
	err        error
}

// A packetIO reads and writes datagrams, several at a time where the platform can. One goroutine reads at a time; writes may come from many.
type packetIO interface {
	buffers(n int) []datagram
	read(ds []datagram) (int, error) // one at least, or an error
	write(os []outgoing)             // sets the err of those that failed
	close() error
}

// unmapped is the form in which an address and port are compared.
func unmapped(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// wantBuffer is the receive buffer that is asked for, in octets: a system's default holds a few hundred requests and loses the rest of a burst.
const wantBuffer = 4 << 20

// newPacketIO takes the best way that pc offers.
func newPacketIO(pc net.PacketConn, log *slog.Logger) packetIO {
	if c, ok := pc.(*net.UDPConn); ok {
		enlarge(c, log)
		return newUDPIO(c)
	}
	p := &plainIO{pc: pc, local: addrPortOf(pc.LocalAddr())}
	p.ap, _ = pc.(addrPortConn)
	return p
}

// enlarge asks for a receive buffer that holds a burst, and says when the system refuses.
func enlarge(c *net.UDPConn, log *slog.Logger) {
	forceReadBuffer(c, wantBuffer)
	if got := readBuffer(c); got > 0 && got < wantBuffer {
		log.Warn("dac: the system gives a smaller receive buffer than asked for: bursts may be lost; raise its limit (net.core.rmem_max on Linux)",
			"asked", wantBuffer, "got", got)
	}
}

type addrPortConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
}

// A plainIO reads and writes one datagram a call.
type plainIO struct {
	pc    net.PacketConn
	ap    addrPortConn // nil: pc knows net.Addr only
	local netip.AddrPort
}

func makeBuffers(io packetIO, n int) []datagram {
	ds := make([]datagram, n)
	buf := make([]byte, n*maxLen)
	for i := range ds {
		ds[i] = datagram{origin: origin{io: io}, buf: buf[i*maxLen : (i+1)*maxLen : (i+1)*maxLen]}
	}
	return ds
}

func (p *plainIO) buffers(int) []datagram { return makeBuffers(p, 1) }
func (p *plainIO) close() error           { return p.pc.Close() }

func (p *plainIO) read(ds []datagram) (_ int, err error) {
	d := &ds[0]
	d.local = p.local
	if p.ap != nil {
		d.n, d.remote, err = p.ap.ReadFromUDPAddrPort(d.buf)
	} else {
		d.n, d.addr, err = p.pc.ReadFrom(d.buf)
		d.remote = addrPortOf(d.addr)
	}
	if err != nil {
		return 0, err
	}
	return 1, nil
}

func (p *plainIO) write(os []outgoing) {
	for i := range os {
		o := &os[i]
		if p.ap != nil {
			_, o.err = p.ap.WriteToUDPAddrPort(o.octets, o.remote)
		} else {
			_, o.err = p.pc.WriteTo(o.octets, o.addr)
		}
	}
}
