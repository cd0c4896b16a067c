// SPDX-License-Identifier: Apache-2.0

package route

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
)

// A Key is one thing by which a Store finds Sessions. It is comparable.
type Key struct {
	Kind  Kind
	Value string // octets
}

// A Kind says what a Key is about. Numbers and names stay as they are, since Stores keep them.
type Kind uint8

// What sessions are found by.
const (
	// BySession is the NAS and the session on it; one Session at most has it.
	BySession                Kind = iota
	ByNAS                         // the peer that reports, and the NAS that it reports of
	ByAcctSessionID               // Acct-Session-Id
	ByAcctMultiSessionID          // Acct-Multi-Session-Id
	ByFramedIPAddress             // Framed-IP-Address
	ByFramedIPv6Prefix            // Framed-IPv6-Prefix, each
	ByCallingStationID            // Calling-Station-Id, in the form of attrs.StationID
	ByChargeableUserIdentity      // Chargeable-User-Identity
	ByUserName                    // User-Name
	// A name of a NAS, of a Session that is a NAS: each address, and NAS-Identifier behind a "=".
	ByNASName
	ByNASPortID         // NAS-Port-Id
	ByNASPort           // NAS-Port, in decimal
	ByFramedInterfaceID // Framed-Interface-Id, 8 octets
	ByCalledStationID   // Called-Station-Id, in the form of attrs.StationID
	// A further attribute: its numbers, "=", and a value in the form of attrs.Identity.Normal.
	ByOther
	kinds
)

var kindNames = [kinds]string{"session", "nas", "acct-session-id", "acct-multi-session-id", "framed-ip-address", "framed-ipv6-prefix",
	"calling-station-id", "chargeable-user-identity", "user-name", "nas-name", "nas-port-id", "nas-port", "framed-interface-id", "called-station-id", "other"}

// String returns the name in lower case: "user-name". An unknown one prints as Kind(99).
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// String returns the name of the Kind and the value as it is: "user-name:bob".
func (k Key) String() string { return k.Kind.String() + ":" + k.Value }

// searched is the order in which a request is looked up: what means fewest sessions first.
var searched = [...]Kind{BySession, ByAcctSessionID, ByAcctMultiSessionID, ByFramedIPAddress, ByFramedIPv6Prefix, ByCallingStationID,
	ByChargeableUserIdentity, ByUserName, ByNASPortID, ByFramedInterfaceID, ByNASPort, ByCalledStationID}

// Keys returns all Keys of s, that of Kind BySession first. A Kind may be there more than once:
// each Framed-IPv6-Prefix has a Key.
func (s Session) Keys() []Key {
	keys := make([]Key, 0, kinds)
	var buf [keyRoom]byte
	s.eachKey(buf[:0], func(kind Kind, key []byte) bool {
		keys = append(keys, Key{kind, string(key)})
		return true
	})
	return keys
}

// keyRoom is what a Key rarely needs more of.
const keyRoom = 128

// eachKey yields all Keys of s, each appended to b, until yield returns false.
func (s *Session) eachKey(b []byte, yield func(kind Kind, key []byte) bool) {
	for kind := range kinds {
		if !s.eachKeyOf(kind, b, func(key []byte) bool { return yield(kind, key) }) {
			return
		}
	}
}

// eachKeyOf yields the Keys of one Kind; it reports whether yield always returned true.
func (s *Session) eachKeyOf(kind Kind, b []byte, yield func(key []byte) bool) bool {
	switch kind {
	case ByFramedIPv6Prefix:
		for _, p := range s.Identity.FramedIPv6Prefix {
			if !yield(p.Masked().AppendTo(b)) {
				return false
			}
		}
		return true
	case ByNASName:
		return !s.isNAS() || eachNASName(&s.NAS, b, yield)
	case ByOther:
		for id, values := range s.Identity.Other {
			for _, v := range values {
				if !yield(append(appendID(b, id), v...)) {
					return false
				}
			}
		}
		return true
	}
	if key := s.appendKey(b, kind); len(key) > 0 {
		return yield(key)
	}
	return true
}

// hasKey reports whether s has a Key.
func (s *Session) hasKey(kind Kind, key []byte) bool {
	var buf [keyRoom]byte
	return !s.eachKeyOf(kind, buf[:0], func(have []byte) bool { return string(have) != string(key) })
}

// key returns the value of the Key of a Kind of which s has one at most, "" for none.
func (s *Session) key(kind Kind) string {
	var buf [keyRoom]byte
	return string(s.appendKey(buf[:0], kind))
}

// appendKey appends the value of the Key of a Kind of which s has one at most, nothing for none.
func (s *Session) appendKey(b []byte, kind Kind) []byte {
	switch {
	case kind == BySession && s.isNAS():
		return s.appendNASKey(b)
	case kind == BySession && s.Identity.AcctSessionID == "":
		return s.appendAccessKey(b)
	case kind == ByNAS && s.isNAS():
		return b
	case kind == ByNAS:
		return appendReporter(b, s.From.Addr(), &s.NAS)
	}
	return appendKeyOf(b, &s.NAS, &s.Identity, kind)
}

// A Key of Kind BySession of what has no Acct-Session-Id begins with an octet of 0, and one of
// these; that of a session with the length of the name of its NAS, which has one. Lengths stand
// before what a peer may choose, so that no value looks like two.
const (
	keyOfAccess = 1
	keyOfNAS    = 2
)

