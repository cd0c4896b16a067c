// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// requireWire has k write v as the rows of a figure, and read it back from there.
func requireWire[T any](t *testing.T, k Key[T], v T, rows ...any) {
	t.Helper()
	a := k.Of(v)
	require.NoError(t, a.Err())
	require.Equal(t, octets(rows...), a.b)
	requireRead(t, k, v, rows...)
}

// requireRead has k read v from the rows of a figure.
func requireRead[T any](t *testing.T, k Key[T], v T, rows ...any) {
	t.Helper()
	got, err := k.Get(parseSet(t, octets(rows...)))
	require.NoError(t, err)
	require.Equal(t, v, got)
}

// requireInvalid has k refuse each of wires.
func requireInvalid[T any](t *testing.T, k Key[T], wires ...[]byte) {
	t.Helper()
	for _, wire := range wires {
		_, ok, err := k.Lookup(parseSet(t, wire))
		require.ErrorIs(t, err, errcause.InvalidRequest, "% x", wire)
		require.False(t, ok, "% x", wire)
	}
}

func TestR2865_5_3_AddressIntegerAndTimeAreFourOctetsBigEndian(t *testing.T) {
	requireWire(t, NASIPAddress, netip.MustParseAddr("192.0.2.254"),
		4, 6,
		192, 0, 2, 254)
	requireWire(t, NASPort, 0x80000001,
		5, 6,
		0x80, 0, 0, 1)
	requireWire(t, SessionTimeout, 0xffffffff*time.Second,
		27, 6,
		0xff, 0xff, 0xff, 0xff)
	requireWire(t, EventTimestamp, time.Unix(1, 0).UTC(),
		55, 6,
		0, 0, 0, 1)
	for _, n := range []int{0, 1, 3, 5, 8, 16} {
		value := octets(2+n, make([]byte, n))
		requireInvalid(t, NASIPAddress, octets(4, value))
		requireInvalid(t, NASPort, octets(5, value))
		requireInvalid(t, SessionTimeout, octets(27, value))
		requireInvalid(t, EventTimestamp, octets(55, value))
	}
}

func TestR2869_5_3_1_EventTimestampIsUnsignedSecondsSince1970(t *testing.T) {
	requireWire(t, EventTimestamp, time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
		55, 6,
		0, 0, 0, 0)
	// The first second that a signed number of 32 bits does not hold, and the last that an unsigned
	// one does.
	requireWire(t, EventTimestamp, time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
		55, 6,
		0x80, 0, 0, 0)
	requireWire(t, EventTimestamp, time.Date(2106, 2, 7, 6, 28, 15, 0, time.UTC),
		55, 6,
		0xff, 0xff, 0xff, 0xff)
	east := time.FixedZone("east", 5*3600)
	require.Equal(t, octets(55, 6, 0, 0, 0, 7), EventTimestamp.Of(time.Date(1970, 1, 1, 5, 0, 7, 999e6, east)).b, "in UTC, and no fraction")
	for _, never := range []time.Time{time.Unix(-1, 0), time.Unix(1<<32, 0)} {
		require.ErrorContains(t, EventTimestamp.Of(never).Err(), "attrs: Event-Timestamp: ")
	}
	requireInvalid(t, EventTimestamp, octets(55, 2), octets(55, 5, 0, 0, 0), octets(55, 10, 0, 0, 0, 0, 0, 0, 0, 1))
}

func TestR5080_2_3_2_1_AcctMultiSessionIDIsTextAsAcctSessionIDIs(t *testing.T) {
	for _, test := range []struct {
		key  Key[string]
		typ  int
		name string
		read func(Identity) string
	}{
		{AcctSessionID, 44, "Acct-Session-Id", func(id Identity) string { return id.AcctSessionID }},
		{AcctMultiSessionID, 50, "Acct-Multi-Session-Id", func(id Identity) string { return id.AcctMultiSessionID }},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, v := range []string{"4f2a", "0", "séance", "a\x00b", "\xff\xfe"} {
				requireWire(t, test.key, v,
					test.typ, 2+len(v),
					v)
				_, id, err := IdentityOf(setOf(t, test.key.Of(v)))
				require.NoError(t, err)
				require.Equal(t, v, test.read(id), "octet by octet")
			}
			require.Equal(t, test.name+` = "0x0a"`, test.key.Of("0x0a").String(), "printed as text, even where it looks like octets")
			requireInvalid(t, test.key, octets(test.typ, 2))
			_, _, err := IdentityOf(parseSet(t, octets(test.typ, 2)))
			require.ErrorIs(t, err, errcause.InvalidRequest)
			require.Error(t, test.key.Of("").Err())
			require.Error(t, test.key.Of(strings.Repeat("x", 254)).Err())
		})
	}
	require.False(t, Identity{AcctMultiSessionID: "4F2A"}.Selects(Identity{AcctMultiSessionID: "4f2a"}))
	require.False(t, Identity{AcctMultiSessionID: "4f2a"}.Selects(Identity{AcctSessionID: "4f2a"}))
}

