// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"net"
	"net/netip"
	"syscall"
	"unsafe"
)

// Of linux/in.h and linux/in6.h.
const (
	ipPktinfo       = 8
	ipv6RecvPktinfo = 49
	ipv6Pktinfo     = 50
	soRcvbufForce   = 33
	soDomain        = 39

	controlSpace = 64 // octets: room for either kind of packet information
)

// A packetInfo reads and writes the packet information of a socket that is bound to every address:
// to which of them a datagram came, and so from which its answer leaves. The nil one does neither.
type packetInfo struct{ v6 bool }

// newPacketInfo asks the kernel for packet information; nil where it gives none.
func newPacketInfo(c *net.UDPConn) (v *packetInfo) {
	v = &packetInfo{v6: isIPv6(c)}
	control(c, func(fd int) {
		var err error
		if v.v6 {
			err = syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, ipv6RecvPktinfo, 1)
		} else {
			err = syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, ipPktinfo, 1)
		}
		if err != nil {
			v = nil
		}
	})
	return v
}

// isIPv6 reports whether c is a socket of IPv6, which may carry IPv4 too.
func isIPv6(c *net.UDPConn) (yes bool) {
	control(c, func(fd int) {
		domain, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, soDomain)
		yes = err == nil && domain == syscall.AF_INET6
	})
	return yes
}

// control calls f with the descriptor of c, which stays open meanwhile. On a socket that is closed
// f is not called.
func control(c *net.UDPConn, f func(fd int)) {
	if raw, err := c.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

// parse finds the address that a datagram came to among its control messages: struct in_pktinfo
// (interface, address to answer from, address in the header, 4 octets each), or struct in6_pktinfo
// (address, interface). A socket of IPv6 tells of IPv4 by the mapped address. What does not parse
// is no address: the answer then leaves as the route has it.
func (v *packetInfo) parse(oob []byte) netip.Addr {
	for v != nil && len(oob) >= syscall.SizeofCmsghdr {
		h := (*syscall.Cmsghdr)(unsafe.Pointer(&oob[0]))
		n := int(h.Len)
		if n < syscall.SizeofCmsghdr || n > len(oob) {
			break
		}
		data := oob[syscall.CmsgLen(0):n]
		switch {
		case h.Level == syscall.IPPROTO_IP && h.Type == ipPktinfo && len(data) >= 12:
			if local := netip.AddrFrom4([4]byte(data[4:8])); !local.IsUnspecified() {
				return local
			}
			// It came before packet information was asked for.
			return netip.AddrFrom4([4]byte(data[8:12]))
		case h.Level == syscall.IPPROTO_IPV6 && h.Type == ipv6Pktinfo && len(data) >= 20:
			return netip.AddrFrom16([16]byte(data[:16])).Unmap()
		}
		oob = oob[min(syscall.CmsgSpace(len(data)), len(oob)):]
	}
	return netip.Addr{}
}

// append adds the control message by which a datagram leaves from via. The interface stays zero:
// the kernel routes as it would without.
func (v *packetInfo) append(b []byte, via netip.Addr) []byte {
	if v == nil || !via.IsValid() {
		return b
	}
	size, level, kind := 12, syscall.IPPROTO_IP, ipPktinfo
	if v.v6 {
		size, level, kind = 20, syscall.IPPROTO_IPV6, ipv6Pktinfo
	}
	b = b[:syscall.CmsgSpace(size)]
	clear(b)
	h := (*syscall.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = int32(level), int32(kind)
	h.SetLen(syscall.CmsgLen(size))
	data := b[syscall.CmsgLen(0):]
	if v.v6 {
		a := via.As16()
		copy(data, a[:])
	} else {
		a := via.As4()
		copy(data[4:], a[:])
	}
	return b
}

// forceReadBuffer asks for n octets; a privileged process (CAP_NET_ADMIN) gets them beyond the
// limit of the system, net.core.rmem_max, another one as much as that allows.
func forceReadBuffer(c *net.UDPConn, n int) {
	forced := false
	control(c, func(fd int) {
		forced = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soRcvbufForce, n) == nil
	})
	if !forced {
		c.SetReadBuffer(n)
	}
}

// readBuffer is what the system gave, in octets that can be used; 0: not known.
func readBuffer(c *net.UDPConn) (n int) {
	control(c, func(fd int) {
		n, _ = syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF)
		n /= 2 // the kernel counts its own overhead as much again
	})
	return n
}
