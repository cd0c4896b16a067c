// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"cmp"
	"net"
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
)

// How many datagrams one Read gives and one system call moves. More would save little in the
// kernel. A sender with some 100 requests in flight would wait for most of its answers at a time,
// and then the server for its next requests.
const (
	MaxBatch = 32 // of a Socket
	MaxLinks = 32 // of a Link, of which a client has many
)

// An endpoint is what a Socket and a Link have in common.
type endpoint interface {
	// Release lets others have the room of what was read last. An endpoint that waits in Read
	// holds no room.
	Release()
	// Batches reports whether several datagrams together cost less than one by one.
	Batches() bool
	// Blocks reports whether Write may wait for the other side. That of a UDP socket does not.
	Blocks() bool
	// Close ends Read, and closes the socket. It may be called more than once.
	Close() error
}

// A Socket reads and writes datagrams of many other sides. One goroutine reads at a time; writes
// may come from many.
type Socket interface {
	endpoint
	// Read returns one datagram at least, or an error. They are good until the next Read, or
	// Release.
	Read() ([]Datagram, error)
	// Write sends all of out and sets the Err of each.
	Write(out []Outgoing)
}

// An Origin is where a datagram came from and to, and so how its answer goes. It is read-only. RFC
// 5176, section 2.3, has an answer leave from the address and port that the request was sent to.
type Origin struct {
	Socket Socket
	Remote netip.AddrPort // as the socket says it: see Unmap
	Local  netip.AddrPort

	addr net.Addr   // of a socket that knows no netip
	via  netip.Addr // the address asked, where the socket has several: the answer leaves from it
}

// Same reports whether answers to o and p go the same way, so that one Origin can stand for both.
func (o *Origin) Same(p *Origin) bool {
	// An address type of a host's may not be one that can be compared.
	return o.addr == nil && p.addr == nil && *o == *p
}

// A Datagram is one that was read. Its octets may be as many as a RADIUS packet has.
type Datagram struct {
	Origin
	Octets []byte
}

// CopyTo makes c a copy of d, in the room that c has.
func (d *Datagram) CopyTo(c *Datagram) {
	c.Origin, c.Octets = d.Origin, append(c.Octets[:0], d.Octets...)
}

// An Outgoing is a datagram to be written, the answer to what came from Origin. Tag, Start and End
// are of no interest to a Socket.
type Outgoing struct {
	*Origin
	Octets     []byte
	Start, End int    // for the caller: where Octets stand in a buffer that may still grow
	Tag        uint64 // for the caller
	Err        error  // set by Write
}

// NewSocket makes a Socket of pc, the best that pc and the platform offer. The caller closes it,
// and with it pc.
func NewSocket(pc net.PacketConn) Socket {
	if c, ok := pc.(*net.UDPConn); ok {
		return newUDPSocket(c)
	}
	s := &plainSocket{pc: pc, local: AddrPort(pc.LocalAddr())}
	s.ap, _ = pc.(addrPortConn)
	return s
}

// NewLongSocket makes a Socket of pc that reads datagrams of up to most octets, one a call: those
// of DTLS are longer than the RADIUS packets in them. A batch would need room for MaxBatch of them.
func NewLongSocket(pc net.PacketConn, most int) Socket {
	if c, ok := pc.(*net.UDPConn); ok {
		s := newPlainUDP(c)
		s.most = most
		return s
	}
	s := &plainSocket{pc: pc, local: AddrPort(pc.LocalAddr())}
	s.ap, _ = pc.(addrPortConn)
	s.most = most
	return s
}

// AddrPort is the address of a socket or of a sender; zero where it is none of IP.
func AddrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case nil:
		return netip.AddrPort{}
	case interface{ AddrPort() netip.AddrPort }:
		return a.AddrPort()
	}
	ap, _ := netip.ParseAddrPort(a.String())
	return ap
}

// Unmap is the form in which addresses and ports are compared: IPv4 is IPv4, also where an IPv6
// socket carries it as ::ffff:192.0.2.1.
func Unmap(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// Plain is the form of an address by which peers are known: an IPv4 address is one, however it was
// written, and zones are of the link.
func Plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// An addrPortConn is a PacketConn that knows netip, which saves an allocation for each datagram.
type addrPortConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
}

// A single is the room of a Socket that reads one datagram a call. Its one datagram is good until
// the next Read.
type single struct {
	most int // octets; 0 is packet.MaxLen
	buf  []byte
	one  [1]Datagram
}

// room returns a datagram of s to be filled, and octets for it: the same ones at every call, so
// that nothing is allocated for what is dropped.
func (r *single) room(s Socket) (d *Datagram, buf []byte) {
	if r.buf == nil {
		r.buf = make([]byte, cmp.Or(r.most, packet.MaxLen))
		r.one[0].Socket = s
	}
	return &r.one[0], r.buf
}

// A plainSocket is a net.PacketConn, a host's own for example: one datagram a call. Its Write may
// wait, as far as is known.
type plainSocket struct {
	pc    net.PacketConn
	ap    addrPortConn // nil: pc knows net.Addr alone
	local netip.AddrPort
	single
}

func (s *plainSocket) Release()      {}
func (s *plainSocket) Batches() bool { return false }
func (s *plainSocket) Blocks() bool  { return true }
func (s *plainSocket) Close() error  { return s.pc.Close() }

// Read skips what is too long for a RADIUS packet: on Windows that is an error of the call,
// elsewhere it is cut off.
func (s *plainSocket) Read() ([]Datagram, error) {
	d, buf := s.room(s)
	d.Local = s.local
	for {
		var n int
		var err error
		if s.ap != nil {
			n, d.Remote, err = s.ap.ReadFromUDPAddrPort(buf)
		} else {
			n, d.addr, err = s.pc.ReadFrom(buf)
			d.Remote = AddrPort(d.addr)
		}
		afterRead()
		if isTooLong(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		d.Octets = buf[:n]
		return s.one[:], nil
	}
}

// Write sets the Err of each: an address that cannot be reached keeps back no answer to another.
func (s *plainSocket) Write(out []Outgoing) {
	beforeWrite()
	for i := range out {
		o := &out[i]
		if s.ap != nil {
			_, o.Err = s.ap.WriteToUDPAddrPort(o.Octets, o.Remote)
		} else {
			_, o.Err = s.pc.WriteTo(o.Octets, o.addr)
		}
	}
}
