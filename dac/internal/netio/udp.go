// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"net"
	"net/netip"
)

// A udpSocket reads and writes one datagram a call, and knows the address that each came to.
type udpSocket struct {
	c     *net.UDPConn
	local netip.AddrPort
	info  *packetInfo // nil: the socket has one address, or the platform does not say
	oob   []byte
	single
}

// newPlainUDP asks for packet information where c is bound to every address: its answers would
// leave from the address that the route to the peer has, which a peer that asked another one drops.
func newPlainUDP(c *net.UDPConn) *udpSocket {
	s := &udpSocket{c: c, local: AddrPort(c.LocalAddr())}
	if s.local.Addr().IsUnspecified() {
		s.info = newPacketInfo(c)
		s.oob = make([]byte, controlSpace)
	}
	return s
}

func (s *udpSocket) Release()      {}
func (s *udpSocket) Batches() bool { return false }
func (s *udpSocket) Blocks() bool  { return false }
func (s *udpSocket) Close() error  { return s.c.Close() }

// Read is as that of a plainSocket, and reads control messages besides.
func (s *udpSocket) Read() ([]Datagram, error) {
	d, buf := s.room(s)
	for {
		n, oob, _, remote, err := s.c.ReadMsgUDPAddrPort(buf, s.oob)
		afterRead()
		if isTooLong(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		d.Octets, d.Remote = buf[:n], remote
		d.cameTo(s.local, s.info.parse(s.oob[:oob]))
		return s.one[:], nil
	}
}

// cameTo notes the address that a datagram was sent to: via where the kernel says it, else that of
// the socket.
func (d *Datagram) cameTo(local netip.AddrPort, via netip.Addr) {
	d.Local, d.via = local, via
	if via.IsValid() {
		d.Local = netip.AddrPortFrom(via, local.Port())
	}
}

// Write sets the Err of each.
func (s *udpSocket) Write(out []Outgoing) {
	beforeWrite()
	for i := range out {
		out[i].Err = s.writeOne(&out[i])
	}
}

// writeOne writes one datagram. The control message stands on the stack.
func (s *udpSocket) writeOne(o *Outgoing) error {
	var space [controlSpace]byte
	_, _, err := s.c.WriteMsgUDPAddrPort(o.Octets, s.info.append(space[:0], o.via), o.Remote)
	return err
}

// WantBuffer is the receive buffer that a server asks for, in octets: the default of a system holds
// a few hundred requests and loses the rest of a burst, which comes again after a timeout. The
// kernel counts some hundred octets of its own with each datagram.
const WantBuffer = 4 << 20

// Enlarge asks the system for a receive buffer of WantBuffer octets and returns what it gave; 0
// where pc is no UDP socket or the system does not say.
func Enlarge(pc net.PacketConn) (got int) {
	c, ok := pc.(*net.UDPConn)
	if !ok {
		return 0
	}
	forceReadBuffer(c, WantBuffer)
	return readBuffer(c)
}
