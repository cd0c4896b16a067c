// SPDX-License-Identifier: Apache-2.0

package profile_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/cisco"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/nokia"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/radius-dynauth/dynauth/attrs/starent"
	"github.com/radius-dynauth/dynauth/attrs/threegpp"
	"github.com/radius-dynauth/dynauth/attrs/threegpp2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

const (
	coa = radius.CodeCoARequest
	dm  = radius.CodeDisconnectRequest
)

func get(t testing.TB, name string) profile.Profile {
	t.Helper()
	p, ok := profile.BuiltIn().Get(name)
	require.True(t, ok, name)
	return p
}

// known is what an AAA server knows of a session from its accounting, vendors' attributes included.
func known(t testing.TB, a ...attrs.Attr) (attrs.NAS, attrs.Identity) {
	t.Helper()
	nas, id, err := attrs.IdentityOf(attrtest.Attributes(t, a...), cisco.AuditSessionID, threegpp.IMSI, threegpp.NSAPI, threegpp2.CorrelationID,
		nokia.SubscIDStr, nokia.ServID, nokia.RetailServID, nokia.IPv6Address, attrs.FramedIPv6Address)
	require.NoError(t, err)
	return nas, id
}

var (
	userName  = attrs.UserName.Of("bob")
	sessionID = attrs.AcctSessionID.Of("4f2a")
	mac       = attrs.CallingStationID.Of("0010.a423.19c0")
	address   = attrs.FramedIPAddress.Of(netip.MustParseAddr("192.0.2.7"))
	nasAddr   = attrs.NASIPAddress.Of(netip.MustParseAddr("198.51.100.1"))
	portID    = attrs.NASPortID.Of("lag-1:10.300")
)

