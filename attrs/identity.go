// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"layeh.com/radius"
)

// NAS is how a NAS is named: in a request, or of this NAS itself.
type NAS struct {
	Identifier string
	Addrs      []netip.Addr // IPv4 and IPv6
}

// Attr returns NAS-Identifier and the first address of each family, since a packet may have one of each. The zero NAS adds nothing.
func (n NAS) Attr() Attr {
	var a []Attr
	if n.Identifier != "" {
		a = append(a, NASIdentifier.Of(n.Identifier))
	}
	var had [2]bool // of each family: a packet has one of each attribute at most (RFC 5176, section 3.6)
	for _, addr := range n.Addrs {
		addr = addr.Unmap()
		key, family := NASIPv6Address, 1
		if addr.Is4() {
			key, family = NASIPAddress, 0
		}
		switch {
		case had[family]:
		case addr.IsValid() && !addr.IsUnspecified():
			a = append(a, key.Of(addr))
		default:
			a = append(a, Failed(fmt.Errorf("attrs: %v: unspecified address", key)))
		}
		had[family] = true
	}
	return Join(a...)
}

// An Identity is a set of session identification attributes: of a request, or of a session. What is not set is zero.
// An attribute that is present but empty, of a wrong length or unspecified (0.0.0.0, ::) is not "not set": IdentityOf refuses it (404),
// since dropping a constraint would widen the match. Single ones given twice must agree (else 404).
type Identity struct {
	Context                string // routing context or VRF where addresses and names repeat; part of every match, but no attribute
	UserName               string
	AcctSessionID          string
	AcctMultiSessionID     string
	CallingStationID       string
	CalledStationID        string
	NASPortID              string
	ChargeableUserIdentity string // octets; a single NUL matches nothing (RFC 4372)
	NASPort                *uint32
	FramedIPAddress        netip.Addr
	FramedIPv6Prefix       []netip.Prefix
	FramedInterfaceID      *[8]byte
	Other                  map[ID]string // octets of further identifying attributes: vendors', and what older senders use (NAS-Port-Type, Originating-Line-Info)
}

// IsZero reports whether no attribute is set; Context is none.
func (id Identity) IsZero() bool {
	return id.UserName == "" && id.AcctSessionID == "" && id.AcctMultiSessionID == "" && id.CallingStationID == "" &&
		id.CalledStationID == "" && id.NASPortID == "" && id.ChargeableUserIdentity == "" && id.NASPort == nil &&
		!id.FramedIPAddress.IsValid() && len(id.FramedIPv6Prefix) == 0 && id.FramedInterfaceID == nil && len(id.Other) == 0
}

// Selects reports whether every attribute that id, of a request, sets is the same in s, of a session: AND, never OR (RFC 5176, section 3).
// The zero Identity selects nothing. Texts and octets are compared octet by octet, but for Calling-Station-Id and Called-Station-Id, which
// are compared as StationID says; of prefixes, s must have each that id has. Context must be the same. It allocates nothing.
func (id Identity) Selects(s Identity) bool {
	return !id.IsZero() && id.Context == s.Context && id.selectsText(&s) && id.selectsNumber(&s) && id.selectsOther(&s)
}

func (id *Identity) selectsText(s *Identity) bool {
	same := func(want, have string) bool { return want == "" || want == have }
	station := func(want, have string) bool { return want == "" || have != "" && sameStation(want, have) }
	return same(id.AcctSessionID, s.AcctSessionID) && same(id.UserName, s.UserName) &&
		same(id.AcctMultiSessionID, s.AcctMultiSessionID) && same(id.NASPortID, s.NASPortID) &&
		same(id.ChargeableUserIdentity, s.ChargeableUserIdentity) && id.ChargeableUserIdentity != "\x00" &&
		station(id.CallingStationID, s.CallingStationID) && station(id.CalledStationID, s.CalledStationID)
}

func (id *Identity) selectsNumber(s *Identity) bool {
	switch {
	case id.NASPort != nil && (s.NASPort == nil || *id.NASPort != *s.NASPort),
		id.FramedIPAddress.IsValid() && id.FramedIPAddress.Unmap() != s.FramedIPAddress.Unmap(),
		id.FramedInterfaceID != nil && (s.FramedInterfaceID == nil || *id.FramedInterfaceID != *s.FramedInterfaceID):
		return false
	}
	for _, p := range id.FramedIPv6Prefix {
		if !slices.ContainsFunc(s.FramedIPv6Prefix, func(have netip.Prefix) bool { return have.Masked() == p.Masked() }) {
			return false
		}
	}
	return true
}

func (id *Identity) selectsOther(s *Identity) bool {
	for key, want := range id.Other {
		if have, ok := s.Other[key]; !ok || want == "" || have != want {
			return false
		}
	}
	return true
}

