// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A field is one of attrs.Identity.
type field uint8

const (
	fieldContext field = iota // the first eight are text or octets
	fieldSessionID
	fieldUserName
	fieldCallingStationID
	fieldMultiSessionID
	fieldCalledStationID
	fieldNASPortID
	fieldCUI
	fieldNASPort
	fieldIPAddress
	fieldInterfaceID
	fieldIPv6Prefix
	fieldOther

	texts      = fieldNASPort
	textFields = 1<<texts - 1
)

const (
	maxValue = 253 // octets of a value: what an attribute holds (RFC 2865, section 5)
	// Octets of a value that may stretch over several attributes: what a packet holds.
	maxOther = 4096 - 20
	maxBody  = 1<<16 - 1 // octets of a whole identity
)

// text returns the values of a field that is text.
func (f field) text(id *attrs.Identity) *string {
	switch f {
	case fieldContext:
		return &id.Context
	case fieldSessionID:
		return &id.AcctSessionID
	case fieldUserName:
		return &id.UserName
	case fieldMultiSessionID:
		return &id.AcctMultiSessionID
	case fieldCallingStationID:
		return &id.CallingStationID
	case fieldCalledStationID:
		return &id.CalledStationID
	case fieldNASPortID:
		return &id.NASPortID
	default:
		return &id.ChargeableUserIdentity
	}
}

// fields returns the set of those that id has, as bits.
func fields(id *attrs.Identity) (set uint16) {
	for f := range texts {
		if *f.text(id) != "" {
			set |= 1 << f
		}
	}
	if id.NASPort != nil {
		set |= 1 << fieldNASPort
	}
	if id.FramedIPAddress.IsValid() {
		set |= 1 << fieldIPAddress
	}
	if len(id.FramedIPv6Prefix) > 0 {
		set |= 1 << fieldIPv6Prefix
	}
	if id.FramedInterfaceID != nil {
		set |= 1 << fieldInterfaceID
	}
	if len(id.Other) > 0 {
		set |= 1 << fieldOther
	}
	return set
}

// check refuses an identity of a session that no request could ever select whole.
func check(id *attrs.Identity) error {
	if id.AcctSessionID == "" {
		return fmt.Errorf("session: no Acct-Session-Id: %w", errcause.MissingAttribute)
	}
	for f := fieldSessionID; f < texts; f++ {
		if n := len(*f.text(id)); n > maxValue {
			return refuse("a text of %d octets, where an attribute holds %d", n, maxValue)
		}
	}
	// RFC 4372, section 2.1: a single NUL asks for the identity and is none.
	if id.ChargeableUserIdentity == "\x00" {
		return refuse("Chargeable-User-Identity of a single NUL")
	}
	if a := id.FramedIPAddress.Unmap(); a.IsValid() && !namesSession(a) {
		return refuse("Framed-IP-Address %v", a)
	}
	for _, p := range id.FramedIPv6Prefix {
		if !p.IsValid() || p.Addr().Is4() || p.Addr().IsUnspecified() {
			return refuse("Framed-IPv6-Prefix %v", p)
		}
	}
	for k, values := range id.Other {
		if len(values) == 0 {
			return refuse("%v without a value", k)
		}
		for _, v := range values {
			if v == "" || len(v) > maxOther {
				return refuse("%v of %d octets", k, len(v))
			}
		}
	}
	return nil
}

// namesSession refuses, beside what is no address, those by which an Access-Accept has the user or
// the NAS choose (RFC 2865, section 5.8).
// 0.0.0.0 and the two addresses of RFC 2865, section 5.8, say that there is no address yet.
func namesSession(a netip.Addr) bool {
	return a.Is4() && !a.IsUnspecified() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255}) && a != netip.AddrFrom4([4]byte{255, 255, 255, 254})
}

// An identity that no request could select, or that every request would, is no session.
func refuse(format string, a ...any) error {
	return fmt.Errorf("session: "+format+" selects nothing: %w", append(a, errcause.InvalidAttributeValue)...)
}

// encode is appendIdentity of an identity that may be too large.
func encode(b []byte, id *attrs.Identity) ([]byte, error) {
	if b = appendIdentity(b, id); len(b) > maxBody {
		return nil, refuse("an identity of %d octets, where a table holds %d,", len(b), maxBody)
	}
	return b, nil
}

