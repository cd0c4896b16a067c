// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"net"
	"net/netip"
)

// A udpIO reads and writes one datagram a call, and knows the address that each came to.
type udpIO struct {
	c     *net.UDPConn
	local netip.AddrPort
	via   *viaControl // nil: the socket has one address, or the platform does not say
	oob   []byte
}

func newPlainUDP(c *net.UDPConn) *udpIO {
	u := &udpIO{c: c, local: addrPortOf(c.LocalAddr())}
	if u.local.Addr().IsUnspecified() {
		u.via = newViaControl(c)
		u.oob = make([]byte, controlSpace)
	}
	return u
}

func (u *udpIO) buffers(int) []datagram { return makeBuffers(u, 1) }
func (u *udpIO) close() error           { return u.c.Close() }

func (u *udpIO) read(ds []datagram) (_ int, err error) {
	d := &ds[0]
	var oob int
	d.n, oob, _, d.remote, err = u.c.ReadMsgUDPAddrPort(d.buf, u.oob)
	if err != nil {
		return 0, err
	}
	d.cameTo(u.local, u.via.parse(u.oob[:oob]))
	return 1, nil
}

// cameTo notes the address that a datagram was sent to.
func (d *datagram) cameTo(local netip.AddrPort, via netip.Addr) {
	d.local, d.via = local, via
	if via.IsValid() {
		d.local = netip.AddrPortFrom(via, local.Port())
	}
}

func (u *udpIO) write(os []outgoing) {
	for i := range os {
		os[i].err = u.writeOne(&os[i])
	}
}

func (u *udpIO) writeOne(o *outgoing) error {
	var space [controlSpace]byte
	_, _, err := u.c.WriteMsgUDPAddrPort(o.octets, u.via.append(space[:0], o.via), o.remote)
	return err
}