// Attr returns the attributes, in the order of their numbers, those of Other last. A value that a request may not name a session by, an
// unspecified address say, makes an error. The zero Identity adds nothing.
func (id Identity) Attr() Attr {
	a := make([]Attr, 0, 8)
	text := func(key Key[string], v string) {
		if v != "" {
			a = append(a, key.Of(v))
		}
	}
	text(UserName, id.UserName)
	if id.NASPort != nil {
		a = append(a, NASPort.Of(*id.NASPort))
	}
	if id.FramedIPAddress.IsValid() {
		addr := id.FramedIPAddress.Unmap()
		a = append(a, checked(FramedIPAddress.Of(addr), checkFramedIP(addr)))
	}
	text(CalledStationID, id.CalledStationID)
	text(CallingStationID, id.CallingStationID)
	text(AcctSessionID, id.AcctSessionID)
	text(AcctMultiSessionID, id.AcctMultiSessionID)
	text(NASPortID, id.NASPortID)
	if id.ChargeableUserIdentity != "" {
		a = append(a, ChargeableUserIdentity.Of([]byte(id.ChargeableUserIdentity)))
	}
	if id.FramedInterfaceID != nil {
		a = append(a, FramedInterfaceID.Of(*id.FramedInterfaceID))
	}
	for _, p := range id.FramedIPv6Prefix {
		a = append(a, checked(FramedIPv6Prefix.Of(p), checkPrefix(p)))
	}
	for _, key := range slices.SortedFunc(maps.Keys(id.Other), ID.compare) {
		value := []byte(id.Other[key])
		a = append(a, checked(encode(key, value), checkOther(key, reg.load().record(key), value)))
	}
	return Join(a...)
}

// checked is a, or the error that speaks against it.
func checked(a Attr, err error) Attr {
	if a.err == nil && err != nil {
		return Failed(err)
	}
	return a
}

// checkFramedIP refuses addresses that name no session: the unspecified one, and those by which an Access-Accept tells the NAS to choose
// (RFC 2865, section 5.8). To skip them would leave the request with fewer attributes to match than it has.
func checkFramedIP(addr netip.Addr) error {
	userChoice, nasChoice := netip.AddrFrom4([4]byte{255, 255, 255, 255}), netip.AddrFrom4([4]byte{255, 255, 255, 254})
	if addr.IsUnspecified() || addr == userChoice || addr == nasChoice {
		return invalid("Framed-IP-Address %v names no session", addr)
	}
	return nil
}

func checkPrefix(p netip.Prefix) error {
	if p.Addr().IsUnspecified() {
		return invalid("Framed-IPv6-Prefix %v names no session", p)
	}
	return nil
}

// checkOther refuses a value of a further attribute that names no session.
func checkOther(id ID, known *record, b []byte) error {
	switch {
	case len(b) == 0:
		return badValue(id.String(), errEmpty)
	case known == nil:
		return nil
	case known.hidden:
		return invalid("%v: a hidden value names no session", id)
	case known.address && len(bytes.Trim(b, "\x00")) == 0:
		return invalid("%v: unspecified address", id)
	}
	if err := known.check(b); err != nil {
		return badValue(known.name, err)
	}
	return nil
}

// IdentityOf reads the identification in a request, an Access-Request or an Accounting-Request. also names further attributes that identify
// here, vendors' mostly; they come back in Identity.Other. The error joins all that is wrong and wraps errcause.InvalidRequest; what
// is missing is no error.
func IdentityOf(set radius.Attributes, also ...AnyKey) (NAS, Identity, error) {
	var r reader
	for _, avp := range set {
		if avp != nil {
			r.read(avp)
		}
	}
	for _, key := range also {
		r.readOther(set, key)
	}
	if len(r.errs) > 0 {
		return NAS{}, Identity{}, errors.Join(r.errs...)
	}
	r.setTexts()
	return r.nas, r.id, nil
}

// The texts of an Identity, in the order of a reader's.
const (
	userName = iota
	calledStationID
	callingStationID
	nasIdentifier
	acctSessionID
	acctMultiSessionID
	nasPortID
	chargeableUserIdentity
	texts
)

// A reader reads one set of attributes.
type reader struct {
	nas   NAS
	id    Identity
	texts [texts][]byte
	addrs [2]netip.Addr // of the NAS: IPv4, IPv6
	errs  []error
}

