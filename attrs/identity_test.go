// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"bytes"
	"log/slog"
	"maps"
	"net/netip"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func fullIdentity() Identity {
	port := uint32(0)
	return Identity{
		UserName: "bob", AcctSessionID: "4f2a", AcctMultiSessionID: "m1", CallingStationID: "00-10-A4-23-19-C0", CalledStationID: "00-10-A4-23-19-C1:AP1",
		NASPortID: "ge-0/0/1", ChargeableUserIdentity: "cui\x00", NASPort: &port, FramedIPAddress: netip.MustParseAddr("192.0.2.7"),
		FramedIPv6Prefix:  []netip.Prefix{netip.MustParsePrefix("2001:db8::/64"), netip.MustParsePrefix("2001:db8:1::/64")},
		FramedInterfaceID: &[8]byte{0, 0, 0, 0, 0, 0, 0, 1},
		Other:             map[ID][]string{testText.ID(): {"v"}, NASPortType.ID(): {"\x00\x00\x00\x05"}, testSession.ID(): {"0a"}},
	}
}

var fullNAS = NAS{Identifier: "bng1", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}}

func setOf(t testing.TB, a ...Attr) radius.Attributes {
	t.Helper()
	set, err := Join(a...).AppendTo(nil)
	require.NoError(t, err)
	return set
}

func TestIdentityOfReadsWhatAttrWrites(t *testing.T) {
	want := fullIdentity()
	nas, id, err := IdentityOf(setOf(t, fullNAS.Attr(), want.Attr(), FilterID.Of("slow")), testText, NASPortType, testSession)
	require.NoError(t, err)
	require.Equal(t, fullNAS, nas)
	require.Equal(t, want, id)
	require.True(t, id.Selects(want))

	require.Empty(t, setOf(t, NAS{}.Attr(), Identity{Context: "red"}.Attr()))
	nas, id, err = IdentityOf(nil, testText)
	require.NoError(t, err)
	require.Equal(t, NAS{}, nas)
	require.True(t, id.IsZero())
}

func TestNASKeepsTheOrderOfItsAddresses(t *testing.T) {
	four, six := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for _, addrs := range [][]netip.Addr{{four, six}, {six, four}} {
		nas, _, err := IdentityOf(setOf(t, NAS{Addrs: addrs}.Attr()))
		require.NoError(t, err)
		require.Equal(t, addrs, nas.Addrs)
	}
	nas, _, err := IdentityOf(setOf(t, NAS{Addrs: []netip.Addr{four, six, six.Next(), netip.AddrFrom16(four.Next().As16()), {}}}.Attr()))
	require.NoError(t, err)
	require.Equal(t, []netip.Addr{four, six}, nas.Addrs, "the first of each family")
	require.Error(t, NAS{Addrs: []netip.Addr{{}}}.Attr().Err())
}

// An IPv4 address in NAS-IPv6-Address is that of NAS-IP-Address, given once more.
func TestMappedNASAddressIsIPv4(t *testing.T) {
	four := netip.MustParseAddr("192.0.2.1")
	mapped := func(a netip.Addr) Attr { b := a.As16(); return Raw(95, b[:]) }
	for _, set := range [][]Attr{{mapped(four)}, {NASIPAddress.Of(four), mapped(four)}, {mapped(four), NASIPAddress.Of(four)}} {
		nas, _, err := IdentityOf(setOf(t, set...))
		require.NoError(t, err)
		require.Equal(t, NAS{Addrs: []netip.Addr{four}}, nas)
	}
	for _, set := range [][]Attr{{NASIPAddress.Of(four), mapped(four.Next())}, {mapped(netip.IPv4Unspecified())}} {
		_, _, err := SelectionOf(setOf(t, set...))
		require.ErrorIs(t, err, errcause.InvalidRequest)
	}
}

func TestIdentityOfLeavesVendorAttributesToTheHost(t *testing.T) {
	set := setOf(t, UserName.Of("bob"), testText.Of("v"), testPair.Of("x=y"), FramedIPv6Address.Of(netip.MustParseAddr("2001:db8::9")))
	_, id, err := IdentityOf(set)
	require.NoError(t, err)
	require.Equal(t, Identity{UserName: "bob"}, id)
	_, id, err = IdentityOf(set, UserName, NASIPAddress, FramedIPv6Address, NASPort)
	require.NoError(t, err, "what IdentityOf reads anyway may be named too")
	require.Equal(t, map[ID][]string{FramedIPv6Address.ID(): {string(octets(0x20, 1, 0xd, 0xb8, make([]byte, 11), 9))}}, id.Other)
}

