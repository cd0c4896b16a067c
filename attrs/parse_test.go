// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        Attr
	}{
		{"User-Name", "bob", UserName.Of("bob")},
		{"user-name", "0x626f62", UserName.Of("0x626f62")},
		{"User-Name", `"bob"`, UserName.Of(`"bob"`)},
		{"NAS-Port", "7", NASPort.Of(7)},
		{"NAS-Port", "0x10", NASPort.Of(16)},
		{"NAS-Port", "010", NASPort.Of(10)},
		{"Session-Timeout", "600", SessionTimeout.Of(10 * time.Minute)},
		{"Service-Type", "Authorize-Only", ServiceType.Of(AuthorizeOnly)},
		{"Service-Type", "authorize-only", ServiceType.Of(17)},
		{"Service-Type", "17", ServiceType.Of(17)},
		{"Service-Type", "Login", ServiceType.Of(LoginUser)},
		{"Acct-Terminate-Cause", "Admin-Reset", AcctTerminateCause.Of(termcause.AdminReset)},
		{"Acct-Terminate-Cause", "999", AcctTerminateCause.Of(999)},
		{"Error-Cause", "Session-Context-Not-Found", ErrorCause.Of(errcause.SessionContextNotFound)},
		{"Error-Cause", "Proxy-Request-Not-Routable", ErrorCause.Of(errcause.RequestNotRoutable)},
		{"Error-Cause", "503", ErrorCause.Of(errcause.SessionContextNotFound)},
		{"Event-Timestamp", "Nov 21 2026 23:00:00 UTC", EventTimestamp.Of(time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC))},
		{"Event-Timestamp", "Nov  1 2026 23:00:00 GMT", EventTimestamp.Of(time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC))},
		{"Event-Timestamp", "2026-11-21T23:00:00+01:00", EventTimestamp.Of(time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC))},
		{"Event-Timestamp", "1795302000", EventTimestamp.Of(time.Unix(1795302000, 0))},
		{"NAS-IP-Address", "192.0.2.1", NASIPAddress.Of(netip.MustParseAddr("192.0.2.1"))},
		{"Framed-IPv6-Prefix", "2001:db8::/32", FramedIPv6Prefix.Of(netip.MustParsePrefix("2001:db8::/32"))},
		{"Framed-Interface-Id", "1:2:3:4", FramedInterfaceID.Of([8]byte{0, 1, 0, 2, 0, 3, 0, 4})},
		{"Framed-Interface-Id", "0x0001000200030004", FramedInterfaceID.Of([8]byte{0, 1, 0, 2, 0, 3, 0, 4})},
		{"Framed-IPX-Network", "255.255.255.254", FramedIPXNetwork.Of(0xfffffffe)},
		{"Framed-IPX-Network", "1", FramedIPXNetwork.Of(1)},
		{"Class", "0x0001", Class.Of([]byte{0, 1})},
		{"Class", "gold", Class.Of([]byte("gold"))},
		{"Tunnel-Type", "VLAN", TunnelType.Of(Tag(0, uint32(13)))},
		{"Tunnel-Type:1", "VLAN", TunnelType.Of(Tag(1, uint32(13)))},
		{"Tunnel-Type:0", "13", TunnelType.Of(Tag(0, uint32(13)))},
		{"Tunnel-Private-Group-ID:31", "42", TunnelPrivateGroupID.Of(Tag(31, "42"))},
		{"Tunnel-Password", "0x70", TunnelPassword.Of(Tag(0, []byte("0x70")))},
		{"Tunnel-Password:2", "pass", TunnelPassword.Of(Tag(2, []byte("pass")))},
		{"Framed-Management-Protocol", "SNMP", FramedManagementProtocol.Of(1)},
		{"Response-Length", "4096", ResponseLength.Of(4096)},
		{"Operator-NAS-Identifier", "0x6162", OperatorNASIdentifier.Of([]byte("ab"))},
		{"NAS-Filter-Rule", strings.Repeat("r", 300), NASFilterRule.Of(strings.Repeat("r", 300))},
		{"Attr-1", "0x626f62", UserName.Of("bob")},
		{"attr-26.9.1", "0x626f62", Vendor(9, 1, []byte("bob"))},
		{"Attr-26", "0x000000090105626f62", Vendor(9, 1, []byte("bob"))},
		{"Attr-241.3", "0x00001000", ResponseLength.Of(4096)},
		{"Attr-241.26.65533.88", "0x78", testExtended.Of("x")},
		{"Attr-245.3", "0x" + strings.Repeat("00", 300), DHCPv6Options.Of(make([]byte, 300))},
		{"Attr-92", "0x" + strings.Repeat("41", 300), NASFilterRule.Of(strings.Repeat("A", 300))},
		{"Test-Own", "Zwei", testOwn.Of(2)},
		{"Test-Own", "255", testOwn.Of(255)},
		{"Test-Array", "0x010203", testArray.Of([3]byte{1, 2, 3})},
		{"Test-Audit-Session-Id", "0a", testSession.Of("0a")},
		{"Test-AVPair", "audit-session-id=0a", testSession.Of("0a")},
		{"Test-Hidden-Tagged:3", "7", testBoth.Of(Tag(3, uint32(7)))},
		{"Test-Tagged-Octets:3", "0x00", testTaggedOctets.Of(Tag(3, []byte{0}))},
		{"Test-Command", "S7", testCommand.Of("S7")},
		{"Test-Tagged-Seconds:3", "7", testTaggedSeconds.Of(Tag(3, 7*time.Second))},
	} {
		got, err := Parse(c.name, c.value)
		require.NoError(t, err, "%s = %s", c.name, c.value)
		require.NoError(t, c.want.Err(), "%s = %s", c.name, c.value)
		require.Equal(t, c.want.b, got.b, "%s = %s", c.name, c.value)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range [][2]string{
		{"", "x"}, {"No-Such-Attribute", "x"}, {"User-Name", ""}, {"User-Name:1", "x"}, {"NAS-Port", ""}, {"NAS-Port", "-1"}, {"NAS-Port", "4294967296"},
		{"NAS-Port", "1_000"}, {"NAS-Port", "0x"}, {"NAS-Port", "ten"}, {"Session-Timeout", "1h"}, {"Service-Type", "Authorise-Only"},
		{"Error-Cause", "0"}, {"Error-Cause", "Nonsense"}, {"Event-Timestamp", "Nov 21 2026 23:00:00 CET"}, {"Event-Timestamp", "yesterday"},
		{"Event-Timestamp", "Nov 21 1969 23:00:00 UTC"}, {"NAS-IP-Address", "192.0.2"}, {"NAS-IP-Address", "2001:db8::1"}, {"NAS-IP-Address", "::ffff:192.0.2.1"},
		{"NAS-IPv6-Address", "fe80::1%eth0"}, {"Framed-IPv6-Prefix", "2001:db8::1/32"}, {"Framed-IPv6-Prefix", "2001:db8::1"}, {"Framed-Interface-Id", "1:2:3"},
		{"Framed-Interface-Id", "1:2:3:4:5"}, {"Framed-Interface-Id", "1:2:3:g"}, {"Framed-Interface-Id", "0x01"}, {"Class", "0xabc"}, {"Class", "0xzz"}, {"Class", "0x"},
		{"Tunnel-Type:32", "VLAN"}, {"Tunnel-Type:-1", "VLAN"}, {"Tunnel-Type:", "VLAN"}, {"Tunnel-Type", "16777216"}, {"Message-Authenticator", "0x00"},
		{"Attr-26.9.1", "bob"}, {"Attr-1", "0x"}, {"Attr-256", "0x01"}, {"Attr-26.9.256", "0x01"}, {"Attr-241", "0xzz"}, {"Attr-69", "0x" + strings.Repeat("00", 250)},
		{"Test-Array", "0x01"}, {"Test-Array", "abc"}, {"Test-Blob", "x"}, {"Test-Own", "256"}, {"Tunnel-Password", ""},
	} {
		a, err := Parse(c[0], c[1])
		require.Error(t, err, "%s = %s", c[0], c[1])
		require.Equal(t, err, a.Err())
		require.Regexp(t, "^attrs: ", err.Error())
	}
}

