// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"

	"github.com/radius-dynauth/dynauth/errcause"
)

// NAS is how a NAS is named: in a request, or of this NAS itself.
type NAS struct {
	Identifier string
	Addrs      []netip.Addr // IPv4 and IPv6
}

// Attr returns NAS-Identifier and the first address of each family, since a packet may have one of
// each. The zero NAS adds nothing.
func (n NAS) Attr() Attr {
	var a []Attr
	if n.Identifier != "" {
		a = append(a, NASIdentifier.Of(n.Identifier))
	}
	// Of each family: a packet has one of each attribute at most (RFC 5176, section 3.6).
	var had [2]bool
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

// An Identity is a set of session identification attributes: of a request, or of a session. What is
// not set is zero. The functions that read one from a packet refuse an attribute that is empty or
// of a wrong length (404), and two different values of an attribute that a session has once.
//
// In a log, slog.Any("session", id) is the text of Attr, User-Name = "bob", Acct-Session-Id =
// "4f2a", with sensitive values as [hidden]; Context is not in it. Elsewhere print id.Attr(), since
// a verb of fmt prints the fields of an Identity as they are.
type Identity struct {
	Context                string // routing context or VRF; part of every match, but no attribute
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

	// Other has the values, as octets, of further identifying attributes: vendors', and those of
	// other RFCs (NAS-Port-Type, Delegated-IPv6-Prefix). Of several values a session must have
	// each. Key.In reads and Add writes them by type.
	Other map[ID][]string
}

// IsZero reports whether no attribute is set; Context is none.
func (id Identity) IsZero() bool {
	return id.UserName == "" && id.AcctSessionID == "" && id.AcctMultiSessionID == "" && id.CallingStationID == "" &&
		id.CalledStationID == "" && id.NASPortID == "" && id.ChargeableUserIdentity == "" && id.NASPort == nil &&
		!id.FramedIPAddress.IsValid() && len(id.FramedIPv6Prefix) == 0 && id.FramedInterfaceID == nil && len(id.Other) == 0
}

// Selects reports whether every attribute that id, of a request, sets is the same in s, of a
// session: AND, never OR (RFC 5176, section 3). The zero Identity selects nothing. Texts and octets
// are compared octet by octet, but for Calling-Station-Id and Called-Station-Id, which are compared
// as StationID says; what is in Other is compared by value, as its Key decodes it: a prefix is the
// same with and without its trailing octets of 0. Of attributes that come several times, s must
// have each value that id has. Context must be the same. It allocates nothing where the octets of
// Other are the same.
func (id Identity) Selects(s Identity) bool {
	return !id.IsZero() && id.Context == s.Context && id.selectsText(&s) && id.selectsNumber(&s) && id.selectsOther(&s)
}

// selectsText compares text octet by octet; "" in id asks for nothing. A Chargeable-User-Identity
// of one NUL asks a AAA server for one (RFC 4372) and names no user.
func (id *Identity) selectsText(s *Identity) bool {
	same := func(want, have string) bool { return want == "" || want == have }
	station := func(want, have string) bool { return want == "" || have != "" && sameStation(want, have) }
	return same(id.AcctSessionID, s.AcctSessionID) && same(id.UserName, s.UserName) &&
		same(id.AcctMultiSessionID, s.AcctMultiSessionID) && same(id.NASPortID, s.NASPortID) &&
		same(id.ChargeableUserIdentity, s.ChargeableUserIdentity) && id.ChargeableUserIdentity != "\x00" &&
		station(id.CallingStationID, s.CallingStationID) && station(id.CalledStationID, s.CalledStationID)
}

// selectsNumber compares numbers and addresses. What s lacks is not what id asks for.
func (id *Identity) selectsNumber(s *Identity) bool {
	switch {
	case id.NASPort != nil && (s.NASPort == nil || *id.NASPort != *s.NASPort),
		id.FramedIPAddress.IsValid() && id.FramedIPAddress.Unmap() != s.FramedIPAddress.Unmap(),
		id.FramedInterfaceID != nil && (s.FramedInterfaceID == nil || *id.FramedInterfaceID != *s.FramedInterfaceID):
		return false
	}
	return hasEach(s.FramedIPv6Prefix, id.FramedIPv6Prefix)
}

// manyValues is when a look-up in a map is quicker than a look at each value.
const manyValues = 16

// hasEach reports whether have has every prefix of want.
// Every prefix that a request names has to be one of the session's: a session may have more.
func hasEach(have, want []netip.Prefix) bool {
	if len(have) <= manyValues || len(want) <= manyValues {
		for _, p := range want {
			if !slices.ContainsFunc(have, func(h netip.Prefix) bool { return h.Masked() == p.Masked() }) {
				return false
			}
		}
		return true
	}
	known := make(map[netip.Prefix]bool, len(have))
	for _, p := range have {
		known[p.Masked()] = true
	}
	for _, p := range want {
		if !known[p.Masked()] {
			return false
		}
	}
	return true
}

// Attr returns the attributes, in the order of their numbers, those of Other last. A value that a
// request may not name a session by, an unspecified address say, makes an error. The zero Identity
// adds nothing.
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
	v := reg.load()
	for _, key := range slices.SortedFunc(maps.Keys(id.Other), ID.compare) {
		known := v.record(key)
		if len(id.Other[key]) == 0 {
			a = append(a, Failed(badValue(key.String(), errEmpty)))
		}
		for _, value := range id.Other[key] {
			b := []byte(value)
			a = append(a, checked(encode(key, b), checkOther(key, known, b)))
		}
	}
	return Join(a...)
}

// LogValue returns the text of Attr.
func (id Identity) LogValue() slog.Value { return slog.StringValue(id.Attr().String()) }

// checked is a, or the error that speaks against it.
func checked(a Attr, err error) Attr {
	if a.err == nil && err != nil {
		return Failed(err)
	}
	return a
}

// checkFramedIP refuses addresses that name no session: the unspecified one, and those by which an
// Access-Accept lets the user or the NAS choose (RFC 2865, section 5.8).
func checkFramedIP(addr netip.Addr) error {
	userChoice, nasChoice := netip.AddrFrom4([4]byte{255, 255, 255, 255}), netip.AddrFrom4([4]byte{255, 255, 255, 254})
	if addr.IsUnspecified() || addr == userChoice || addr == nasChoice {
		return noAddress("Framed-IP-Address", addr)
	}
	return nil
}

// The prefix of an address that is not known yet names no session, and :: is none.
func checkPrefix(p netip.Prefix) error {
	if p.Addr().IsUnspecified() {
		return noAddress("Framed-IPv6-Prefix", p)
	}
	return nil
}

// errNoAddress marks a value that says that there is no address yet.
var errNoAddress = errors.New("names no session")

// noAddress is the error of a value that stands for an address which is still to be given.
func noAddress(name string, value fmt.Stringer) error {
	return fmt.Errorf("attrs: %s %v %w: %w", name, value, errNoAddress, errcause.InvalidRequest)
}
