// SPDX-License-Identifier: Apache-2.0

package sessiontest

import (
	"maps"
	"net/netip"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
)

// A part is one attribute of an identity.
type part struct {
	name  string
	id    attrs.Identity                                // which has nothing else but the Context
	other attrs.Identity                                // which has another value for it
	into  func(id *attrs.Identity, from attrs.Identity) // takes the attribute from one into another
}

// parts takes an identity apart.
func parts(id attrs.Identity) (all []part) {
	add := func(name string, has bool, into func(id *attrs.Identity, from attrs.Identity), other attrs.Identity) {
		if !has {
			return
		}
		p := part{name: name, id: attrs.Identity{Context: id.Context}, other: other, into: into}
		p.other.Context = id.Context
		into(&p.id, id)
		all = append(all, p)
	}
	add("User-Name", id.UserName != "",
		func(id *attrs.Identity, from attrs.Identity) { id.UserName = from.UserName },
		attrs.Identity{UserName: unlike(id.UserName)})
	add("Acct-Session-Id", id.AcctSessionID != "",
		func(id *attrs.Identity, from attrs.Identity) { id.AcctSessionID = from.AcctSessionID },
		attrs.Identity{AcctSessionID: unlike(id.AcctSessionID)})
	add("Acct-Multi-Session-Id", id.AcctMultiSessionID != "",
		func(id *attrs.Identity, from attrs.Identity) { id.AcctMultiSessionID = from.AcctMultiSessionID },
		attrs.Identity{AcctMultiSessionID: unlike(id.AcctMultiSessionID)})
	add("Calling-Station-Id", id.CallingStationID != "",
		func(id *attrs.Identity, from attrs.Identity) { id.CallingStationID = from.CallingStationID },
		attrs.Identity{CallingStationID: unlike(id.CallingStationID)})
	add("Called-Station-Id", id.CalledStationID != "",
		func(id *attrs.Identity, from attrs.Identity) { id.CalledStationID = from.CalledStationID },
		attrs.Identity{CalledStationID: unlike(id.CalledStationID)})
	add("NAS-Port-Id", id.NASPortID != "",
		func(id *attrs.Identity, from attrs.Identity) { id.NASPortID = from.NASPortID },
		attrs.Identity{NASPortID: unlike(id.NASPortID)})
	add("Chargeable-User-Identity", id.ChargeableUserIdentity != "",
		func(id *attrs.Identity, from attrs.Identity) { id.ChargeableUserIdentity = from.ChargeableUserIdentity },
		attrs.Identity{ChargeableUserIdentity: unlike(id.ChargeableUserIdentity)})
	if id.NASPort != nil {
		other := *id.NASPort ^ 0x5a5a5a5a
		add("NAS-Port", true,
			func(id *attrs.Identity, from attrs.Identity) { id.NASPort = from.NASPort },
			attrs.Identity{NASPort: &other})
	}
	if a := id.FramedIPAddress.Unmap(); a.Is4() {
		b := a.As4()
		add("Framed-IP-Address", true,
			func(id *attrs.Identity, from attrs.Identity) { id.FramedIPAddress = from.FramedIPAddress },
			attrs.Identity{FramedIPAddress: netip.AddrFrom4([4]byte{203, 0, 113, b[3] ^ 0x5a})})
	}
	if len(id.FramedIPv6Prefix) > 0 {
		b := id.FramedIPv6Prefix[0].Addr().As16()
		b[3] ^= 0x5a
		add("Framed-IPv6-Prefix", true,
			func(id *attrs.Identity, from attrs.Identity) { id.FramedIPv6Prefix = from.FramedIPv6Prefix },
			attrs.Identity{FramedIPv6Prefix: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom16(b), max(id.FramedIPv6Prefix[0].Bits(), 32)).Masked()}})
	}
	if id.FramedInterfaceID != nil {
		b := *id.FramedInterfaceID
		b[0] ^= 0x5a
		add("Framed-Interface-Id", true,
			func(id *attrs.Identity, from attrs.Identity) { id.FramedInterfaceID = from.FramedInterfaceID },
			attrs.Identity{FramedInterfaceID: &b})
	}
	for k, v := range id.Other {
		if len(v) == 0 || v[0] == "" {
			continue
		}
		b := []byte(v[0])
		b[len(b)-1] ^= 1
		add(k.String(), true,
			func(id *attrs.Identity, from attrs.Identity) {
				other := map[attrs.ID][]string{}
				maps.Copy(other, id.Other)
				delete(other, k)
				if v, ok := from.Other[k]; ok {
					other[k] = v
				}
				id.Other = other
			},
			attrs.Identity{Other: map[attrs.ID][]string{k: {string(b)}}})
	}
	return all
}

// unlike returns a value that s is the beginning of, if there is room.
func unlike(s string) string {
	const more = "-unknown"
	if len(s)+len(more) > 253 {
		return "unknown"
	}
	return s + more
}

// otherForm returns a MAC address in another form.
func otherForm(s string) (string, bool) {
	form := attrs.StationID(s)
	if len(form) < 17 {
		return "", false
	}
	mac, ok := attrs.MAC(form[:17])
	if !ok {
		return "", false
	}
	rest := form[17:]
	for _, other := range []string{
		strings.ToLower(strings.ReplaceAll(mac, "-", ":")) + rest,
		strings.ReplaceAll(mac, "-", "") + rest,
	} {
		if other != s && attrs.StationID(other) == form {
			return other, true
		}
	}
	return "", false
}
