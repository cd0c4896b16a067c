// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
	"io"
	"net/netip"
	"sync"
	"time"
)

// The classic capture file of libpcap: a header, then records of a header and a datagram each. Its numbers are in the byte order
// that its magic number shows; big-endian here.
const (
	pcapMagic       = 0xa1b2c3d4 // timestamps in microseconds
	pcapMajor       = 2
	pcapMinor       = 4
	pcapSnapLen     = 65535 // octets of a record at most
	pcapRaw         = 101   // LINKTYPE_RAW: IPv4 or IPv6, as the first nibble says
	pcapRecordLen   = 16
	ipv4Len         = 20
	ipv6Len         = 40
	udpLen          = 8
	udpProtocol     = 17
	ipTTL           = 64
	maxPcapDatagram = pcapSnapLen - ipv4Len - udpLen // what UDP over IPv4 can carry
)

// PcapTo returns a function for the Trace of a Server or a Client that writes every packet to w as a capture file, which Wireshark and
// tshark open. The IP and UDP headers are made up from the Event's addresses. One Event is one record, but for GaveUp, which is no packet;
// the Events of a Client and of a Server that talk to each other are the same packets, so give them a file each.
//
// The function may be called concurrently: each record is one Write, and they do not overlap. The header is written by PcapTo itself. After
// an error or a panic of w nothing more is written, since half a record would spoil those after it.
//
// Wireshark checks the authenticators of answers when it is told the secret:
//
//	tshark -r FILE -o radius.shared_secret:SECRET -o radius.validate_authenticator:TRUE
//
// On other ports than 3799, 1700, 1812 and 1813 it needs -d udp.port==PORT,radius as well.
func PcapTo(w io.Writer) func(Event) {
	p := &pcap{w: w, buf: make([]byte, 0, 512)}
	h := binary.BigEndian.AppendUint32(p.buf, pcapMagic)
	h = binary.BigEndian.AppendUint16(h, pcapMajor)
	h = binary.BigEndian.AppendUint16(h, pcapMinor)
	h = append(h, make([]byte, 8)...) // zone and accuracy: always zero
	h = binary.BigEndian.AppendUint32(h, pcapSnapLen)
	h = binary.BigEndian.AppendUint32(h, pcapRaw)
	p.lockedWrite(h)
	return p.trace
}

// A pcap is a capture file being written.
type pcap struct {
	mu   sync.Mutex // guards what follows
	w    io.Writer
	buf  []byte // of one record
	done bool   // w failed
}

func (p *pcap) trace(e Event) {
	var from, to netip.AddrPort
	switch {
	case e.Op.Incoming():
		from, to = e.Peer, e.Local
	case e.Op.Outgoing():
		from, to = e.Local, e.Peer
	default:
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buf = appendRecord(p.buf[:0], e.Time, from, to, e.Wire)
	p.lockedWrite(p.buf)
}

func (p *pcap) lockedWrite(b []byte) {
	if p.done {
		return
	}
	p.done = true // unless Write comes back
	n, err := p.w.Write(b)
	p.done = err != nil || n != len(b)
}

// appendRecord appends a record with wire as a UDP datagram.
func appendRecord(b []byte, at time.Time, from, to netip.AddrPort, wire []byte) []byte {
	if at.IsZero() {
		at = time.Now()
	}
	wire = wire[:min(len(wire), maxPcapDatagram)]
	src, dst := sameFamily(from.Addr(), to.Addr())
	n := len(wire) + udpLen + ipv6Len
	if src.Is4() {
		n = len(wire) + udpLen + ipv4Len
	}
	kept := min(n, pcapSnapLen)
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

// sameFamily returns the two ends of a datagram as addresses of one family: what is unknown is 0.0.0.0 or ::, and an IPv4 address opposite
// an IPv6 one is IPv4-mapped.
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

func unknownAddr(a netip.Addr) bool { return !a.IsValid() || a.IsUnspecified() }

func unspecifiedLike(a netip.Addr) netip.Addr {
	if a.Is6() {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// appendIP appends the header of an IPv4 packet (RFC 791, section 3.1) or of an IPv6 one (RFC 8200, section 3) with n octets of UDP.
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

// udpChecksum is that of RFC 768 and RFC 8200, section 8.1, over a datagram whose checksum field is zero. One that comes out as zero is
// sent as all ones, since zero says that there is none.
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

func ipFold(s uint64) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
