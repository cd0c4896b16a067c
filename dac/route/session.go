// SPDX-License-Identifier: Apache-2.0

package route

import (
	"encoding/binary"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// A Session is what was learned of one; one whose Identity is zero is a NAS that From has reported.
type Session struct {
	From     netip.AddrPort // the peer that reported it, with the port that it sent from
	NAS      attrs.NAS
	Identity attrs.Identity // in the form of its Normal; Context is not kept
	Access   bool           // known from an Access-Request alone, which may have been rejected
	Expires  time.Time      // to the second

	OperatorName          string // as it came, namespace first (RFC 5580, section 4.1); "": none
	OperatorNASIdentifier string // octets, as they came (RFC 8559, section 3.4); "": none
}

// Attr returns what a request about s carries: the identification of NAS and session, and
// Operator-Name and Operator-NAS-Identifier verbatim, where they were recorded (RFC 8559, sections
// 3.2 and 4.1).
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

// operatorOf returns the first of each, as it stands. Further ones, different or not, are "invalid
// attributes" (RFC 8559, sections 3 and 3.4), which must not turn a packet into a negative answer
// (RFC 6929, section 2.8): so a second Operator-Name is no contradiction, as two User-Names are. No
// two readers on the way can differ about which one counts, and Visited takes all of them off. A
// first one that is too short to say anything still hides the second. A token without an
// Operator-Name means nothing.
func operatorOf(set radius.Attributes) (name, nas string) {
	named, token := false, false
	for _, a := range set {
		switch {
		case a == nil:
		case a.Type == typeOperatorName && !named:
			name, named = string(a.Attribute), true
		case isOperatorNAS(a) && !token:
			nas, token = string(a.Attribute[1:]), true
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

// isNAS reports whether s is a NAS, and no session on it.
func (s *Session) isNAS() bool { return s.Identity.IsZero() }

// mostPrefixes is how many prefixes of a session are kept, and how many values of each other
// attribute it has several of: the last ones that were reported.
const mostPrefixes = 16

// inherit adds to s, which was reported of the same session later than have, what s leaves out: an
// update says what is new and what is different, and what it does not mention is as it was.
func (s *Session) inherit(have *Session) {
	text := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	id, old := &s.Identity, &have.Identity
	text(&s.NAS.Identifier, have.NAS.Identifier)
	for _, a := range have.NAS.Addrs {
		if !slices.ContainsFunc(s.NAS.Addrs, func(b netip.Addr) bool { return a.Is4() == b.Is4() }) {
			s.NAS.Addrs = append(s.NAS.Addrs[:len(s.NAS.Addrs):len(s.NAS.Addrs)], a)
		}
	}
	text(&s.OperatorName, have.OperatorName)
	if s.OperatorName == have.OperatorName {
		text(&s.OperatorNASIdentifier, have.OperatorNASIdentifier)
	}
	text(&id.UserName, old.UserName)
	text(&id.AcctMultiSessionID, old.AcctMultiSessionID)
	text(&id.CallingStationID, old.CallingStationID)
	text(&id.CalledStationID, old.CalledStationID)
	text(&id.NASPortID, old.NASPortID)
	text(&id.ChargeableUserIdentity, old.ChargeableUserIdentity)
	if id.NASPort == nil {
		id.NASPort = old.NASPort
	}
	if !id.FramedIPAddress.IsValid() {
		id.FramedIPAddress = old.FramedIPAddress
	}
	if id.FramedInterfaceID == nil {
		id.FramedInterfaceID = old.FramedInterfaceID
	}
	id.FramedIPv6Prefix = union(old.FramedIPv6Prefix, id.FramedIPv6Prefix)
	if len(old.Other) == 0 {
		return
	}
	all := maps.Clone(old.Other)
	for key, values := range id.Other {
		if key.Several() {
			values = union(all[key], values)
		}
		all[key] = values
	}
	id.Other = all
}

// union returns what is in a, and behind it what is in b and not in a: the last mostPrefixes of
// all.
func union[T comparable](a, b []T) []T {
	if len(a) == 0 {
		a, b = b, nil
	}
	a = a[:len(a):len(a)]
	for _, v := range b {
		if !slices.Contains(a, v) {
			a = append(a, v)
		}
	}
	return a[max(len(a)-mostPrefixes, 0):]
}

// agrees reports whether s can be the session that a request names: in all that both have, they are
// the same.
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
	id.Other = onlyOf(id.Other, have.Other)
	return id.Selects(*have)
}

// onlyOf returns of what is wanted that which the session has at all.
func onlyOf(want, have map[attrs.ID][]string) map[attrs.ID][]string {
	shared := 0
	for key := range want {
		if len(have[key]) > 0 {
			shared++
		}
	}
	switch shared {
	case len(want):
		return want
	case 0:
		return nil
	}
	only := make(map[attrs.ID][]string, shared)
	for key, values := range want {
		if len(have[key]) > 0 {
			only[key] = values
		}
	}
	return only
}

// namesOne reports whether s names a session: a type of port alone does not.
func (s *Session) namesOne() bool {
	id := s.Identity
	if _, ok := id.Other[attrs.NASPortType.ID()]; ok && len(id.Other) == 1 {
		id.Other = nil
	}
	return !id.IsZero()
}

// The form of a Session in a Store: a version, flags, when it expires in seconds, the peer, and the
// attributes as RADIUS has them.
//
//	+---------+-------+-------------+------+-------------------+------+---------------
//	| version | flags | seconds (8) | size | peer (6 or 18)    | attributes ...
const (
	formVersion = 1
	flagAccess  = 1
)

var errForm = errors.New("route: not the octets of a Session")

// AppendBinary appends the octets of s, for a Store that keeps it elsewhere. They hold no secrets,
// but names and addresses of users.
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
	if made.NAS, made.Identity, err = attrs.IdentityOf(set, furtherOf(set)...); err != nil {
		return errForm
	}
	made.Identity = made.Identity.Normal()
	made.OperatorName, made.OperatorNASIdentifier = operatorOf(set)
	if _, err := made.Attr().AppendTo(nil); err != nil { // type 0, which AppendBinary never writes
		return errForm
	}
	*s = made
	return nil
}

// furtherOf are the attributes in set that are neither those of RFC 5176, section 3, nor those of
// RFC 8559.
func furtherOf(set radius.Attributes) (further []attrs.AnyKey) {
	for id := range attrs.IDs(set) {
		if r := id.Role(); id.Vendor == 0 && (r == attrs.RoleNAS || r == attrs.RoleSession) || id.Type == typeOperatorName || id == (attrs.ID{Type: typeExtended, Sub: subOperatorNAS}) {
			continue
		}
		if key := attrs.KeyOf(id); !slices.Contains(further, key) {
			further = append(further, key)
		}
	}
	return further
}

// attributesOf takes attributes apart, which go on sharing b. It takes two allocations, however
// many there are.
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