// appendIdentity appends id to b: the set of its fields, where those begin that come several times,
// then each, those of fixed size first. As Go values, identities would be
// pointers for the garbage collector to follow: they are octets instead, each field behind a bit
// that says whether it is there.
func appendIdentity(b []byte, id *attrs.Identity) []byte {
	begin, set := len(b), fields(id)
	b = binary.LittleEndian.AppendUint16(b, set)
	b = append(b, 0, 0)
	if id.NASPort != nil {
		b = binary.LittleEndian.AppendUint32(b, *id.NASPort)
	}
	if a := id.FramedIPAddress; a.IsValid() {
		b = append(b, byte(a.BitLen()/8))
		b = append(b, a.AsSlice()...)
	}
	if id.FramedInterfaceID != nil {
		b = append(b, id.FramedInterfaceID[:]...)
	}
	for f := range texts {
		if set&(1<<f) != 0 {
			b = appendText(b, *f.text(id))
		}
	}
	binary.LittleEndian.PutUint16(b[begin+2:], uint16(len(b)-begin))
	if set&(1<<fieldIPv6Prefix) != 0 {
		b = binary.AppendUvarint(b, uint64(len(id.FramedIPv6Prefix)))
		for _, p := range id.FramedIPv6Prefix {
			a := p.Addr().As16()
			b = append(append(b, byte(p.Bits())), a[:]...)
		}
	}
	if set&(1<<fieldOther) != 0 {
		n := 0
		for _, values := range id.Other {
			n += len(values)
		}
		b = binary.AppendUvarint(b, uint64(n))
		for k, values := range id.Other {
			for _, v := range values {
				b = binary.AppendVarint(b, int64(k.Type))
				b = binary.LittleEndian.AppendUint32(b, k.Vendor)
				b = binary.LittleEndian.AppendUint32(b, k.Sub)
				b = appendText(appendText(b, k.Name), v)
			}
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// A scanner reads what appendIdentity wrote. It is of our own making, so nothing in it is
// malformed.
type scanner[T string | []byte] struct{ b T }

// take returns the next n octets, which stay where they are.
func (s *scanner[T]) take(n int) T {
	v := s.b[:n]
	s.b = s.b[n:]
	return v
}

// Lengths of texts are mostly below 128 and take one octet.
func (s *scanner[T]) uvarint() uint64 {
	var v uint64
	for shift := 0; ; shift += 7 {
		c := s.b[0]
		s.b = s.b[1:]
		if v |= uint64(c&0x7f) << shift; c < 0x80 {
			return v
		}
	}
}

func (s *scanner[T]) varint() int64 {
	u := s.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (s *scanner[T]) text() T { return s.take(int(s.uvarint())) }

// head returns the set of fields, and where those begin that come several times.
func (s *scanner[T]) head() (set uint16, behind int) {
	v := s.take(4)
	return uint16(v[0]) | uint16(v[1])<<8, int(v[2]) | int(v[3])<<8
}

func (s *scanner[T]) uint32() uint32 {
	v := s.take(4)
	return uint32(v[0]) | uint32(v[1])<<8 | uint32(v[2])<<16 | uint32(v[3])<<24
}

// number, address and iface take what set says is there.
func (s *scanner[T]) number(set uint16) (v uint32) {
	if set&(1<<fieldNASPort) != 0 {
		v = s.uint32()
	}
	return v
}

func (s *scanner[T]) address(set uint16) (a netip.Addr) {
	if set&(1<<fieldIPAddress) != 0 {
		a, _ = netip.AddrFromSlice([]byte(s.text()))
	}
	return a
}

func (s *scanner[T]) iface(set uint16) (v [8]byte) {
	if set&(1<<fieldInterfaceID) != 0 {
		copy(v[:], s.take(8))
	}
	return v
}

func (s *scanner[T]) prefix() netip.Prefix {
	bits := s.take(1)[0]
	return netip.PrefixFrom(netip.AddrFrom16([16]byte([]byte(s.take(16)))), int(bits))
}

// isNamed says whether body is the identity of the session of that name.
func isNamed(body []byte, context, acctSessionID string) bool {
	s := scanner[[]byte]{body}
	set, _ := s.head()
	s.number(set)
	s.address(set)
	s.iface(set)
	if (set&(1<<fieldContext) != 0) != (context != "") || context != "" && string(s.text()) != context {
		return false
	}
	return string(s.text()) == acctSessionID
}

// parseIdentity returns the identity that was encoded as body, and keeps body: a fresh string for
// each caller who may change the result.
func parseIdentity(body string) attrs.Identity {
	var id attrs.Identity
	s := scanner[string]{body}
	set, _ := s.head()
	if set&(1<<fieldNASPort) != 0 {
		port := s.number(set)
		id.NASPort = &port
	}
	id.FramedIPAddress = s.address(set)
	if set&(1<<fieldInterfaceID) != 0 {
		iface := s.iface(set)
		id.FramedInterfaceID = &iface
	}
	for f := range texts {
		if set&(1<<f) != 0 {
			*f.text(&id) = s.text()
		}
	}
	if set&(1<<fieldIPv6Prefix) != 0 {
		id.FramedIPv6Prefix = make([]netip.Prefix, s.uvarint())
		for i := range id.FramedIPv6Prefix {
			id.FramedIPv6Prefix[i] = s.prefix()
		}
	}
	if set&(1<<fieldOther) != 0 {
		n := s.uvarint()
		id.Other = make(map[attrs.ID][]string, n)
		for range n {
			k := attrs.ID{Type: radius.Type(s.varint()), Vendor: s.uint32(), Sub: s.uint32(), Name: s.text()}
			id.Other[k] = append(id.Other[k], s.text())
		}
	}
	return id
}