func TestR4818_1_DelegatedPrefixIsWrittenAsAFramedOne(t *testing.T) {
	for _, p := range []string{"::/0", "2001:db8::/32", "2001:db8:0:80::/57", "2001:db8::1/128"} {
		v := netip.MustParsePrefix(p)
		framed, delegated := FramedIPv6Prefix.Of(v), DelegatedIPv6Prefix.Of(v)
		require.NoError(t, delegated.Err())
		require.Equal(t, framed.b[1:], delegated.b[1:])
		requireRead(t, DelegatedIPv6Prefix, v, delegated.b)
	}
	requireWire(t, DelegatedIPv6Prefix, netip.MustParsePrefix("2001:db8:100::/40"),
		123, 9,
		0, 40,
		0x20, 0x01, 0x0d, 0xb8, 1)
	requireRead(t, DelegatedIPv6Prefix, netip.MustParsePrefix("2001:db8::/40"),
		123, 8,
		0, 40, // trailing octets of 0 may be left out
		0x20, 0x01, 0x0d, 0xb8)
	requireInvalid(t, DelegatedIPv6Prefix,
		octets(123, 2),
		octets(123, 3, 0),
		octets(123, 4, 0, 129),
		octets(123, 21, 0, 64, make([]byte, 17)))
	require.Error(t, DelegatedIPv6Prefix.Of(netip.MustParsePrefix("2001:db8::1/32")).Err())
	require.Error(t, DelegatedIPv6Prefix.Of(netip.MustParsePrefix("192.0.2.0/24")).Err())
}

func TestR4818_1_DelegatedPrefixIsAChangeAndIdentifiesNothing(t *testing.T) {
	require.Equal(t, RoleAuthorization, DelegatedIPv6Prefix.ID().Role())
	require.Equal(t, ZeroOrMore, DelegatedIPv6Prefix.ID().In(radius.CodeCoARequest))
	require.Equal(t, None, DelegatedIPv6Prefix.ID().In(radius.CodeCoAACK))
	want := []netip.Prefix{netip.MustParsePrefix("2001:db8:1::/48"), netip.MustParsePrefix("2001:db8::/48")}
	set := setOf(t, DelegatedIPv6Prefix.Of(want[0]), DelegatedIPv6Prefix.Of(want[1]))
	var got []netip.Prefix
	for p, err := range DelegatedIPv6Prefix.All(set) {
		require.NoError(t, err)
		got = append(got, p)
	}
	require.Equal(t, want, got)
	_, id, err := IdentityOf(set)
	require.NoError(t, err)
	require.True(t, id.IsZero())
}

func TestR6911_1_NoTableLetsTheseAttributesIn(t *testing.T) {
	for typ := radius.Type(168); typ <= 172; typ++ {
		id := ID{Type: typ}
		require.Equal(t, RoleUnknown, id.Role(), "%v", id)
		for code := radius.CodeDisconnectRequest; code <= radius.CodeCoANAK; code++ {
			require.Equal(t, Unspecified, id.In(code), "%v in %v", id, code)
		}
	}
}

func TestR6911_1_FramedIPv6AddressIsSixteenOctetsAndNamesSomebody(t *testing.T) {
	address := netip.MustParseAddr("2001:db8::7")
	wire := octets(
		168, 18,
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 7)
	requireWire(t, FramedIPv6Address, address, wire)
	_, id, err := IdentityOf(parseSet(t, wire), FramedIPv6Address)
	require.NoError(t, err)
	require.Equal(t, Identity{Other: map[ID][]string{{Type: 168}: {string(wire[2:])}}}, id)
	require.Equal(t, wire, id.Attr().b)
	require.True(t, id.Selects(Identity{UserName: "bob", Other: id.Other}))
	require.False(t, id.Selects(Identity{UserName: "bob"}))
	require.False(t, id.Selects(Identity{Other: map[ID][]string{{Type: 168}: {string(wire[2:17]) + "\x08"}}}))

	for name, bad := range map[string][]byte{
		"empty":       octets(168, 2),
		"15 octets":   octets(168, 17, make([]byte, 14), 7),
		"IPv4":        octets(168, 6, 192, 0, 2, 1),
		"unspecified": octets(168, 18, make([]byte, 16)),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := SelectionOf(parseSet(t, bad), FramedIPv6Address)
			require.ErrorIs(t, err, errcause.InvalidRequest)
		})
	}
}