func TestIdentify(t *testing.T) {
	audit := cisco.AuditSessionID.Of("0A01")
	for _, c := range []struct {
		profile string
		code    radius.Code
		known   []attrs.Attr
		want    attrs.Attr
	}{
		{"rfc5176", dm, []attrs.Attr{userName, sessionID, mac}, attrs.Join(sessionID, userName, mac)},
		{"rfc5176", dm, []attrs.Attr{userName, attrs.NASPort.Of(99)}, attrs.Join(userName, attrs.NASPort.Of(99))},
		{"rfc5176", dm, []attrs.Attr{userName, address, nasAddr}, attrs.Join(userName, address, nasAddr)},
		{"accel-ppp", dm, []attrs.Attr{sessionID, userName, attrs.NASPort.Of(7)}, attrs.Join(sessionID, userName, attrs.NASPort.Of(7))},
		{"cisco-ios", coa, []attrs.Attr{userName, sessionID, audit, mac}, attrs.Join(sessionID, mac, audit)},
		{"cisco-ios", coa, []attrs.Attr{userName, audit, mac}, attrs.Join(audit, mac)},
		{"cisco-wlc", coa, []attrs.Attr{userName, sessionID, audit, mac, nasAddr}, attrs.Join(audit, nasAddr, attrs.CallingStationID.Of("00-10-A4-23-19-C0"))},
		{"cisco-wlc", dm, []attrs.Attr{userName, sessionID, audit, mac}, attrs.CallingStationID.Of("00-10-A4-23-19-C0")},
		{"cisco-staros", dm, []attrs.Attr{threegpp.Context("262011234567890", 5), address}, attrs.Join(threegpp.Context("262011234567890", 5), address)},
		{"cisco-staros", dm, []attrs.Attr{threegpp.IMSI.Of("262011234567890"), address}, attrs.Join(address, threegpp.IMSI.Of("262011234567890"))},
		{"cisco-staros", dm, []attrs.Attr{threegpp2.CorrelationID.Of("1"), userName, sessionID}, attrs.Join(threegpp2.CorrelationID.Of("1"), userName)},
		{"juniper-junose", coa, []attrs.Attr{userName, address}, attrs.Join(address, userName)},
		{"juniper-junose", dm, []attrs.Attr{userName, attrs.AcctMultiSessionID.Of("m")}, attrs.Join(attrs.AcctMultiSessionID.Of("m"), userName)},
		{"juniper-junose", dm, []attrs.Attr{userName, sessionID, attrs.AcctMultiSessionID.Of("m")}, attrs.Join(sessionID, attrs.AcctMultiSessionID.Of("m"), userName)},
		{"nokia-sros", coa, []attrs.Attr{portID, sessionID, address, nokia.RetailServID.Of(7)}, attrs.Join(portID, address, nokia.RetailServID.Of(7), sessionID)},
		{"nokia-sros", coa, []attrs.Attr{portID, sessionID}, attrs.Join(sessionID, portID)},
		{"nokia-sros", dm, []attrs.Attr{nokia.ServID.Of(7), address}, attrs.Join(nokia.ServID.Of(7), address)},
		{"nokia-sros", dm, []attrs.Attr{userName, nokia.IPv6Address.Of(netip.MustParseAddr("2001:db8::7")), mac}, attrs.Join(userName, nokia.IPv6Address.Of(netip.MustParseAddr("2001:db8::7")))},
		{"ubiquiti-unifi", dm, []attrs.Attr{mac, attrs.NASIdentifier.Of("b4:fb:e4:00:00:01")}, attrs.Join(attrs.CallingStationID.Of("00-10-A4-23-19-C0"), attrs.NASIdentifier.Of("b4fbe4000001"))},
		{"extreme-exos", dm, []attrs.Attr{sessionID, mac}, mac},
		{"juniper-mist", dm, []attrs.Attr{sessionID, mac, nasAddr}, attrs.Join(attrs.CallingStationID.Of("00-10-A4-23-19-C0"), nasAddr, sessionID)},
		{"dell-os9", dm, []attrs.Attr{userName, attrs.NASPort.Of(7)}, attrs.Join(userName, attrs.NASPort.Of(7))},
		{"dell-os9", coa, []attrs.Attr{attrs.NASPort.Of(7), userName, mac}, attrs.Join(attrs.NASPort.Of(7), mac)},
		{"arista-eos", dm, []attrs.Attr{userName, address}, attrs.Join(userName, address)}, // its keys were not read, so those of the RFC
		{"arista-eos", dm, []attrs.Attr{userName, attrs.CalledStationID.Of("ap")}, attrs.Join(userName, attrs.CalledStationID.Of("ap"))},
		{"mikrotik-routeros", coa, []attrs.Attr{sessionID, userName}, attrs.Join(userName, sessionID)},
		{"mikrotik-routeros", dm, []attrs.Attr{address}, address},
		{"hostapd", dm, []attrs.Attr{mac, attrs.NASPort.Of(7), userName}, attrs.Join(attrs.CallingStationID.Of("00-10-A4-23-19-C0"), userName)},
	} {
		nas, id := known(t, c.known...)
		got, err := get(t, c.profile).Identify(c.code, nas, id)
		require.NoError(t, err, c.profile)
		assert.Equal(t, attrtest.Hex(attrtest.Attributes(t, c.want)), attrtest.Hex(attrtest.Attributes(t, got.Attr)), "%s: %v", c.profile, got.Attr)
	}
}

func TestIdentifySaysWhatIsMissing(t *testing.T) {
	nas, id := known(t, mac, nokia.ServID.Of(7))
	_, err := get(t, "ubiquiti-unifi").Identify(dm, nas, id)
	require.ErrorIs(t, err, profile.ErrMissing)
	var missing *profile.MissingError
	ok := errors.As(err, &missing)
	require.True(t, ok)
	assert.Equal(t, [][]attrs.ID{{attrs.NASIdentifier.ID()}}, missing.Missing)
	assert.False(t, missing.Recalled)
	assert.EqualError(t, err, "profile: ubiquiti-unifi: Disconnect-Request needs NAS-Identifier")

	_, err = get(t, "juniper-junos").Identify(coa, nas, id)
	assert.EqualError(t, err, "profile: juniper-junos: CoA-Request needs Acct-Session-Id, or User-Name")

	_, err = get(t, "huawei-ne").Identify(dm, nas, attrs.Identity{UserName: "bob"})
	assert.EqualError(t, err, "profile: huawei-ne: Disconnect-Request needs Acct-Session-Id (or a key that is known from memory only)")

	got, err := get(t, "dell-os9").Identify(dm, nas, id)
	require.NoError(t, err)
	assert.Equal(t, [][]attrs.ID{{attrs.UserName.ID()}, {attrs.NASPort.ID()}}, got.Missing)
	assert.Equal(t, []attrs.ID{attrs.CallingStationID.ID()}, got.Keys)

	_, err = get(t, "rfc5176").Identify(radius.CodeAccessRequest, nas, id)
	require.Error(t, err)
}

