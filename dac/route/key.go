// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"strconv"

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
	BySession                Kind = iota // the NAS and the session on it; one Session at most has it
	ByNAS                                // the peer that reports, and the NAS that it reports of
	ByAcctSessionID                      // Acct-Session-Id
	ByAcctMultiSessionID                 // Acct-Multi-Session-Id
	ByFramedIPAddress                    // Framed-IP-Address
	ByFramedIPv6Prefix                   // Framed-IPv6-Prefix, the first
	ByCallingStationID                   // Calling-Station-Id, in the form of attrs.StationID
	ByChargeableUserIdentity             // Chargeable-User-Identity
	ByUserName                           // User-Name
	kinds
)

var kindNames = [kinds]string{"session", "nas", "acct-session-id", "acct-multi-session-id", "framed-ip-address", "framed-ipv6-prefix",
	"calling-station-id", "chargeable-user-identity", "user-name"}

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
var searched = [...]Kind{BySession, ByAcctSessionID, ByAcctMultiSessionID, ByFramedIPAddress, ByFramedIPv6Prefix, ByCallingStationID, ByChargeableUserIdentity, ByUserName}

// Keys returns all Keys of s, each Kind once.
func (s Session) Keys() []Key {
	keys := make([]Key, 0, kinds)
	for kind := range kinds {
		if v := s.key(kind); v != "" {
			keys = append(keys, Key{kind, v})
		}
	}
	return keys
}

// key returns the value of one Key of s, "" for none.
func (s *Session) key(kind Kind) string {
	var buf [keyRoom]byte
	return string(s.appendKey(buf[:0], kind))
}

// keyRoom is what a Key rarely needs more of.
const keyRoom = 128

// appendKey appends the value of one Key of s, nothing for none.
func (s *Session) appendKey(b []byte, kind Kind) []byte {
	switch kind {
	case BySession:
		if s.Identity.AcctSessionID == "" {
			return s.appendAccessKey(b)
		}
	case ByNAS:
		return appendNAS(append(s.From.Addr().AppendTo(b), ' '), &s.NAS)
	}
	return appendKeyOf(b, &s.NAS, &s.Identity, kind)
}

// appendAccessKey appends the key of a session that has no Acct-Session-Id yet, since its Access-Request had none.
func (s *Session) appendAccessKey(b []byte) []byte {
	id := &s.Identity
	b = append(append(appendNAS(b, &s.NAS), "\x00\x00"...), id.UserName...)
	b = append(append(b, 0), attrs.StationID(id.CallingStationID)...)
	b = append(b, 0)
	if id.NASPort != nil {
		b = strconv.AppendUint(b, uint64(*id.NASPort), 10)
	}
	return append(append(b, 0), id.NASPortID...)
}

// appendKeyOf appends the value of the Key that a request with this identification is looked up by, nothing for none.
func appendKeyOf(b []byte, nas *attrs.NAS, id *attrs.Identity, kind Kind) []byte {
	switch kind {
	case BySession:
		if id.AcctSessionID != "" && (nas.Identifier != "" || len(nas.Addrs) > 0) {
			return append(append(appendNAS(b, nas), 0), id.AcctSessionID...)
		}
	case ByAcctSessionID:
		return append(b, id.AcctSessionID...)
	case ByAcctMultiSessionID:
		return append(b, id.AcctMultiSessionID...)
	case ByFramedIPAddress:
		if id.FramedIPAddress.IsValid() {
			return id.FramedIPAddress.Unmap().AppendTo(b)
		}
	case ByFramedIPv6Prefix:
		if len(id.FramedIPv6Prefix) > 0 {
			return id.FramedIPv6Prefix[0].Masked().AppendTo(b)
		}
	case ByCallingStationID:
		return append(b, attrs.StationID(id.CallingStationID)...)
	case ByChargeableUserIdentity:
		return append(b, id.ChargeableUserIdentity...)
	case ByUserName:
		return append(b, id.UserName...)
	}
	return b
}

// appendNAS appends one name for a NAS: its address where it has one, since many NASes share an identifier, an SSID say.
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