// appendText appends text behind its length: 255 octets at most, which an attribute has.
func appendText(b []byte, text string) []byte { return append(append(b, byte(len(text))), text...) }

// appendAccessKey appends the key of a session that has no Acct-Session-Id yet, since its
// Access-Request had none.
func (s *Session) appendAccessKey(b []byte) []byte {
	id := &s.Identity
	b = append(b, 0, keyOfAccess)
	b = appendNASText(b, &s.NAS)
	if id.UserName == "" && id.CallingStationID == "" && id.NASPortID == "" && id.NASPort == nil {
		// All of it tells it from others.
		set, _ := id.Attr().AppendTo(nil)
		for _, a := range set {
			b = appendText(append(b, byte(a.Type)), string(a.Attribute))
		}
		return b
	}
	b = appendText(b, id.UserName)
	b = appendText(b, attrs.StationID(id.CallingStationID))
	b = appendText(b, id.NASPortID)
	if id.NASPort != nil {
		b = strconv.AppendUint(b, uint64(*id.NASPort), 10)
	}
	return b
}

// appendID appends which attribute, by its numbers.
func appendID(b []byte, id attrs.ID) []byte {
	b = strconv.AppendInt(b, int64(id.Type), 10)
	b = strconv.AppendUint(append(b, '.'), uint64(id.Vendor), 10)
	b = strconv.AppendUint(append(b, '.'), uint64(id.Sub), 10)
	if id.Name != "" {
		b = append(append(b, '.'), id.Name...)
	}
	return append(b, '=')
}

// others are the Keys that a request is looked up by of further attributes, in an order of their
// own. NAS-Port-Type, which most sessions have, comes last.
func others(id *attrs.Identity) []string {
	var keys []string
	for key, values := range id.Other {
		if len(values) > 0 { // a session must have each that a request names
			keys = append(keys, string(append(appendID(nil, key), values[0]...)))
		}
	}
	last := string(appendID(nil, attrs.NASPortType.ID()))
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(btoi(strings.HasPrefix(a, last)), btoi(strings.HasPrefix(b, last))), cmp.Compare(a, b))
	})
	return keys
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// appendNASKey appends the key of a NAS that a peer has reported.
func (s *Session) appendNASKey(b []byte) []byte {
	return appendReporter(append(b, 0, keyOfNAS), s.From.Addr(), &s.NAS)
}

// appendReporter appends who reports, and of which NAS.
func appendReporter(b []byte, from netip.Addr, nas *attrs.NAS) []byte {
	return appendNAS(append(from.AppendTo(b), ' '), nas)
}

// appendKeyOf appends the value of the Key that a request with this identification is looked up by,
// nothing for none.
func appendKeyOf(b []byte, nas *attrs.NAS, id *attrs.Identity, kind Kind) []byte {
	switch kind {
	case BySession:
		if id.AcctSessionID != "" && (nas.Identifier != "" || len(nas.Addrs) > 0) {
			return append(appendNASText(b, nas), id.AcctSessionID...)
		}
	case ByAcctSessionID:
		return append(b, id.AcctSessionID...)
	case ByAcctMultiSessionID:
		return append(b, id.AcctMultiSessionID...)
	case ByFramedIPAddress:
		if id.FramedIPAddress.IsValid() {
			return id.FramedIPAddress.Unmap().AppendTo(b)
		}
	case ByFramedIPv6Prefix: // a session must have each that a request names
		if len(id.FramedIPv6Prefix) > 0 {
			return id.FramedIPv6Prefix[0].Masked().AppendTo(b)
		}
	case ByCallingStationID:
		return append(b, attrs.StationID(id.CallingStationID)...)
	case ByChargeableUserIdentity:
		return append(b, id.ChargeableUserIdentity...)
	case ByUserName:
		return append(b, id.UserName...)
	case ByNASPortID:
		return append(b, id.NASPortID...)
	case ByNASPort:
		if id.NASPort != nil {
			return strconv.AppendUint(b, uint64(*id.NASPort), 10)
		}
	case ByFramedInterfaceID:
		if id.FramedInterfaceID != nil {
			return append(b, id.FramedInterfaceID[:]...)
		}
	case ByCalledStationID:
		return append(b, attrs.StationID(id.CalledStationID)...)
	}
	return b
}

// appendNASText is appendNAS behind its length.
func appendNASText(b []byte, nas *attrs.NAS) []byte {
	at := len(b)
	b = appendNAS(append(b, 0), nas)
	b[at] = byte(len(b) - at - 1)
	return b
}

// appendNAS appends one name for a NAS: its address where it has one, since many NASes share an
// identifier, an SSID say.
func appendNAS(b []byte, nas *attrs.NAS) []byte {
	if len(nas.Addrs) == 0 {
		return append(append(b, '='), nas.Identifier...)
	}
	best := nas.Addrs[0]
	for _, a := range nas.Addrs[1:] {
		if a.Is4() {
			best = a
		}
	}
	return best.AppendTo(b)
}

// eachNASName yields each name of a NAS: its addresses, and its identifier.
func eachNASName(nas *attrs.NAS, b []byte, yield func(key []byte) bool) bool {
	for _, a := range nas.Addrs {
		if !yield(a.AppendTo(b)) {
			return false
		}
	}
	return nas.Identifier == "" || yield(append(append(b, '='), nas.Identifier...))
}