func TestSelectionOfRefusesWhatWouldWidenTheMatch(t *testing.T) {
	zero16 := make([]byte, 16)
	for name, wire := range map[string][]byte{
		"empty User-Name":                  octets(1, 2),
		"empty Acct-Session-Id":            octets(44, 2),
		"empty Acct-Multi-Session-Id":      octets(50, 2),
		"empty Calling-Station-Id":         octets(31, 2),
		"empty Called-Station-Id":          octets(30, 2),
		"empty NAS-Port-Id":                octets(87, 2),
		"empty CUI":                        octets(89, 2),
		"empty NAS-Identifier":             octets(32, 2),
		"short NAS-Port":                   octets(5, 5, 0, 0, 1),
		"short Framed-IP-Address":          octets(8, 5, 10, 0, 0),
		"unspecified Framed-IP-Address":    octets(8, 6, 0, 0, 0, 0),
		"255.255.255.255":                  octets(8, 6, 255, 255, 255, 255),
		"255.255.255.254":                  octets(8, 6, 255, 255, 255, 254),
		"unspecified NAS-IP-Address":       octets(4, 6, 0, 0, 0, 0),
		"unspecified NAS-IPv6-Address":     octets(95, 18, zero16),
		"short NAS-IPv6-Address":           octets(95, 17, make([]byte, 15)),
		"short Framed-Interface-Id":        octets(96, 9, make([]byte, 7)),
		"short Framed-IPv6-Prefix":         octets(97, 3, 0),
		"unspecified Framed-IPv6-Prefix":   octets(97, 4, 0, 0),
		"unspecified prefix of 64":         octets(97, 4, 0, 64),
		"short NAS-Port-Type":              octets(61, 5, 0, 0, 1),
		"unspecified Framed-IPv6-Address":  octets(168, 18, zero16),
		"empty vendor text":                octets(26, 8, 0, 0, 0xff, 0xfd, 1, 2),
		"empty one of several":             octets(26, 25, 0, 0, 0xff, 0xfd, 6, 19, "audit-session-id="),
		"vendor content of another format": octets(26, 8, 0, 0, 0xff, 0xfd, 1, 9),
		"Vendor-Specific of 6 octets":      octets(26, 6, 0, 0, 0xff, 0xfd),
		"hidden":                           octets(26, 12, 0, 0, 0xff, 0xfd, 3, 6, 1, 2, 3, 4),
	} {
		t.Run(name, func(t *testing.T) {
			set := parseSet(t, octets(44, 3, "1", wire))
			nas, id, err := SelectionOf(set, NASPortType, FramedIPv6Address, testText, testSession, testHidden)
			require.ErrorIs(t, err, errcause.InvalidRequest)
			require.True(t, id.IsZero(), "and nothing can be selected with what is left")
			require.Equal(t, NAS{}, nas)
		})
	}
}

func TestA15_RepeatedIdentificationMustAgree(t *testing.T) {
	for name, c := range map[string]struct{ a, b, same Attr }{
		"User-Name":              {UserName.Of("a"), UserName.Of("b"), UserName.Of("a")},
		"Acct-Session-Id":        {AcctSessionID.Of("1"), AcctSessionID.Of("01"), AcctSessionID.Of("1")},
		"Calling-Station-Id":     {CallingStationID.Of("00-10-A4-23-19-C0"), CallingStationID.Of("00-10-A4-23-19-C1"), CallingStationID.Of("0010a42319c0")},
		"NAS-Port":               {NASPort.Of(0), NASPort.Of(1), NASPort.Of(0)},
		"NAS-Identifier":         {NASIdentifier.Of("a"), NASIdentifier.Of("b"), NASIdentifier.Of("a")},
		"NAS-IP-Address":         {NASIPAddress.Of(netip.MustParseAddr("10.0.0.1")), NASIPAddress.Of(netip.MustParseAddr("10.0.0.2")), NASIPAddress.Of(netip.MustParseAddr("10.0.0.1"))},
		"Framed-IP-Address":      {FramedIPAddress.Of(netip.MustParseAddr("10.0.0.1")), FramedIPAddress.Of(netip.MustParseAddr("10.0.0.2")), FramedIPAddress.Of(netip.MustParseAddr("10.0.0.1"))},
		"Framed-Interface-Id":    {FramedInterfaceID.Of([8]byte{1}), FramedInterfaceID.Of([8]byte{2}), FramedInterfaceID.Of([8]byte{1})},
		"CUI":                    {ChargeableUserIdentity.Of([]byte("a")), ChargeableUserIdentity.Of([]byte("b")), ChargeableUserIdentity.Of([]byte("a"))},
		"vendor attribute":       {testText.Of("a"), testText.Of("b"), testText.Of("a")},
		"one of several in text": {testSession.Of("a"), testSession.Of("b"), testSession.Of("a")},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := IdentityOf(setOf(t, c.a, UserName.Of("a"), c.b), testText, testSession)
			require.ErrorIs(t, err, errcause.InvalidRequest)
			_, _, err = IdentityOf(setOf(t, c.a, UserName.Of("a"), c.same), testText, testSession)
			require.NoError(t, err)
		})
	}
}

