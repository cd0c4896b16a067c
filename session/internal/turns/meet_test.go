// SPDX-License-Identifier: Apache-2.0

package turns

import (
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/require"
)

func TestMayMeet(t *testing.T) {
	one, two := uint32(1), uint32(2)
	imsi := attrs.VendorID(10415, 1)
	for name, ids := range map[string][2]attrs.Identity{
		"Context":               {{Context: "a"}, {Context: "b"}},
		"User-Name":             {{UserName: "a"}, {UserName: "b"}},
		"Acct-Session-Id":       {{AcctSessionID: "a"}, {AcctSessionID: "b"}},
		"Acct-Multi-Session-Id": {{AcctMultiSessionID: "a"}, {AcctMultiSessionID: "b"}},
		"Calling-Station-Id":    {{CallingStationID: "00-00-00-00-00-01"}, {CallingStationID: "000000000002"}},
		"Called-Station-Id":     {{CalledStationID: "00-00-00-00-00-01:a"}, {CalledStationID: "000000000001:b"}},
		"NAS-Port-Id":           {{NASPortID: "a"}, {NASPortID: "b"}},
		"Chargeable-User-Id":    {{ChargeableUserIdentity: "a"}, {ChargeableUserIdentity: "b"}},
		"NAS-Port":              {{NASPort: &one}, {NASPort: &two}},
		"Framed-IP-Address":     {{FramedIPAddress: netip.MustParseAddr("10.0.0.1")}, {FramedIPAddress: netip.MustParseAddr("10.0.0.2")}},
		"Framed-Interface-Id":   {{FramedInterfaceID: &[8]byte{1}}, {FramedInterfaceID: &[8]byte{2}}},
		"a vendor's":            {{Other: map[attrs.ID][]string{imsi: {"a"}}}, {Other: map[attrs.ID][]string{imsi: {"b"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := ids[0], ids[1]
			require.False(t, mayMeet(&a, &b))
			require.False(t, mayMeet(&b, &a))
			require.True(t, mayMeet(&a, &a))
			require.True(t, mayMeet(&a, &attrs.Identity{}), "what only one of them says")
			require.True(t, mayMeet(&attrs.Identity{}, &b))
		})
	}
	prefixes := [2]attrs.Identity{{FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("2001:db8::/64")}}, {FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("2001:db8:1::/64")}}}
	require.True(t, mayMeet(&prefixes[0], &prefixes[1]), "a session has several prefixes")
	require.True(t, mayMeet(&attrs.Identity{CallingStationID: "00-00-00-00-00-01"}, &attrs.Identity{CallingStationID: "0000.0000.0001"}))
}