// OT21: an address by which an Access-Accept tells the NAS to choose names no session.
func TestOT21_AddressThatNamesNoSession(t *testing.T) {
	for _, addr := range []string{"255.255.255.254", "255.255.255.255", "0.0.0.0"} {
		s := attrs.Identity{FramedIPAddress: netip.MustParseAddr(addr)}
		_, err := get(t, "accel-ppp").Identify(dm, attrs.NAS{}, s)
		require.ErrorIs(t, err, profile.ErrMissing, addr)
	}
	_, err := get(t, "rfc5176").Identify(dm, attrs.NAS{}, attrs.Identity{ChargeableUserIdentity: "\x00"})
	require.ErrorIs(t, err, profile.ErrMissing)
}

func TestWhatWasRecalledIsNotUsedUntilItIsTrusted(t *testing.T) {
	p := get(t, "huawei-ne")
	_, err := p.Identify(dm, attrs.NAS{}, attrs.Identity{UserName: "bob"})
	require.ErrorIs(t, err, profile.ErrMissing)
	assert.Zero(t, p.CoAPort)
	assert.EqualValues(t, 3799, p.Recalled.CoAPort)

	got, err := p.Trust().Identify(dm, attrs.NAS{}, attrs.Identity{UserName: "bob"})
	require.NoError(t, err)
	assert.Equal(t, `User-Name = "bob"`, got.Attr.String())
	assert.EqualValues(t, 3799, p.Trust().CoAPort)
	assert.Zero(t, p.Trust().Recalled)
	assert.NotZero(t, p.Recalled, "Trust changed what it was called on")

	redback := get(t, "redback-smartedge")
	assert.False(t, redback.Offers("redback-activate"))
	assert.True(t, redback.Trust().Offers("redback-activate"))
}

func TestPorts(t *testing.T) {
	for name, want := range map[string][2]uint16{"cisco-ios": {1700, 1700}, "cisco-wlc": {1700, 3799}, "juniper-junose": {1700, 1700}, "nokia-sros": {3799, 3799}, "rfc5176": {3799, 3799}} {
		p := get(t, name)
		assert.Equal(t, want, [2]uint16{p.Port(coa), p.Port(dm)}, name)
	}
	assert.Equal(t, [2]uint16{3799, 3799}, [2]uint16{profile.Profile{}.Port(coa), profile.Profile{}.Port(dm)})
	assert.Equal(t, [2]uint16{3800, 3800}, [2]uint16{profile.Profile{CoAPort: 3800}.Port(coa), profile.Profile{CoAPort: 3800}.Port(dm)})
	assert.Equal(t, "192.0.2.1:1700", get(t, "cisco-wlc").AddrPort(netip.MustParseAddr("192.0.2.1"), coa).String())
}

func TestRefusedAttributesAreNotSent(t *testing.T) {
	p := profile.Profile{Name: "bng", With: []attrs.ID{attrs.UserName.ID(), attrs.NASPortID.ID()}, Refuses: []attrs.ID{attrs.UserName.ID()}}
	nas, id := known(t, userName, sessionID, portID)
	got, err := p.Identify(dm, nas, id)
	require.NoError(t, err)
	assert.Equal(t, `Acct-Session-Id = "4f2a", NAS-Port-Id = "lag-1:10.300"`, got.Attr.String())
	assert.Equal(t, []attrs.ID{attrs.NASPortID.ID()}, got.Also)
	assert.Equal(t, []attrs.ID{attrs.UserName.ID()}, got.LeftOut)
}