// Each attribute alone selects and, with another value, does not.
func identityParts() map[string][2]Identity {
	port, other := uint32(0), uint32(1)
	text := func(set func(*Identity, string), a, b string) [2]Identity {
		var ids [2]Identity
		set(&ids[0], a)
		set(&ids[1], b)
		return ids
	}
	return map[string][2]Identity{
		"User-Name":             text(func(id *Identity, s string) { id.UserName = s }, "bob", "Bob"),
		"Acct-Session-Id":       text(func(id *Identity, s string) { id.AcctSessionID = s }, "4f2a", "4F2A"),
		"Acct-Multi-Session-Id": text(func(id *Identity, s string) { id.AcctMultiSessionID = s }, "m1", "m10"),
		"Calling-Station-Id":    text(func(id *Identity, s string) { id.CallingStationID = s }, "0010.a423.19c0", "0010.a423.19c1"),
		"Called-Station-Id":     text(func(id *Identity, s string) { id.CalledStationID = s }, "00:10:A4:23:19:C1:AP1", "00:10:A4:23:19:C1:ap1"),
		"NAS-Port-Id":           text(func(id *Identity, s string) { id.NASPortID = s }, "ge-0/0/1", "ge-0/0/10"),
		"CUI":                   text(func(id *Identity, s string) { id.ChargeableUserIdentity = s }, "cui\x00", "cui"),
		"NAS-Port":              {{NASPort: &port}, {NASPort: &other}},
		"Framed-IP-Address":     {{FramedIPAddress: netip.MustParseAddr("::ffff:192.0.2.7")}, {FramedIPAddress: netip.MustParseAddr("192.0.2.8")}},
		"Framed-IPv6-Prefix":    {{FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("2001:db8:1::/64")}}, {FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("2001:db8:1::/65")}}},
		"Framed-Interface-Id":   {{FramedInterfaceID: &[8]byte{7: 1}}, {FramedInterfaceID: &[8]byte{7: 2}}},
		"vendor attribute":      {{Other: map[ID][]string{testText.ID(): {"v"}}}, {Other: map[ID][]string{testText.ID(): {"w"}}}},
		"NAS-Port-Type":         {{Other: map[ID][]string{NASPortType.ID(): {"\x00\x00\x00\x05"}}}, {Other: map[ID][]string{NASPortType.ID(): {"\x00\x00\x00\x0f"}}}},
	}
}

func TestR5176_3_1_EveryAttributeMustMatch(t *testing.T) {
	s := fullIdentity()
	for name, c := range identityParts() {
		require.False(t, c[0].IsZero(), name)
		require.True(t, c[0].Selects(s), name)
		require.False(t, c[1].Selects(s), name)
		require.False(t, c[0].Selects(Identity{}), "%s, and the session has none", name)
		for other, o := range identityParts() {
			require.True(t, both(c[0], o[0]).Selects(s), "%s and %s", name, other)
			if name != other {
				require.False(t, both(c[0], o[1]).Selects(s), "%s and another %s", name, other)
			}
		}
	}
	require.True(t, s.Selects(s))
}

