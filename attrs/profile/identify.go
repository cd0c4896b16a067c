// SPDX-License-Identifier: Apache-2.0

package profile

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// ErrMissing is what every MissingError is.
var ErrMissing = errors.New("profile: the session cannot be named to this NAS")

// A MissingError says what a session would need so that it can be named to a NAS.
type MissingError struct {
	Profile  string
	Code     radius.Code
	Missing  [][]attrs.ID // for each set of keys, the preferred one first, what is not known
	Recalled bool         // there are more sets, which were not read but recalled
}

// Error returns "profile: nokia-sros: Disconnect-Request needs Acct-Session-Id, or Alc-Subsc-ID-Str".
func (e *MissingError) Error() string {
	parts := make([]string, len(e.Missing))
	for i, set := range e.Missing {
		parts[i] = join(set)
	}
	s := fmt.Sprintf("profile: %s: %v needs %s", e.Profile, e.Code, strings.Join(parts, ", or "))
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
	Keys    []attrs.ID   // the set of keys that is used
	Missing [][]attrs.ID // for each set that the NAS prefers to it, what is not known of the session
}

// Identify makes the identification for a CoA-Request or Disconnect-Request: the first set of keys of which all is known, and With. nas and s are
// what is known of the session, as attrs.IdentityOf reads it from its Access-Request or accounting, vendors' attributes included. A *MissingError
// says that no set is complete. An address that names no session (255.255.255.254, 0.0.0.0) counts as not known.
func (p Profile) Identify(code radius.Code, nas attrs.NAS, s attrs.Identity) (Identification, error) {
	if code != radius.CodeCoARequest && code != radius.CodeDisconnectRequest {
		return Identification{}, fmt.Errorf("profile: %s: %v names no session", p.Name, code)
	}
	if err := p.check(); err != nil {
		return Identification{}, err
	}
	sets := p.sets(code)
	known := p.known(nas, s)
	var id Identification
	for _, set := range sets {
		if missing := slices.DeleteFunc(slices.Clone(set), func(k attrs.ID) bool { return known[k] != nil }); len(missing) > 0 {
			id.Missing = append(id.Missing, missing)
			continue
		}
		id.Keys = slices.Clone(set)
		all := make([]attrs.Attr, 0, len(set)+len(p.With))
		for _, k := range set {
			all = append(all, known[k]...)
		}
		for _, k := range p.With {
			if !slices.Contains(set, k) {
				all = append(all, known[k]...)
			}
		}
		id.Attr = attrs.Join(all...)
		return id, id.Attr.Err()
	}
	recalled := p.Recalled.CoAKeys != nil || code == radius.CodeDisconnectRequest && p.Recalled.DisconnectKeys != nil
	return Identification{}, &MissingError{p.Name, code, id.Missing, recalled}
}

// known makes every attribute of which the value is known and that is not refused, by its ID.
func (p Profile) known(nas attrs.NAS, s attrs.Identity) map[attrs.ID][]attrs.Attr {
	known := make(map[attrs.ID][]attrs.Attr)
	add := func(k attrs.AnyKey, a attrs.Attr) {
		if a.Err() == nil && !slices.Contains(p.Refuses, k.ID()) {
			known[k.ID()] = append(known[k.ID()], a)
		}
	}
	text := func(k attrs.Key[string], v string) {
		if v != "" {
			add(k, k.Of(v))
		}
	}
	text(attrs.NASIdentifier, p.NASMAC.Format(nas.Identifier))
	for i, addr := range nas.Addrs {
		if v4 := addr.Unmap().Is4(); !slices.ContainsFunc(nas.Addrs[:i], func(a netip.Addr) bool { return a.Unmap().Is4() == v4 }) {
			key := attrs.NASIPv6Address
			if v4 {
				key = attrs.NASIPAddress
			}
			add(key, attrs.NAS{Addrs: []netip.Addr{addr}}.Attr())
		}
	}
	text(attrs.UserName, s.UserName)
	text(attrs.AcctSessionID, s.AcctSessionID)
	text(attrs.AcctMultiSessionID, s.AcctMultiSessionID)
	text(attrs.CallingStationID, p.MAC.Format(s.CallingStationID))
	text(attrs.CalledStationID, s.CalledStationID)
	text(attrs.NASPortID, s.NASPortID)
	if s.NASPort != nil {
		add(attrs.NASPort, attrs.NASPort.Of(*s.NASPort))
	}
	if s.FramedInterfaceID != nil {
		add(attrs.FramedInterfaceID, attrs.FramedInterfaceID.Of(*s.FramedInterfaceID))
	}
	// Those that may name no session are made by Identity, which knows which ones these are.
	if s.ChargeableUserIdentity != "\x00" && s.ChargeableUserIdentity != "" {
		add(attrs.ChargeableUserIdentity, attrs.Identity{ChargeableUserIdentity: s.ChargeableUserIdentity}.Attr())
	}
	if s.FramedIPAddress.IsValid() {
		add(attrs.FramedIPAddress, attrs.Identity{FramedIPAddress: s.FramedIPAddress}.Attr())
	}
	for _, prefix := range s.FramedIPv6Prefix {
		add(attrs.FramedIPv6Prefix, attrs.Identity{FramedIPv6Prefix: []netip.Prefix{prefix}}.Attr())
	}
	for id, v := range s.Other {
		if a := (attrs.Identity{Other: map[attrs.ID]string{id: v}}).Attr(); a.Err() == nil && !slices.Contains(p.Refuses, id) {
			known[id] = append(known[id], a)
		}
	}
	return known
}