func TestErrorsDoNotRepeatSecrets(t *testing.T) {
	long := strings.Repeat("s3cret", 60)
	for _, line := range []string{"Tunnel-Password:1 = " + long, "User-Password = " + long, "Test-Hidden = s3cret", "Test-Hidden-Tagged = s3cret", "Test-Secret = " + long,
		"Attr-69 = s3cret", "CHAP-Password = 0xs3cret", "Tunnel-Password:99 = s3cret", "ARAP-Password = s3cret", `Tunnel-Password = "s3cret`, `Tunnel-Password = "s3cret" s3cret`} {
		_, err := ParseLine(line)
		require.Error(t, err, line)
		require.NotContains(t, err.Error(), "s3cret")
	}
}

func TestParseLine(t *testing.T) {
	for line, want := range map[string]Attr{
		`User-Name = "bob"`:                            UserName.Of("bob"),
		`User-Name=bob`:                                UserName.Of("bob"),
		"\tUser-Name  +=  'b o b' # him\r\n":           UserName.Of("b o b"),
		`User-Name := "b\"o\\b\n\r\t\'\101\x41"`:       UserName.Of("b\"o\\b\n\r\t'AA"),
		`User-Name == 'b\'o\\b\n'`:                     UserName.Of(`b'o\b\n`),
		`User-Name = "\000\1\18\377"`:                  UserName.Of("\x00\x01\x018\xff"),
		`User-Name = "a, b = c # d"`:                   UserName.Of("a, b = c # d"),
		`Tunnel-Type:1:=VLAN`:                          TunnelType.Of(Tag(1, uint32(13))),
		`Tunnel-Type:1 := VLAN`:                        TunnelType.Of(Tag(1, uint32(13))),
		`Framed-Interface-Id = 1:2:3:4`:                FramedInterfaceID.Of([8]byte{1: 1, 3: 2, 5: 3, 7: 4}),
		`Event-Timestamp = "Nov 21 2026 23:00:00 UTC"`: EventTimestamp.Of(time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)),
		`Attr-26.9.1 = 0x626f62`:                       Vendor(9, 1, []byte("bob")),
		`Called-Station-Id=00-10-A4-23-19-C0:AP`:       CalledStationID.Of("00-10-A4-23-19-C0:AP"),
		`User-Name = "[hidden]"`:                       UserName.Of("[hidden]"),
	} {
		got, err := ParseLine(line)
		require.NoError(t, err, line)
		require.NoError(t, want.Err())
		require.Equal(t, want.b, got.b, line)
	}
	for _, line := range []string{"", "# nothing", "User-Name", "User-Name bob", "= bob", "User-Name =", `User-Name = ""`, `User-Name = "bob`, `User-Name = 'bob`,
		`User-Name = "b\q"`, `User-Name = "b\x4"`, `User-Name = "b\xzz"`, `User-Name = "b\400"`, `User-Name = "b\`, `User-Name = bob smith`, `User-Name = "bob"smith`,
		"User-Name = bob, NAS-Port = 1", "User-Name != bob", `"User-Name" = bob`, "Tunnel-Password = [hidden]", "Test-Secret = [hidden]", "Tunnel-Password:1 = [hidden]"} {
		a, err := ParseLine(line)
		require.Error(t, err, line)
		require.Equal(t, err, a.Err())
	}
}

func TestParseList(t *testing.T) {
	want := []string{`User-Name = "bob"`, `Filter-Id = "a,b"`, "NAS-Port = 1"}
	for _, s := range []string{`User-Name=bob,Filter-Id="a,b",NAS-Port=1`, "User-Name = bob\nFilter-Id = 'a,b'\r\nNAS-Port = 1\n", "# one\n\n,User-Name=bob , Filter-Id=\"a,b\" #two\n#three\nNAS-Port=1,"} {
		list, err := ParseList(s)
		require.NoError(t, err, s)
		var got []string
		for _, a := range list {
			got = append(got, a.String())
		}
		require.Equal(t, want, got)
		require.Equal(t, strings.Join(want, ", "), Join(list...).String())
	}
	for _, s := range []string{"", " \n# x"} {
		list, err := ParseList(s)
		require.NoError(t, err)
		require.Empty(t, list)
	}
	_, err := ParseList("User-Name=bob,NAS-Port=x")
	require.Error(t, err)
}

func TestFormat(t *testing.T) {
	set := parseSet(t, octets(
		1, 5, "b\"\n",
		1, 7, "\xc3\xbc\xff\x1b\x00",
		1, 2,
		27, 5, 0, 0, 1,
		27, 6, 0, 0, 1, 44,
		6, 6, 0, 0, 0, 99,
		101, 6, 0, 0, 1, 0xf7,
		101, 6, 0, 0, 9, 9,
		101, 6, 0, 0, 0, 0,
		49, 6, 0, 0, 0, 6,
		200, 4, 1, 2,
		0, 3, 1,
		26, 9, 0, 0, 0, 9, 1, 3, "x",
		26, 8, 0, 0, 0xff, 0xf0, 1, 9,
		26, 4, 0, 0,
		241, 3, 3,
		92, 4, "ab", 1, 3, "z", 92, 3, "c",
		97, 20, 0, 32, 0x20, 1, 0xd, 0xb8, make([]byte, 12)))
	require.Equal(t, []string{
		`User-Name = "b\"\n"`,
		`User-Name = "ü\377\033\000"`,
		"Attr-1 = 0x",
		"Attr-27 = 0x000001",
		"Session-Timeout = 300",
		"Service-Type = 99",
		"Error-Cause = Session-Context-Not-Found",
		"Error-Cause = 2313",
		"Attr-101 = 0x00000000",
		"Acct-Terminate-Cause = Admin-Reset",
		"Attr-200 = 0x0102",
		"Attr-0 = 0x01",
		"Attr-26.9.1 = 0x78",
		"Attr-26 = 0x0000fff00109",
		"Attr-26 = 0x0000",
		"Attr-241 = 0x03",
		`NAS-Filter-Rule = "abc"`,
		`User-Name = "z"`,
		"Framed-IPv6-Prefix = 2001:db8::/32",
	}, slices.Collect(Format(set)))
	for range Format(set) {
		break
	}
	require.Equal(t, []string{"Attr-0 = 0x", "Attr-300 = 0x", "Attr--1 = 0x"}, slices.Collect(Format(radius.Attributes{nil, {Type: 300}, {Type: -1}})))
}

func TestAttrPrintsAsTextUnderEveryVerb(t *testing.T) {
	a := Join(UserName.Of("bob"), TunnelPassword.Of(Tag(1, []byte("s3cret"))))
	const want = `User-Name = "bob", Tunnel-Password:1 = [hidden]`
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%08b"} {
		require.Equal(t, want, fmt.Sprintf(verb, a), verb)
		require.NotContains(t, fmt.Sprintf(verb, []Attr{a}), "115", verb)
	}
	b, err := json.Marshal(map[string]Attr{"a": a})
	require.NoError(t, err)
	require.Equal(t, `{"a":"User-Name = \"bob\", Tunnel-Password:1 = [hidden]"}`, string(b))
	require.Empty(t, Attr{}.String())
}

// What is printed is what is read, for every attribute that has a name.
func TestPrintedAttributesAreReadBack(t *testing.T) {
	v := reg.load()
	samples := [][]byte{{0}, {0, 0, 0, 5}, {1, 0, 0, 13}, []byte("te\"xt\x00\xff"), make([]byte, 16), {0x20, 1, 0xd, 0xb8, 15: 1}, {0, 32, 0x20, 1, 0xd, 0xb8}, make([]byte, 8),
		make([]byte, 32), make([]byte, 14), {1, 4, 0, 0}, {3, 't', 'a', 'g'}, {7: 9}, []byte("1example.com"), {0, 0, 0, 0, 9, 1, 3, 'x'}, {1, 2}, make([]byte, 3)}
	for id, r := range v.ids {
		if strings.HasPrefix(r.name, "X-") {
			continue // of tests that want errors
		}
		read := 0
		for _, value := range samples {
			if r.check(value) != nil {
				continue
			}
			read++
			b, err := r.encode(value, 0)
			if err != nil {
				continue
			}
			line := Attr{b: b}.String()
			again, err := ParseLine(line)
			if r.secret() || v.secret(id) {
				require.Contains(t, line, hiddenText)
				require.Error(t, err)
				continue
			}
			require.NoError(t, err, line)
			require.Equal(t, line, again.String())
		}
		require.NotZero(t, read, "%v: no sample", id)
	}
}

func TestRegistry(t *testing.T) {
	id := VendorID(65510, 1)
	first := Text.Key(id, "Reg-First").Sensitive()
	second := Text.Key(id, "Reg-Second").As(RoleSession)
	require.Equal(t, "Reg-Second", id.String(), "the later name is shown")
	require.Equal(t, "Reg-First", first.String())
	require.True(t, IsSensitive(id), "what is sensitive stays so")
	require.Equal(t, RoleSession, id.Role())
	for _, name := range []string{"Reg-First", "REG-SECOND"} {
		a, err := Parse(name, "x")
		require.NoError(t, err)
		got, err := first.Get(setOf(t, a))
		require.NoError(t, err)
		require.Equal(t, "x", got)
	}
	require.NotEqual(t, first, second)

	third := Text.Key(VendorID(65510, 2), "User-Name")
	require.Equal(t, "Attr-26.65510.2", third.ID().String(), "a name belongs to the attribute that had it first")
	require.Equal(t, "Attr-26.65510.2 = 0x78", third.Of("x").String())
	a, err := Parse("User-Name", "bob")
	require.NoError(t, err)
	require.Equal(t, UserName.Of("bob"), a)

	named := map[ID]string{}
	last := ID{}
	for d := range Registered() {
		require.Negative(t, last.compare(d.ID))
		last = d.ID
		named[d.ID] = d.Name
		if d.ID == TunnelPassword.ID() {
			require.Equal(t, Definition{ID: d.ID, Name: "Tunnel-Password", Key: TunnelPassword, Type: "string", Role: RoleAuthorization, Tagged: true, Hidden: true, Sensitive: true}, d)
		}
	}
	require.Equal(t, "User-Name", named[ID{Type: 1}])
	require.Equal(t, "Reg-Second", named[id])
	for range Registered() {
		break
	}
}

func TestRegistryIsSafeForConcurrentUse(t *testing.T) {
	done := make(chan bool)
	go func() {
		defer close(done)
		for i := range uint32(50) {
			Text.Key(VendorID(65519, i+1), fmt.Sprintf("Concurrent-%d", i)).Sensitive().Named(Value{1, "One"}).Alias(fmt.Sprintf("C-%d", i))
		}
	}()
	set := setOf(t, Vendor(65519, 7, []byte("x")))
	for range 50 {
		for id := range IDs(set) {
			_ = id.String()
			_ = id.Role()
		}
		_, err := Parse("User-Name", "bob")
		require.NoError(t, err)
	}
	<-done
	require.Equal(t, "Concurrent-6", VendorID(65519, 7).String())
}