// What the NAS does not take tells the session from others, unless what is sent names one session.
func TestWhatIsNotTakenIsNotDropped(t *testing.T) {
	for _, c := range []struct {
		profile string
		code    radius.Code
		known   []attrs.Attr
		want    string
	}{
		{"mikrotik-routeros", dm, []attrs.Attr{userName, attrs.NASPort.Of(99)},
			"profile: mikrotik-routeros: NAS-Port is not taken, and the rest may name other sessions too: Disconnect-Request needs Acct-Session-Id, or no NAS-Port"},
		{"dell-os9", coa, []attrs.Attr{userName, attrs.NASPort.Of(7)},
			"profile: dell-os9: User-Name is not taken, and the rest may name other sessions too: CoA-Request needs Calling-Station-Id, or no User-Name"},
		{"juniper-junos", coa, []attrs.Attr{userName, mac, portID},
			"profile: juniper-junos: Calling-Station-Id, NAS-Port-Id is not taken, and the rest may name other sessions too: CoA-Request needs Acct-Session-Id, or no Calling-Station-Id, NAS-Port-Id"},
	} {
		nas, id := known(t, c.known...)
		_, err := get(t, c.profile).Identify(c.code, nas, id)
		require.ErrorIs(t, err, profile.ErrMissing)
		require.EqualError(t, err, c.want)
		nas, id = known(t, append(c.known, sessionID, mac)...)
		got, err := get(t, c.profile).Identify(c.code, nas, id)
		require.NoError(t, err, c.profile)
		require.NotEmpty(t, got.LeftOut)
	}
	none := profile.Profile{Name: "bng", CoAKeys: [][]attrs.ID{{attrs.AcctSessionID.ID()}}, OneSession: [][]attrs.ID{}}
	nas, id := known(t, userName, sessionID)
	_, err := none.Identify(coa, nas, id)
	require.EqualError(t, err, "profile: bng: User-Name is not taken, and the rest may name other sessions too: CoA-Request needs no User-Name")
}

// A value that cannot be sent is not passed over: without it the request would be wider.
func TestAValueThatIsNoneIsAnError(t *testing.T) {
	_, err := get(t, "rfc5176").Identify(dm, attrs.NAS{}, attrs.Identity{UserName: "bob", AcctSessionID: strings.Repeat("x", 254)})
	require.ErrorContains(t, err, "Acct-Session-Id")
	require.NotErrorIs(t, err, profile.ErrMissing)
	_, err = get(t, "cisco-ios").Identify(dm, attrs.NAS{}, attrs.Identity{AcctSessionID: "1", Other: map[attrs.ID][]string{cisco.AuditSessionID.ID(): {""}}})
	require.ErrorContains(t, err, "audit-session-id")
}

func TestSO12_AccessListAndRulebaseGoApart(t *testing.T) {
	staros := get(t, "cisco-staros")
	both := attrtest.Attributes(t, userName, attrs.FilterID.Of("acl"), starent.Rulebase.Of("gold"))
	require.EqualError(t, staros.Check(coa, both), "profile: cisco-staros: a CoA-Request changes one of Filter-Id and SN-Rulebase and not both: send a request for each")
	require.NoError(t, staros.Check(coa, attrtest.Attributes(t, userName, attrs.FilterID.Of("acl"))))
	require.NoError(t, get(t, "rfc5176").Check(coa, both))
}

func TestEveryPrefixAndOneAddressOfEachFamily(t *testing.T) {
	p := profile.Profile{Name: "bng", CoAKeys: [][]attrs.ID{{attrs.FramedIPv6Prefix.ID(), attrs.FramedInterfaceID.ID()}}, With: []attrs.ID{attrs.NASIPAddress.ID(), attrs.NASIPv6Address.ID()}}
	got, err := p.Identify(coa, attrs.NAS{Addrs: []netip.Addr{netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2"), netip.MustParseAddr("2001:db8::1")}},
		attrs.Identity{FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("2001:db8:1::/64"), netip.MustParsePrefix("2001:db8:2::/64")}, FramedInterfaceID: &[8]byte{7: 1}})
	require.NoError(t, err)
	assert.Equal(t, "Framed-IPv6-Prefix = 2001:db8:1::/64, Framed-IPv6-Prefix = 2001:db8:2::/64, Framed-Interface-Id = 0:0:0:1, NAS-IP-Address = 198.51.100.1, NAS-IPv6-Address = 2001:db8::1", got.Attr.String())
}

func TestKeyNamesAreWhatIdentifyTries(t *testing.T) {
	assert.Equal(t, []string{"Cisco-AVPair(audit-session-id)", "Calling-Station-Id"}, get(t, "cisco-wlc").KeyNames(coa))
	assert.Equal(t, []string{"Calling-Station-Id"}, get(t, "cisco-wlc").KeyNames(dm))
	assert.Contains(t, get(t, "cisco-staros").KeyNames(dm), "3GPP-IMSI+3GPP-NSAPI")
	assert.Equal(t, get(t, "rfc5176").KeyNames(dm), get(t, "arista-eos").KeyNames(dm), "what was recalled is not tried")
	assert.True(t, get(t, "arista-eos").Recalled.Any())
	assert.False(t, get(t, "cisco-ios").Recalled.Any())
}