func TestR4849_1_FilterRulesAreCutIntoAttributesAndJoinedAgain(t *testing.T) {
	// 522 octets: each rule ends with a NUL, wherever the attributes end.
	rules := strings.Repeat("permit in ip from any to any\x00", 18)
	requireWire(t, NASFilterRule, rules,
		92, 255, rules[:253],
		92, 255, rules[253:506],
		92, 18, rules[506:])
	requireRead(t, NASFilterRule, "ab",
		92, 3, "a",
		92, 3, "b")
	requireInvalid(t, NASFilterRule, octets(92, 2), octets(92, 2, 92, 2), octets(92, 3, "a", 92, 2))
	require.Error(t, NASFilterRule.Of("").Err())
	require.Equal(t, RoleAuthorization, NASFilterRule.ID().Role())
}

func TestR5580_4_1_1_NamespacesOfOperatorName(t *testing.T) {
	for name, v := range map[string]string{
		"TADIG":              "0DEUD1",
		"realm":              "1example.com",
		"realm, in punycode": "1xn--bcher-kva.example",
		"E212":               "226201",
		"ICC":                "3DEU4711",
	} {
		t.Run(name, func(t *testing.T) {
			requireWire(t, OperatorName, v,
				126, 2+len(v), // Length covers Type, Length and Namespace
				v[:1], v[1:])
		})
	}
	most := "1" + strings.Repeat("a", 252)
	requireWire(t, OperatorName, most,
		126, 255,
		most)
	require.Error(t, OperatorName.Of(most+"a").Err())
	requireInvalid(t, OperatorName, octets(126, 2), octets(126, 3, "1"))
	require.Equal(t, ZeroOrOne, OperatorName.ID().In(radius.CodeCoARequest))
	require.Equal(t, ZeroOrOne, OperatorName.ID().In(radius.CodeDisconnectRequest))
	_, id, err := IdentityOf(setOf(t, OperatorName.Of(most)))
	require.NoError(t, err)
	require.True(t, id.IsZero(), "who runs the home network names no session")
}

func TestR3162_1_LengthsOfIPv6Attributes(t *testing.T) {
	requireWire(t, NASIPv6Address, netip.MustParseAddr("2001:db8::1"),
		95, 18,
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 1)
	requireWire(t, FramedInterfaceID, [8]byte{2, 0, 0x5e, 0xff, 0xfe, 0, 0x53, 1},
		96, 10,
		2, 0, 0x5e, 0xff, 0xfe, 0, 0x53, 1)
	requireWire(t, FramedIPv6Prefix, netip.MustParsePrefix("2001:db8::8000:0:0:0/65"),
		97, 13,
		0, 65,
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0x80)
	requireInvalid(t, NASIPv6Address, octets(95, 17, make([]byte, 15)), octets(95, 19, make([]byte, 17)))
	requireInvalid(t, FramedInterfaceID, octets(96, 9, make([]byte, 7)), octets(96, 11, make([]byte, 9)))
	requireInvalid(t, FramedIPv6Prefix, octets(97, 3, 0), octets(97, 4, 0, 129), octets(97, 21, 0, 128, make([]byte, 17)))
	require.Error(t, FramedIPv6Prefix.Of(netip.MustParsePrefix("2001:db8::1/64")).Err(), "bits beyond the prefix are 0")
}

func TestR3162_1_PrefixesAreComparedByValue(t *testing.T) {
	session := Identity{FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("2001:db8::/64")}}
	for name, test := range map[string]struct {
		wire []byte
		same bool
	}{
		"as short as can be":    {octets(97, 8, 0, 64, 0x20, 0x01, 0x0d, 0xb8), true},
		"all octets":            {octets(97, 20, 0, 64, 0x20, 0x01, 0x0d, 0xb8, make([]byte, 12)), true},
		"another prefix length": {octets(97, 8, 0, 63, 0x20, 0x01, 0x0d, 0xb8), false},
		"another prefix":        {octets(97, 12, 0, 64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, id, err := IdentityOf(parseSet(t, test.wire))
			require.NoError(t, err)
			require.Equal(t, test.same, id.Selects(session))
		})
	}
}

func TestR4372_1_CUIIsOpaque(t *testing.T) {
	for _, v := range [][]byte{{0}, {0, 0}, []byte("Bob"), {0xff, 0, 0x80}} {
		requireWire(t, ChargeableUserIdentity, v,
			89, 2+len(v),
			v)
	}
	requireInvalid(t, ChargeableUserIdentity, octets(89, 2))
	_, _, err := IdentityOf(parseSet(t, octets(89, 2)))
	require.ErrorIs(t, err, errcause.InvalidRequest)
	require.Error(t, ChargeableUserIdentity.Of(nil).Err())

	of := func(v string) Identity {
		_, id, err := IdentityOf(setOf(t, ChargeableUserIdentity.Of([]byte(v))))
		require.NoError(t, err)
		return id
	}
	all := []string{"bob", "Bob", "bob\x00", "bob ", "\x00\x00"}
	for _, v := range all {
		selected := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return !of(v).Selects(of(s)) })
		require.Equal(t, []string{v}, selected, "octet by octet")
	}
	require.False(t, of("\x00").Selects(of("\x00")), "a single NUL says that CUI is supported, and names nobody")
}
