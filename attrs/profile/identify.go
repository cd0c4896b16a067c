// SPDX-License-Identifier: Apache-2.0

package profile

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// ErrMissing is what every MissingError is.
var ErrMissing = errors.New("profile: the session cannot be named to this NAS")

// A MissingError says what a session would need so that it can be named to a NAS, or that a request
// would reach other sessions too.
type MissingError struct {
	Profile  string
	Code     radius.Code
	Missing  [][]attrs.ID // for each set of keys, the preferred one first, what is not known; with NotTaken for each set that names one session
	NotTaken []attrs.ID   // what is known of the session, is not taken by the NAS, and may tell the session from others; nil: no set is complete
	Recalled bool         // there are more sets, which were not read but recalled
}

// Error returns "profile: nokia-sros: Disconnect-Request needs Acct-Session-Id, or
// Alc-Subsc-ID-Str", or "profile: mikrotik-routeros: NAS-Port is not taken, and the rest may name
// other sessions too: Disconnect-Request needs Acct-Session-Id, or no NAS-Port".
func (e *MissingError) Error() string {
	s := "profile: " + e.Profile + ": "
	names := make([]string, 0, len(e.Missing)+1)
	for _, set := range e.Missing {
		names = append(names, join(set))
	}
	if e.NotTaken != nil {
		not := strings.ReplaceAll(join(e.NotTaken), "+", ", ")
		s += not + " is not taken, and the rest may name other sessions too: "
		names = append(names, "no "+not)
	}
	s += fmt.Sprintf("%v needs %s", e.Code, strings.Join(names, ", or "))
	if e.Recalled {
		s += " (or a key that is known from memory only)"
	}
	return s
}

// Is reports ErrMissing.
func (e *MissingError) Is(target error) bool { return target == ErrMissing }

// An Identification is how to name a session to a NAS.
type Identification struct {
	Attr    attrs.Attr
	Keys    []attrs.ID   // the preferred set of keys of those that are complete
	Missing [][]attrs.ID // for each set that the NAS prefers to it, what is not known of the session
	Also    []attrs.ID   // what is sent beside Keys
	LeftOut []attrs.ID   // what is known and not sent, since the NAS does not take it; what is sent names one session without it
}

// Identify makes the identification for a CoA-Request or Disconnect-Request: the first set of keys
// of which all is known, With, and then all else that is known and that the NAS takes. What it does
// not take is left out only where what is sent has a set of OneSession in it. nas and s are what is
// known of the session, as attrs.IdentityOf reads it from its Access-Request or accounting,
// vendors' attributes included.
//
// A *MissingError says that no set is complete, or that the request would reach sessions that nas
// and s do not name. A value that is no value of its attribute is an error too. An address that
// names no session (255.255.255.254, 0.0.0.0) counts as not known.
func (p Profile) Identify(code radius.Code, nas attrs.NAS, s attrs.Identity) (Identification, error) {
	if code != radius.CodeCoARequest && code != radius.CodeDisconnectRequest {
		return Identification{}, fmt.Errorf("profile: %s: %v names no session", p.Name, code)
	}
	if err := p.check(); err != nil {
		return Identification{}, err
	}
	g, err := p.given(nas, s)
	if err != nil {
		return Identification{}, err
	}
	var id Identification
	complete := false
	for _, set := range p.sets(code) {
		missing := slices.DeleteFunc(slices.Clone(set), func(k attrs.ID) bool { return g.attrs[k] != nil && p.takes(code, k) })
		if complete = len(missing) == 0; complete {
			id.Keys = slices.Clone(set)
			break
		}
		id.Missing = append(id.Missing, missing)
	}
	if !complete {
		recalled := p.Recalled.CoAKeys != nil || code == radius.CodeDisconnectRequest && p.Recalled.DisconnectKeys != nil
		return Identification{}, &MissingError{Profile: p.Name, Code: code, Missing: id.Missing, Recalled: recalled}
	}
	id.Also, id.LeftOut = p.split(code, id.Keys, g)
	sent := slices.Concat(id.Keys, id.Also)
	if len(id.LeftOut) > 0 && !slices.ContainsFunc(p.oneSession(), func(set []attrs.ID) bool { return within(set, sent) }) {
		return Identification{}, p.ambiguous(code, sent, id.LeftOut)
	}
	var all []attrs.Attr
	for _, k := range sent {
		all = append(all, g.attrs[k]...)
	}
	id.Attr = attrs.Join(all...)
	return id, id.Attr.Err()
}

// split parts what is given beside the keys into what is sent, With first, and what is left out.
func (p Profile) split(code radius.Code, keys []attrs.ID, g given) (also, leftOut []attrs.ID) {
	for _, k := range append(slices.Clone(p.With), g.order...) {
		switch {
		case g.attrs[k] == nil, slices.Contains(keys, k), slices.Contains(also, k):
		case p.takes(code, k):
			also = append(also, k)
		case !slices.Contains(leftOut, k):
			leftOut = append(leftOut, k)
		}
	}
	return also, leftOut
}

