// SPDX-License-Identifier: Apache-2.0

package route

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// A Session is what was learned of one.
type Session struct {
	From     netip.AddrPort // the peer that reported it, with the port that it sent from
	NAS      attrs.NAS
	Identity attrs.Identity // of what RFC 5176, section 3, names; Context and Other are not kept
	Access   bool           // known from an Access-Request alone, which may have been rejected
	Expires  time.Time      // to the second

	OperatorName          string // as it came, namespace first (RFC 5580, section 4.1); "": none
	OperatorNASIdentifier string // octets, as they came (RFC 8559, section 3.4); "": none
}

// Attr returns what a request about s carries: the identification of NAS and session, and Operator-Name and Operator-NAS-Identifier verbatim, where
// they were recorded (RFC 8559, sections 3.2 and 4.1).
func (s Session) Attr() attrs.Attr { return attrs.Join(s.NAS.Attr(), s.Identity.Attr(), s.operator()) }

func (s Session) operator() attrs.Attr {
	var a []attrs.Attr
	if s.OperatorName != "" {
		a = append(a, attrs.Raw(typeOperatorName, []byte(s.OperatorName)))
	}
	if s.OperatorNASIdentifier != "" {
		a = append(a, attrs.Raw(typeExtended, append([]byte{subOperatorNAS}, s.OperatorNASIdentifier...)))
	}
	return attrs.Join(a...)
}

// Operator-Name is 126; Operator-NAS-Identifier is 241.8.
const (
	typeOperatorName = 126
	typeExtended     = 241
	subOperatorNAS   = 8
)

// operatorOf returns the first of each, as it stands: further ones are invalid attributes (RFC 8559, section 3.4). A token without an Operator-Name
// means nothing.
func operatorOf(set radius.Attributes) (name, nas string) {
	for _, a := range set {
		switch {
		case a == nil:
		case a.Type == typeOperatorName && name == "" && len(a.Attribute) > 1:
			name = string(a.Attribute)
		case isOperatorNAS(a) && nas == "":
			nas = string(a.Attribute[1:])
		}
	}
	if name == "" {
		nas = ""
	}
	return name, nas
}

func isOperatorNAS(a *radius.AVP) bool {
	return a != nil && a.Type == typeExtended && len(a.Attribute) > 1 && a.Attribute[0] == subOperatorNAS
}

// operatorRealm returns the realm in an Operator-Name, in lower case; other namespaces have none.
func operatorRealm(name string) (realm string, ok bool) {
	realm, ok = strings.CutPrefix(name, "1")
	return strings.ToLower(realm), ok && realm != ""
}

// agrees reports whether s can be the session that a request names: in all that both have, they are the same.
func (s *Session) agrees(nas attrs.NAS, id attrs.Identity) bool {
	if nas.Identifier != "" && s.NAS.Identifier != "" && nas.Identifier != s.NAS.Identifier {
		return false
	}
	for _, a := range nas.Addrs {
		for _, b := range s.NAS.Addrs {
			if a.Is4() == b.Is4() && a != b {
				return false
			}
		}
	}
	have := &s.Identity
	for _, text := range []struct{ want, have *string }{
		{&id.UserName, &have.UserName}, {&id.AcctSessionID, &have.AcctSessionID}, {&id.AcctMultiSessionID, &have.AcctMultiSessionID},
		{&id.CallingStationID, &have.CallingStationID}, {&id.CalledStationID, &have.CalledStationID}, {&id.NASPortID, &have.NASPortID},
		{&id.ChargeableUserIdentity, &have.ChargeableUserIdentity},
	} {
		if *text.have == "" {
			*text.want = ""
		}
	}
	if have.NASPort == nil {
		id.NASPort = nil
	}
	if !have.FramedIPAddress.IsValid() {
		id.FramedIPAddress = netip.Addr{}
	}
	if len(have.FramedIPv6Prefix) == 0 {
		id.FramedIPv6Prefix = nil
	}
	if have.FramedInterfaceID == nil {
		id.FramedInterfaceID = nil
	}
	return id.Selects(*have)
}

// The form of a Session in a Store: a version, flags, when it expires in seconds, the peer, and the attributes as RADIUS has them.
//
//	+---------+-------+-------------+------+-------------------+------+---------------
//	| version | flags | seconds (8) | size | peer (6 or 18)    | attributes ...
const (
	formVersion = 1
	flagAccess  = 1
)

var errForm = errors.New("route: not the octets of a Session")

// AppendBinary appends the octets of s, for a Store that keeps it elsewhere. They hold no secrets, but names and addresses of users.
func (s Session) AppendBinary(b []byte) ([]byte, error) {
	flags := byte(0)
	if s.Access {
		flags = flagAccess
	}
	b = append(b, formVersion, flags)
	b = binary.BigEndian.AppendUint64(b, uint64(s.Expires.Unix()))
	at := len(b)
	b = append(b, 0)
	b, err := s.From.AppendBinary(b)
	if err != nil {
		return nil, err
	}
	b[at] = byte(len(b) - at - 1)
	set, err := s.Attr().AppendTo(nil)
	if err != nil {
		return nil, err
	}
	for _, a := range set {
		b = append(append(b, byte(a.Type), byte(2+len(a.Attribute))), a.Attribute...)
	}
	return b, nil
}

// MarshalBinary returns what AppendBinary appends.
func (s Session) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary reads what AppendBinary wrote.
func (s *Session) UnmarshalBinary(b []byte) error {
	const head = 11
	if len(b) < head || b[0] != formVersion || len(b) < head+int(b[10]) {
		return errForm
	}
	made := Session{Access: b[1]&flagAccess != 0, Expires: time.Unix(int64(binary.BigEndian.Uint64(b[2:])), 0)}
	if err := made.From.UnmarshalBinary(b[head : head+int(b[10])]); err != nil {
		return errForm
	}
	set, ok := attributesOf(b[head+int(b[10]):])
	if !ok {
		return errForm
	}
	var err error
	if made.NAS, made.Identity, err = attrs.IdentityOf(set); err != nil {
		return errForm
	}
	made.OperatorName, made.OperatorNASIdentifier = operatorOf(set)
	*s = made
	return nil
}

// attributesOf takes attributes apart, which go on sharing b. It takes two allocations, however many there are.
func attributesOf(b []byte) (radius.Attributes, bool) {
	n := 0
	for rest := b; len(rest) > 0; rest = rest[rest[1]:] {
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) {
			return nil, false
		}
		n++
	}
	all, set := make([]radius.AVP, n), make(radius.Attributes, n)
	for i := range all {
		all[i] = radius.AVP{Type: radius.Type(b[0]), Attribute: b[2:b[1]:b[1]]}
		set[i], b = &all[i], b[b[1]:]
	}
	return set, true
}