// read reads one attribute.
func (r *reader) read(avp *radius.AVP) {
	switch b := avp.Attribute; avp.Type {
	case 1:
		r.text(userName, avp)
	case 4:
		r.nasAddr(b, NASIPAddress)
	case 5:
		if v, ok := decoded(r, NASPort, b); ok {
			if r.id.NASPort == nil {
				r.id.NASPort = &v
			}
			r.agree(NASPort, *r.id.NASPort == v)
		}
	case 8:
		if v, ok := decoded(r, FramedIPAddress, b); ok && r.accept(checkFramedIP(v)) {
			if !r.id.FramedIPAddress.IsValid() {
				r.id.FramedIPAddress = v
			}
			r.agree(FramedIPAddress, r.id.FramedIPAddress == v)
		}
	case 30:
		r.text(calledStationID, avp)
	case 31:
		r.text(callingStationID, avp)
	case 32:
		r.text(nasIdentifier, avp)
	case 44:
		r.text(acctSessionID, avp)
	case 50:
		r.text(acctMultiSessionID, avp)
	case 87:
		r.text(nasPortID, avp)
	case 89:
		r.text(chargeableUserIdentity, avp)
	case 95:
		r.nasAddr(b, NASIPv6Address)
	case 96:
		if v, ok := decoded(r, FramedInterfaceID, b); ok {
			if r.id.FramedInterfaceID == nil {
				r.id.FramedInterfaceID = &v
			}
			r.agree(FramedInterfaceID, *r.id.FramedInterfaceID == v)
		}
	case 97:
		if v, ok := decoded(r, FramedIPv6Prefix, b); ok && r.accept(checkPrefix(v)) && !slices.Contains(r.id.FramedIPv6Prefix, v) {
			r.id.FramedIPv6Prefix = append(r.id.FramedIPv6Prefix, v)
		}
	}
}

// decoded decodes an identification attribute.
func decoded[T any](r *reader, key Key[T], b []byte) (T, bool) {
	v, err := key.c.dec(b)
	if err != nil {
		err = badValue(key.c.name, err)
	}
	return v, r.accept(err)
}

// accept notes an error.
func (r *reader) accept(err error) bool {
	if err != nil {
		r.errs = append(r.errs, err)
	}
	return err == nil
}

// agree notes that one attribute came twice with different values, of which no session can have both.
func (r *reader) agree(key fmt.Stringer, same bool) {
	if !same {
		r.errs = append(r.errs, invalid("%v: two different values", key))
	}
}

// text notes a text, which setTexts turns into a string.
func (r *reader) text(i int, avp *radius.AVP) {
	switch {
	case len(avp.Attribute) == 0:
		r.accept(badValue(ID{Type: avp.Type}.String(), errEmpty))
	case r.texts[i] == nil:
		r.texts[i] = avp.Attribute
	default:
		r.agree(ID{Type: avp.Type}, r.sameText(i, avp.Attribute))
	}
}

// sameText compares with the text that came before.
func (r *reader) sameText(i int, b []byte) bool {
	if i == calledStationID || i == callingStationID {
		return sameStation(string(r.texts[i]), string(b))
	}
	return string(r.texts[i]) == string(b)
}

// setTexts turns all texts into strings with one allocation.
func (r *reader) setTexts() {
	var buf [256]byte
	all := buf[:0]
	for _, t := range r.texts {
		all = append(all, t...)
	}
	s := string(all)
	for i, to := range [texts]*string{&r.id.UserName, &r.id.CalledStationID, &r.id.CallingStationID, &r.nas.Identifier,
		&r.id.AcctSessionID, &r.id.AcctMultiSessionID, &r.id.NASPortID, &r.id.ChargeableUserIdentity} {
		*to, s = s[:len(r.texts[i])], s[len(r.texts[i]):]
	}
}

// nasAddr notes an address of the NAS, of which there is one of each family. NAS-IPv6-Address may have an IPv4 address in it, beside NAS-IP-Address
// or alone.
func (r *reader) nasAddr(b []byte, key Key[netip.Addr]) {
	v, ok := decoded(r, key, b)
	if !ok {
		return
	}
	v = v.Unmap()
	have := &r.addrs[1]
	if v.Is4() {
		have = &r.addrs[0]
	}
	switch {
	case v.IsUnspecified():
		r.accept(invalid("%v: unspecified address", key))
	case have.IsValid():
		r.agree(key, *have == v)
	default:
		*have = v
		r.nas.Addrs = append(r.nas.Addrs, v)
	}
}

// readOther reads one further attribute.
func (r *reader) readOther(set radius.Attributes, key AnyKey) {
	id := key.ID()
	if role := lookupRule(id).role; id.Vendor == 0 && (role == RoleNAS || role == RoleSession) {
		return
	}
	known := reg.load().record(id)
	each(set, id, func(b []byte, err error) bool {
		if err == nil {
			err = checkOther(id, known, b)
		}
		if !r.accept(err) {
			return true
		}
		if have, ok := r.id.Other[id]; ok {
			r.agree(key, have == string(b))
			return true
		}
		if r.id.Other == nil {
			r.id.Other = make(map[ID]string)
		}
		r.id.Other[id] = string(b)
		return true
	})
}