// ambiguous says what would name one session where what is sent may name several.
func (p Profile) ambiguous(code radius.Code, sent, leftOut []attrs.ID) error {
	e := &MissingError{Profile: p.Name, Code: code, NotTaken: leftOut}
	for _, set := range p.oneSession() {
		if slices.ContainsFunc(set, func(k attrs.ID) bool { return !p.takes(code, k) }) {
			continue // it would not help to know it
		}
		e.Missing = append(e.Missing, slices.DeleteFunc(slices.Clone(set), func(k attrs.ID) bool { return slices.Contains(sent, k) }))
	}
	return e
}

func within(set, all []attrs.ID) bool {
	return !slices.ContainsFunc(set, func(k attrs.ID) bool { return !slices.Contains(all, k) })
}

// given is what is known of a session, as attributes by ID.
type given struct {
	attrs map[attrs.ID][]attrs.Attr
	order []attrs.ID // in which they are sent
}

func (g *given) add(id attrs.ID, a attrs.Attr) error {
	if a.Err() != nil {
		return fmt.Errorf("profile: %v: %w", id, a.Err())
	}
	if g.attrs[id] == nil {
		g.order = append(g.order, id)
	}
	g.attrs[id] = append(g.attrs[id], a)
	return nil
}

// given makes an attribute of every value that is known. A value of which none can be made is an
// error: without it the request would be wider.
func (p Profile) given(nas attrs.NAS, s attrs.Identity) (given, error) {
	g := given{attrs: make(map[attrs.ID][]attrs.Attr)}
	var errs []error
	add := func(k attrs.AnyKey, a attrs.Attr) { errs = append(errs, g.add(k.ID(), a)) }
	text := func(k attrs.Key[string], v string) {
		if v != "" {
			add(k, k.Of(v))
		}
	}
	text(attrs.AcctSessionID, s.AcctSessionID)
	text(attrs.AcctMultiSessionID, s.AcctMultiSessionID)
	text(attrs.UserName, s.UserName)
	if known(s.FramedIPAddress) {
		add(attrs.FramedIPAddress, attrs.FramedIPAddress.Of(s.FramedIPAddress.Unmap()))
	}
	for _, prefix := range s.FramedIPv6Prefix {
		if prefix.Addr().IsUnspecified() {
			continue
		}
		add(attrs.FramedIPv6Prefix, attrs.FramedIPv6Prefix.Of(prefix))
	}
	if s.FramedInterfaceID != nil {
		add(attrs.FramedInterfaceID, attrs.FramedInterfaceID.Of(*s.FramedInterfaceID))
	}
	text(attrs.CallingStationID, p.MAC.Format(s.CallingStationID))
	text(attrs.CalledStationID, s.CalledStationID)
	text(attrs.NASPortID, s.NASPortID)
	if s.NASPort != nil {
		add(attrs.NASPort, attrs.NASPort.Of(*s.NASPort))
	}
	if cui := s.ChargeableUserIdentity; cui != "" && cui != "\x00" { // a NUL asks for one (RFC 4372, section 2.1)
		add(attrs.ChargeableUserIdentity, attrs.ChargeableUserIdentity.Of([]byte(cui)))
	}
	for _, id := range slices.SortedFunc(maps.Keys(s.Other), compareIDs) {
		errs = append(errs, g.add(id, attrs.Identity{Other: map[attrs.ID][]string{id: s.Other[id]}}.Attr()))
	}
	text(attrs.NASIdentifier, p.NASMAC.Format(nas.Identifier))
	addNAS(nas, add)
	return g, errors.Join(errs...)
}

// addNAS adds the first address of each family: a packet has one of each attribute at most (RFC
// 5176, section 3.6).
func addNAS(nas attrs.NAS, add func(attrs.AnyKey, attrs.Attr)) {
	for i, addr := range nas.Addrs {
		v4 := addr.Unmap().Is4()
		if slices.ContainsFunc(nas.Addrs[:i], func(a netip.Addr) bool { return a.Unmap().Is4() == v4 }) {
			continue
		}
		key := attrs.NASIPv6Address
		if v4 {
			key = attrs.NASIPAddress
		}
		add(key, attrs.NAS{Addrs: []netip.Addr{addr}}.Attr())
	}
}

// known reports an address that is one of a session: the others say that the NAS or the user
// chooses (RFC 2865, section 5.8), or that there is none.
func known(addr netip.Addr) bool {
	return addr.IsValid() && attrs.Identity{FramedIPAddress: addr}.Attr().Err() == nil
}

func compareIDs(a, b attrs.ID) int { return strings.Compare(a.String(), b.String()) }