// both has what a and b have.
func both(a, b Identity) Identity {
	pick := func(a *string, b string) {
		if b != "" {
			*a = b
		}
	}
	pick(&a.UserName, b.UserName)
	pick(&a.AcctSessionID, b.AcctSessionID)
	pick(&a.AcctMultiSessionID, b.AcctMultiSessionID)
	pick(&a.CallingStationID, b.CallingStationID)
	pick(&a.CalledStationID, b.CalledStationID)
	pick(&a.NASPortID, b.NASPortID)
	pick(&a.ChargeableUserIdentity, b.ChargeableUserIdentity)
	if b.NASPort != nil {
		a.NASPort = b.NASPort
	}
	if b.FramedIPAddress.IsValid() {
		a.FramedIPAddress = b.FramedIPAddress
	}
	if b.FramedInterfaceID != nil {
		a.FramedInterfaceID = b.FramedInterfaceID
	}
	a.FramedIPv6Prefix = append(a.FramedIPv6Prefix[:len(a.FramedIPv6Prefix):len(a.FramedIPv6Prefix)], b.FramedIPv6Prefix...)
	other := map[ID][]string{}
	for _, m := range []map[ID][]string{a.Other, b.Other} {
		maps.Copy(other, m)
	}
	a.Other = other
	return a
}

func TestA12_TheZeroIdentitySelectsNothing(t *testing.T) {
	require.False(t, Identity{}.Selects(fullIdentity()))
	require.False(t, Identity{}.Selects(Identity{}))
	require.False(t, Identity{Context: "red"}.Selects(Identity{Context: "red"}), "all sessions of a context are not meant either")
	require.True(t, Identity{Context: "red", FramedIPv6Prefix: []netip.Prefix{}, Other: map[ID][]string{}}.IsZero())
}

func TestContextIsPartOfEveryMatch(t *testing.T) {
	s := Identity{Context: "red", UserName: "bob"}
	require.True(t, Identity{Context: "red", UserName: "bob"}.Selects(s))
	require.False(t, Identity{Context: "blue", UserName: "bob"}.Selects(s))
	require.False(t, Identity{UserName: "bob"}.Selects(s))
}

func TestR4372_1_ASingleNULMatchesNoSession(t *testing.T) {
	_, id, err := IdentityOf(parseSet(t, octets(89, 3, 0)))
	require.NoError(t, err)
	require.False(t, id.IsZero())
	require.False(t, id.Selects(Identity{ChargeableUserIdentity: "\x00"}))
	require.False(t, id.Selects(fullIdentity()))
}

func TestPrefixesOfASessionMayBeMoreAndInAnotherOrder(t *testing.T) {
	s := fullIdentity()
	p := s.FramedIPv6Prefix
	require.True(t, Identity{FramedIPv6Prefix: []netip.Prefix{p[1], p[0]}}.Selects(s))
	require.False(t, s.Selects(Identity{FramedIPv6Prefix: p[:1]}))
	require.False(t, Identity{FramedIPv6Prefix: append(p[:2:2], netip.MustParsePrefix("2001:db8:2::/64"))}.Selects(s), "each must be there")
}

func TestIdentityAttrRefusesWhatNamesNoSession(t *testing.T) {
	for name, id := range map[string]Identity{
		"unspecified address": {FramedIPAddress: netip.IPv4Unspecified()},
		"255.255.255.254":     {FramedIPAddress: netip.MustParseAddr("255.255.255.254")},
		"IPv6 address":        {FramedIPAddress: netip.IPv6Unspecified()},
		"unspecified prefix":  {FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("::/64")}},
		"prefix, host bits":   {FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("2001:db8::1/64")}},
		"long text":           {UserName: strings.Repeat("x", 254)},
		"empty other":         {Other: map[ID][]string{testText.ID(): {""}}},
		"malformed other":     {Other: map[ID][]string{NASPortType.ID(): {"x"}}},
		"hidden other":        {Other: map[ID][]string{testHidden.ID(): {"1234"}}},
		"impossible other":    {Other: map[ID][]string{{Type: 300}: {"x"}}},
	} {
		require.Error(t, id.Attr().Err(), name)
	}
}

