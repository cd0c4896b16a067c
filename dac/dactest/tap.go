// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/dac"
)

// A udpSocket is a net.PacketConn with the netip methods of a *net.UDPConn.
type udpSocket interface {
	net.PacketConn
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
}

// A tap is the socket of a NAS on which a test can lose what comes in.
type tap struct {
	udpSocket
	addr netip.AddrPort
	drop atomic.Int64 // datagrams still to be lost
	lost func(dac.Event)
}

func newTap(pc net.PacketConn, lost func(dac.Event)) (*tap, error) {
	s, ok := pc.(udpSocket)
	if !ok {
		return nil, fmt.Errorf("dactest: %T has no ReadFromUDPAddrPort and WriteToUDPAddrPort", pc)
	}
	a, ok := pc.LocalAddr().(*net.UDPAddr)
	if !ok {
		return nil, fmt.Errorf("dactest: %T is at %v, which is no UDP address", pc, pc.LocalAddr())
	}
	return &tap{udpSocket: s, addr: unmap(a.AddrPort()), lost: lost}, nil
}

func (t *tap) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := t.udpSocket.ReadFromUDPAddrPort(b)
		if err != nil || !t.takes() {
			return n, from, err
		}
		t.lost(event(dac.Dropped, t.addr, unmap(from), b[:n], nil))
	}
}

// takes takes one from the datagrams to be lost, where there is one left.
func (t *tap) takes() bool {
	for {
		n := t.drop.Load()
		if n <= 0 {
			return false
		}
		if t.drop.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

func (t *tap) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := t.ReadFromUDPAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// loopback opens a socket on a free port of 127.0.0.1.
func loopback() (*net.UDPConn, error) {
	return net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
}
