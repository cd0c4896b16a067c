// SPDX-License-Identifier: Apache-2.0

package dac

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

// A viaControl reads and writes the packet information of a socket that is bound to every address: which of them was asked, and so
// which one answers. The nil one does neither.
type viaControl struct{ v6 bool }

// newViaControl asks the kernel for packet information; nil where it gives none.
func newViaControl(c *net.UDPConn) (v *viaControl) {
	v = &viaControl{v6: isIPv6(c)}
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

func control(c *net.UDPConn, f func(fd int)) {
	if raw, err := c.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

// parse finds the address that a datagram came to among its control messages.
func (v *viaControl) parse(oob []byte) netip.Addr {
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
			return netip.AddrFrom4([4]byte(data[8:12])) // it came before packet information was asked for
		case h.Level == syscall.IPPROTO_IPV6 && h.Type == ipv6Pktinfo && len(data) >= 20:
			return netip.AddrFrom16([16]byte(data[:16])).Unmap()
		}
		oob = oob[min(syscall.CmsgSpace(len(data)), len(oob)):]
	}
	return netip.Addr{}
}

// append adds the control message by which a datagram leaves from via.
func (v *viaControl) append(b []byte, via netip.Addr) []byte {
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

// forceReadBuffer asks for n octets; a privileged process gets them beyond the limit of the system.
func forceReadBuffer(c *net.UDPConn, n int) {
	forced := false
	control(c, func(fd int) { forced = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soRcvbufForce, n) == nil })
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