func TestNASAttr(t *testing.T) {
	got := setOf(t, NAS{Identifier: "n", Addrs: []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.1"), netip.MustParseAddr("192.0.2.2"),
		netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")}}.Attr())
	nas, _, err := IdentityOf(got)
	require.NoError(t, err)
	require.Equal(t, NAS{"n", []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}}, nas, "the first of each family")
	for _, addr := range []netip.Addr{{}, netip.IPv4Unspecified(), netip.IPv6Unspecified(), netip.MustParseAddr("fe80::1%eth0")} {
		require.Error(t, NAS{Addrs: []netip.Addr{addr}}.Attr().Err(), "%v", addr)
	}
}

func TestSelectsAllocatesNothing(t *testing.T) {
	id, s := fullIdentity(), fullIdentity()
	s.CallingStationID = "0010.a423.19c0"
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if !id.Selects(s) {
			t.Fatal("does not select")
		}
	}))
}

func TestIdentityOfAllocatesLittle(t *testing.T) {
	set := setOf(t, UserName.Of("bob"), AcctSessionID.Of("4f2a"), NASIPAddress.Of(fullNAS.Addrs[0]), CallingStationID.Of("00-10-A4-23-19-C0"))
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		if _, _, err := IdentityOf(set); err != nil {
			t.Fatal(err)
		}
	}), 2.0)
}

func TestMAC(t *testing.T) {
	for _, s := range []string{"00-10-A4-23-19-C0", "00:10:a4:23:19:c0", "0010.a423.19c0", "0010A4-2319C0", "0010a423-19c0", "0010A423.19C0", "0010a42319c0", "00 10 a4 23 19 c0", "0010A42319C0"} {
		mac, ok := MAC(s)
		require.True(t, ok, s)
		require.Equal(t, "00-10-A4-23-19-C0", mac)
	}
	for _, s := range []string{"", "0", "00-10-A4-23-19", "00-10-A4-23-19-", "00-10-A4-23-19-C", "00-10-A4-23-19-C0-", "00-10-A4-23-19-C0:AP", "00-10:A4-23-19-C0", "0010a423-19c", "0010a423-19c0-", "0010a42-319c0", "0010a423-19-c0", "00-10a423-19c0",
		"0-10-A4-23-19-C00", "001-0A4-231-9C0", "0010a42319cg", "00--10-A4-23-19", "+491701234567", "0010a42319c000", "bob@example.net", "00-10-A4-23-19-C0\x00"} {
		_, ok := MAC(s)
		require.False(t, ok, s)
		if s != "00-10-A4-23-19-C0:AP" {
			require.Equal(t, s, StationID(s))
		}
	}
}

func TestStationID(t *testing.T) {
	same := []string{"00-10-A4-23-19-C0:My AP", "00:10:a4:23:19:c0:My AP", "0010.A423.19C0:My AP"}
	for _, s := range same {
		require.Equal(t, same[0], StationID(s))
		require.True(t, sameStation(s, same[1]))
	}
	for _, pair := range [][2]string{
		{"00-10-A4-23-19-C0:ap", "00-10-A4-23-19-C0:AP"}, {"00-10-A4-23-19-C0", "00-10-A4-23-19-C0:"}, {"Bob", "bob"},
		{"0010a42319c0x", "0010A42319C0x"}, {"00-10-A4-23-19-C0-ap", "00:10:A4:23:19:C0-ap"},
	} {
		require.False(t, sameStation(pair[0], pair[1]), "%v", pair)
		require.NotEqual(t, StationID(pair[0]), StationID(pair[1]))
	}
	s := "00-10-A4-23-19-C0:ap"
	require.Zero(t, testing.AllocsPerRun(10, func() { _ = StationID(s) }), "what has the form already is returned")
}

func TestAnIdentityIsLoggedAsItsAttributes(t *testing.T) {
	var log bytes.Buffer
	id := Identity{Context: "vrf1", UserName: "bob", AcctSessionID: "4f2a"}
	slog.New(slog.NewTextHandler(&log, nil)).Info("ended", slog.Any("session", id))
	require.Contains(t, log.String(), `session="User-Name = \"bob\", Acct-Session-Id = \"4f2a\""`)
	log.Reset()
	slog.New(slog.NewJSONHandler(&log, nil)).Info("ended", "session", &id)
	require.Contains(t, log.String(), `"session":"User-Name = \"bob\", Acct-Session-Id = \"4f2a\""`)
	require.NotContains(t, log.String(), "vrf1", "no attribute")
	require.Equal(t, id.Attr().String(), id.LogValue().String())
}
