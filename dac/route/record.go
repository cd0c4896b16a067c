// SPDX-License-Identifier: Apache-2.0

package route

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// A record is a Session that is read where a Memory keeps it, in one piece: its texts are parts of
// the octets, which never change.
type record struct {
	one      [1]Session
	addrs    [2]netip.Addr
	prefixes [1]netip.Prefix
	port     uint32
	iface    [8]byte
}

// read makes r the Session that AppendBinary wrote to octets. It allocates nothing for the usual
// ones; what it does not know it leaves to UnmarshalBinary.
func (r *record) read(octets string) bool {
	s := &r.one[0]
	*s = Session{}
	const head = 11
	if len(octets) < head || octets[0] != formVersion || len(octets) < head+int(octets[10]) {
		return false
	}
	peer, rest := octets[head:head+int(octets[10])], octets[head+int(octets[10]):]
	var a [16]byte
	switch n := copy(a[:], peer); len(peer) {
	case 4 + 2:
		s.From = netip.AddrPortFrom(netip.AddrFrom4([4]byte(a[:4])), uint16(peer[4])|uint16(peer[5])<<8)
	case 16 + 2:
		s.From = netip.AddrPortFrom(netip.AddrFrom16(a), uint16(peer[n])|uint16(peer[n+1])<<8)
	default: // with a zone
		return s.UnmarshalBinary([]byte(octets)) == nil
	}
	s.Access = octets[1]&flagAccess != 0
	var expires [8]byte
	copy(expires[:], octets[2:])
	s.Expires = time.Unix(int64(binary.BigEndian.Uint64(expires[:])), 0)
	s.NAS.Addrs, s.Identity.FramedIPv6Prefix = r.addrs[:0], r.prefixes[:0]
	for len(rest) > 0 {
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) || !r.take(rest[0], rest[2:rest[1]]) {
			return s.UnmarshalBinary([]byte(octets)) == nil
		}
		rest = rest[rest[1]:]
	}
	if len(s.NAS.Addrs) == 0 {
		s.NAS.Addrs = nil
	}
	if len(s.Identity.FramedIPv6Prefix) == 0 {
		s.Identity.FramedIPv6Prefix = nil
	}
	return true
}

// take reads one attribute as AppendBinary writes it, of which each is there once but for prefixes;
// false: it is another.
func (r *record) take(t byte, v string) bool {
	s := &r.one[0]
	id := &s.Identity
	var a [16]byte
	n := copy(a[:], v)
	switch t {
	case 1:
		id.UserName = v
	case typeNASIP:
		s.NAS.Addrs = append(s.NAS.Addrs, netip.AddrFrom4([4]byte(a[:4])))
		return n == 4
	case 5:
		r.port = binary.BigEndian.Uint32(a[:4])
		id.NASPort = &r.port
		return n == 4
	case 8:
		id.FramedIPAddress = netip.AddrFrom4([4]byte(a[:4]))
		return n == 4
	case 30:
		id.CalledStationID = v
	case 31:
		id.CallingStationID = v
	case typeNASID:
		s.NAS.Identifier = v
	case 44:
		id.AcctSessionID = v
	case 50:
		id.AcctMultiSessionID = v
	case 87:
		id.NASPortID = v
	case 89:
		id.ChargeableUserIdentity = v
	case typeNASIP6:
		s.NAS.Addrs = append(s.NAS.Addrs, netip.AddrFrom16(a))
		return n == 16
	case 96:
		r.iface = [8]byte(a[:8])
		id.FramedInterfaceID = &r.iface
		return len(v) == 8
	case 97:
		return r.takePrefix(v)
	case 61, 94, 123, 168:
		// NAS-Port-Type, Originating-Line-Info, Delegated-IPv6-Prefix, Framed-IPv6-Address.
		if id.Other == nil {
			id.Other = make(map[attrs.ID][]string, 1)
		}
		other := attrs.ID{Type: radius.Type(t)}
		id.Other[other] = append(id.Other[other], v)
	case typeOperatorName:
		s.OperatorName = v
		return len(v) > 1
	case typeExtended:
		s.OperatorNASIdentifier = v[min(1, len(v)):]
		return len(v) > 1 && v[0] == subOperatorNAS && s.OperatorName != ""
	default:
		return false
	}
	return v != ""
}

// takePrefix reads a prefix (RFC 3162, section 2.3): an octet that is reserved, the length, and as
// much of the address as that needs.
func (r *record) takePrefix(v string) bool {
	if len(v) < 2 || len(v) > 18 || v[1] > 128 {
		return false
	}
	var a [16]byte
	copy(a[:], v[2:])
	prefix := netip.PrefixFrom(netip.AddrFrom16(a), int(v[1])).Masked()
	r.one[0].Identity.FramedIPv6Prefix = append(r.one[0].Identity.FramedIPv6Prefix, prefix)
	return true
}

// A search is what a Learned looks for in a Memory.
type search struct {
	kind Kind
	key  []byte
	nas  *attrs.NAS
	id   *attrs.Identity
}

// search returns the Sessions that have the Key and agree, and how many have the Key alone. It ends
// with more than most of these.
func (m *Memory) search(q search, most int) (fit []Session, all int) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.heads == nil {
		return nil, 0
	}
	now := time.Now().Unix()
	var r *record
	for n := m.heads[m.hash(q.kind, q.key)]; n != 0 && all <= most; {
		l := m.links.at(n)
		n = l.next
		at := m.slots.at(l.slot)
		if at.expires <= now {
			continue
		}
		if r == nil {
			r = new(record)
		}
		if !r.has(at.octets, q.kind, q.key) {
			continue
		}
		all++
		if !r.one[0].agrees(*q.nas, *q.id) {
			continue
		}
		if fit == nil {
			fit = r.one[:]
		} else {
			fit = append(fit, r.one[0])
		}
		r = nil
	}
	return fit, all
}

// has reads octets and reports whether the Session in them has the Key.
func (r *record) has(octets string, kind Kind, key []byte) bool {
	return r.read(octets) && r.one[0].hasKey(kind, key)
}
