// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"encoding/binary"
	"io"
	"net/netip"
	"sync"
	"time"
)

// The classic capture file of libpcap: a header, then records of a header and a datagram each. Its
// numbers are in the byte order that its magic number shows; big-endian here.
const (
	magic       = 0xa1b2c3d4 // timestamps in microseconds
	major       = 2
	minor       = 4
	snapLen     = 65535 // octets of a record at most
	linkRaw     = 101   // LINKTYPE_RAW: IPv4 or IPv6, as the first nibble says
	recordLen   = 16
	ipv4Len     = 20
	ipv6Len     = 40
	udpLen      = 8
	udpProtocol = 17
	ipTTL       = 64
	maxDatagram = snapLen - ipv4Len - udpLen // what UDP over IPv4 can carry
)

// A File is a capture file being written. It is safe for concurrent use: each record is one Write,
// and they do not overlap. After an error or a panic of the writer nothing more is written, since
// half a record would spoil those after it.
type File struct {
	mu   sync.Mutex // guards what follows
	w    io.Writer
	buf  []byte // of one record
	done bool   // w failed
}

// New writes the header of a File to w.
func New(w io.Writer) *File {
	f := &File{w: w, buf: make([]byte, 0, 512)}
	h := binary.BigEndian.AppendUint32(f.buf, magic)
	h = binary.BigEndian.AppendUint16(h, major)
	h = binary.BigEndian.AppendUint16(h, minor)
	h = append(h, make([]byte, 8)...) // zone and accuracy: always zero
	h = binary.BigEndian.AppendUint32(h, snapLen)
	h = binary.BigEndian.AppendUint32(h, linkRaw)
	f.lockedWrite(h)
	return f
}

// Write writes a record with wire as a UDP datagram from one address to another one. What is not
// known of an address is 0.0.0.0 or ::, and a zero time is now.
func (f *File) Write(at time.Time, from, to netip.AddrPort, wire []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.buf = appendRecord(f.buf[:0], at, from, to, wire)
	f.lockedWrite(f.buf)
}

func (f *File) lockedWrite(b []byte) {
	if f.done {
		return
	}
	f.done = true // unless Write comes back
	n, err := f.w.Write(b)
	f.done = err != nil || n != len(b)
}

// appendRecord appends a record with wire as a UDP datagram. What UDP cannot carry is cut off; what
// the file cannot hold is said in the record's length and left out.
func appendRecord(b []byte, at time.Time, from, to netip.AddrPort, wire []byte) []byte {
	if at.IsZero() {
		at = time.Now()
	}
	wire = wire[:min(len(wire), maxDatagram)]
	src, dst := sameFamily(from.Addr(), to.Addr())
	n := len(wire) + udpLen + ipv6Len
	if src.Is4() {
		n = len(wire) + udpLen + ipv4Len
	}
	kept := min(n, snapLen)
	b = binary.BigEndian.AppendUint32(b, uint32(at.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(at.Nanosecond()/1000))
	b = binary.BigEndian.AppendUint32(b, uint32(kept))
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	start := len(b)
	b = appendIP(b, src, dst, udpLen+len(wire))
	udp := len(b)
	b = binary.BigEndian.AppendUint16(b, from.Port())
	b = binary.BigEndian.AppendUint16(b, to.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(udpLen+len(wire)))
	b = append(b, 0, 0)
	b = append(b, wire...)
	binary.BigEndian.PutUint16(b[udp+6:], udpChecksum(src, dst, b[udp:]))
	return b[:start+kept]
}

// sameFamily returns the two ends of a datagram as addresses of one family: what is unknown is
// 0.0.0.0 or ::, and an IPv4 address opposite an IPv6 one is IPv4-mapped.
func sameFamily(src, dst netip.Addr) (_, _ netip.Addr) {
	src, dst = src.Unmap(), dst.Unmap()
	src, dst = src.WithZone(""), dst.WithZone("")
	if unknownAddr(src) {
		src = unspecifiedLike(dst)
	}
	if unknownAddr(dst) {
		dst = unspecifiedLike(src)
	}
	if src.Is4() != dst.Is4() {
		return netip.AddrFrom16(src.As16()), netip.AddrFrom16(dst.As16())
	}
	return src, dst
}

// unknownAddr is true of the address of a socket that does not say where a datagram came to.
func unknownAddr(a netip.Addr) bool { return !a.IsValid() || a.IsUnspecified() }

// unspecifiedLike is the address that stands for an unknown one opposite a.
func unspecifiedLike(a netip.Addr) netip.Addr {
	if a.Is6() {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// appendIP appends the header of an IPv4 packet (RFC 791, section 3.1) or of an IPv6 one (RFC 8200,
// section 3) with n octets of UDP.
func appendIP(b []byte, src, dst netip.Addr, n int) []byte {
	if !src.Is4() {
		b = append(b, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
		b = append(b, udpProtocol, ipTTL)
		b = append(b, src.AsSlice()...)
		return append(b, dst.AsSlice()...)
	}
	start := len(b)
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(ipv4Len+n))
	b = append(b, 0, 0, 0x40, 0) // no identification: not fragmented
	b = append(b, ipTTL, udpProtocol, 0, 0)
	b = append(b, src.AsSlice()...)
	b = append(b, dst.AsSlice()...)
	binary.BigEndian.PutUint16(b[start+10:], ^ipFold(ipSum(0, b[start:])))
	return b
}

// udpChecksum is that of RFC 768 and RFC 8200, section 8.1, over a datagram whose checksum field is
// zero. One that comes out as zero is sent as all ones, since zero says that there is none.
func udpChecksum(src, dst netip.Addr, udp []byte) uint16 {
	s := ipSum(0, src.AsSlice())
	s = ipSum(s, dst.AsSlice())
	s += udpProtocol + uint64(len(udp))
	c := ^ipFold(ipSum(s, udp))
	if c == 0 {
		return 0xffff
	}
	return c
}

// ipSum adds b as 16-bit words to s (RFC 1071).
func ipSum(s uint64, b []byte) uint64 {
	for len(b) >= 2 {
		s += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	return s
}

// ipFold adds the carries of s to it until none is left.
func ipFold(s uint64) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
