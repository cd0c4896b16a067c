// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// octets joins the rows of a figure.
func octets(rows ...any) (b []byte) {
	for _, row := range rows {
		switch row := row.(type) {
		case int:
			b = append(b, byte(row))
		case string:
			b = append(b, row...)
		case []byte:
			b = append(b, row...)
		}
	}
	return b
}

// parseSet reads encoded attributes.
func parseSet(t testing.TB, b []byte) radius.Attributes {
	t.Helper()
	set, err := radius.ParseAttributes(b)
	require.NoError(t, err)
	return set
}

// A wireCase is one value and its octets, for a Key of any type.
type wireCase struct {
	name string
	attr Attr
	wire []byte
	get  func(radius.Attributes) (any, error)
	want any
}

// wire pairs a value of a Key with its octets.
func wire[T any](name string, k Key[T], v T, rows ...any) wireCase {
	return wireCase{name, k.Of(v), octets(rows...), func(set radius.Attributes) (any, error) { return k.Get(set) }, v}
}

func wireCases() []wireCase {
	long := strings.Repeat("permit in ip from any to any\x00", 12) // 348 octets
	options := octets(strings.Repeat("d", 300))
	return []wireCase{
		wire("text, RFC 2865 section 5.1", UserName, "bob",
			1, 5,
			"bob"),
		wire("text with invalid UTF-8 and NUL", UserName, "b\x00\xff",
			1, 5,
			"b\x00\xff"),
		wire("address, section 5.4", NASIPAddress, netip.MustParseAddr("192.0.2.1"),
			4, 6,
			192, 0, 2, 1),
		wire("integer, section 5.5", NASPort, 0x01020304,
			5, 6,
			1, 2, 3, 4),
		wire("time span, section 5.27", SessionTimeout, time.Hour,
			27, 6,
			0, 0, 0x0e, 0x10),
		wire("octets, section 5.25", Class, []byte{0, 1},
			25, 4,
			0, 1),
		wire("time, RFC 2869 section 5.3", EventTimestamp, time.Unix(0x65f00000, 0).UTC(),
			55, 6,
			0x65, 0xf0, 0, 0),
		wire("Message-Authenticator, section 5.14", MessageAuthenticator, []byte("0123456789abcdef"),
			80, 18,
			"0123456789abcdef"),
		wire("IPv6 address, RFC 3162 section 2.1", NASIPv6Address, netip.MustParseAddr("2001:db8::1"),
			95, 18,
			0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
		wire("interface identifier, section 2.2", FramedInterfaceID, [8]byte{0, 0, 0, 0, 0, 0, 0, 1},
			96, 10,
			0, 0, 0, 0, 0, 0, 0, 1),
		wire("prefix, section 2.3", FramedIPv6Prefix, netip.MustParsePrefix("2001:db8:0:80::/57"),
			97, 12,
			0, 57, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x80),
		wire("prefix of no octets", FramedIPv6Prefix, netip.MustParsePrefix("::/0"),
			97, 4,
			0, 0),
		wire("delegated prefix, RFC 4818", DelegatedIPv6Prefix, netip.MustParsePrefix("2001:db8::/32"),
			123, 8,
			0, 32, 0x20, 0x01, 0x0d, 0xb8),
		wire("CUI, RFC 4372", ChargeableUserIdentity, []byte{0},
			89, 3,
			0),
		wire("Error-Cause, RFC 5176 section 3.5", ErrorCause, errcause.SessionContextNotFound,
			101, 6,
			0, 0, 0x01, 0xf7),
		wire("Acct-Terminate-Cause, RFC 2866 section 5.10", AcctTerminateCause, termcause.AdminReset,
			49, 6,
			0, 0, 0, 6),
		wire("tagged integer, RFC 2868 section 3.1", TunnelType, Tag(1, uint32(13)),
			64, 6,
			1, 0, 0, 13),
		wire("tagged integer without tag", TunnelType, Tag(0, uint32(0xffffff)),
			64, 6,
			0, 0xff, 0xff, 0xff),
		wire("tagged text, section 3.3", TunnelClientEndpoint, Tag(31, "lac"),
			66, 6,
			31, "lac"),
		wire("tagged text without tag", TunnelPrivateGroupID, Tag(0, "42"),
			81, 4,
			"42"),
		wire("tagged text that begins like a tag", TunnelPrivateGroupID, Tag(0, "\x1f2"),
			81, 5,
			0, 0x1f, "2"),
		wire("one value over several attributes, RFC 4849", NASFilterRule, long,
			92, 255, long[:253],
			92, 97, long[253:]),
		wire("EAP-Message, RFC 3579 section 3.1", EAPMessage, octets(strings.Repeat("e", 254)),
			79, 255, strings.Repeat("e", 253),
			79, 3, "e"),
		wire("extended type, RFC 6929 section 2.1", ResponseLength, 4096,
			241, 7,
			3,
			0, 0, 0x10, 0),
		wire("Original-Packet-Code, RFC 7930 section 4", OriginalPacketCode, 43,
			241, 7,
			4,
			0, 0, 0, 43),
		wire("Operator-NAS-Identifier, RFC 8559 section 3.4", OperatorNASIdentifier, []byte("token"),
			241, 8,
			8,
			"token"),
		wire("Operator-Name, RFC 5580 section 4.1", OperatorName, "1example.com",
			126, 14,
			"1", "example.com"),
		wire("long extended type, RFC 6929 section 2.2", DHCPv6Options, options,
			245, 255, 3, 0x80, options[:251],
			245, 53, 3, 0x00, options[251:]),
		wire("Vendor-Specific as a whole, RFC 2865 section 5.26", VendorSpecific, octets(0, 0, 0, 9, 1, 3, "x"),
			26, 9,
			0, 0, 0, 9,
			1, 3, "x"),
		wire("VLAN, RFC 4675", EgressVLANID, 0x31000007,
			56, 6,
			0x31, 0, 0, 7),
		wire("TLV, RFC 6930", IPv66rdConfiguration, octets(1, 6, 0, 0, 0, 8),
			173, 8,
			1, 6, 0, 0, 0, 8),
		wire("IPX network", FramedIPXNetwork, 0xfffffffe,
			23, 6,
			0xff, 0xff, 0xff, 0xfe),
		wire("Framed-IPv6-Address, RFC 6911", FramedIPv6Address, netip.MustParseAddr("2001:db8::2"),
			168, 18,
			0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2),
	}
}

func TestKeysBuildAndReadTheFiguresOfTheRFCs(t *testing.T) {
	for _, c := range wireCases() {
		t.Run(c.name, func(t *testing.T) {
			require.NoError(t, c.attr.Err())
			require.Equal(t, c.wire, c.attr.b)
			got, err := c.get(parseSet(t, c.wire))
			require.NoError(t, err)
			require.Equal(t, c.want, got)

			set, err := c.attr.AppendTo(radius.Attributes{{Type: 44, Attribute: []byte("before")}})
			require.NoError(t, err)
			got, err = c.get(set)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

// What peers send that the RFCs do not quite allow, and what becomes of it.
func TestR3162_1_PrefixesAreReadAsTheyCome(t *testing.T) {
	for name, wire := range map[string][]byte{
		"host bits":               octets(97, 20, 0, 32, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9),
		"all octets":              octets(97, 20, 0, 32, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		"reserved octet not zero": octets(97, 8, 7, 32, 0x20, 0x01, 0x0d, 0xb8),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := FramedIPv6Prefix.Get(parseSet(t, wire))
			require.NoError(t, err)
			require.Equal(t, netip.MustParsePrefix("2001:db8::/32"), p)
		})
	}
	p, err := FramedIPv6Prefix.Get(parseSet(t, octets(97, 6, 0, 64, 0x20, 0x01)))
	require.NoError(t, err)
	require.Equal(t, netip.MustParsePrefix("2001::/64"), p, "missing octets are 0")
}

func TestKeysRefuseWhatCannotBeDecoded(t *testing.T) {
	for name, c := range map[string]struct {
		key  interface{ lookup(radius.Attributes) error }
		wire []byte
	}{
		"empty text":                   {get(UserName), octets(1, 2)},
		"empty octets":                 {get(State), octets(24, 2)},
		"short address":                {get(NASIPAddress), octets(4, 5, 192, 0, 2)},
		"long integer":                 {get(NASPort), octets(5, 7, 1, 2, 3, 4, 5)},
		"short time span":              {get(SessionTimeout), octets(27, 3, 1)},
		"IPv4 address in IPv6":         {get(NASIPv6Address), octets(95, 6, 192, 0, 2, 1)},
		"prefix of one octet":          {get(FramedIPv6Prefix), octets(97, 3, 0)},
		"prefix length 129":            {get(FramedIPv6Prefix), octets(97, 4, 0, 129)},
		"prefix of 17 octets":          {get(FramedIPv6Prefix), octets(97, 21, 0, 128, strings.Repeat("x", 17))},
		"tag beyond the range":         {get(TunnelType), octets(64, 6, 0x20, 0, 0, 13)},
		"tag and nothing":              {get(TunnelClientEndpoint), octets(66, 3, 1)},
		"short Operator-Name":          {get(OperatorName), octets(126, 3, "1")},
		"Message-Authenticator of 15":  {get(MessageAuthenticator), octets(80, 17, strings.Repeat("x", 15))},
		"extended without value":       {get(ResponseLength), octets(241, 3, 3)},
		"extended without type":        {get(ResponseLength), octets(241, 2)},
		"extended of a wrong length":   {get(ResponseLength), octets(241, 6, 3, 0, 0, 1)},
		"fragment without the next":    {get(DHCPv6Options), octets(245, 255, 3, 0x80, strings.Repeat("x", 251))},
		"TLV beyond its end":           {get(IPv66rdConfiguration), octets(173, 5, 1, 4, 0)},
		"Vendor-Specific of 6 octets":  {get(VendorSpecific), octets(26, 6, 0, 0, 0, 9)},
		"Vendor-Specific, for a Key":   {get(testText), octets(26, 6, 0, 0, 0xff, 0xfd)},
		"vendor content of no format":  {get(testText), octets(26, 9, 0, 0, 0xff, 0xfd, 1, 9, "x")},
		"vendor attribute with length": {get(testText), octets(26, 8, 0, 0, 0xff, 0xfd, 1, 2)},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.key.lookup(parseSet(t, c.wire))
			require.ErrorIs(t, err, errcause.InvalidRequest)
			require.NotErrorIs(t, err, errcause.MissingAttribute)
		})
	}
}

// A getter hides the type of a Key.
type getter func(radius.Attributes) error

func (g getter) lookup(set radius.Attributes) error { return g(set) }

func get[T any](k Key[T]) getter {
	return func(set radius.Attributes) error {
		_, err := k.Get(set)
		return err
	}
}

func TestStrictEncoders(t *testing.T) {
	for name, a := range map[string]Attr{
		"empty text":                       UserName.Of(""),
		"empty octets":                     State.Of(nil),
		"text of 254 octets":               UserName.Of(strings.Repeat("x", 254)),
		"tagged text of 253 octets":        TunnelClientEndpoint.Of(Tag(1, strings.Repeat("x", 253))),
		"empty tagged text":                TunnelClientEndpoint.Of(Tag(1, "")),
		"empty text over several":          NASFilterRule.Of(""),
		"tag 32":                           TunnelType.Of(Tag(32, uint32(1))),
		"tag 32 on text":                   TunnelClientEndpoint.Of(Tag(32, "x")),
		"tag 32 on a hidden value":         TunnelPassword.Of(Tag(32, []byte("x"))),
		"tagged integer over 24 bits":      TunnelPreference.Of(Tag(1, uint32(1<<24))),
		"negative time span":               SessionTimeout.Of(-time.Second),
		"time span over 32 bits":           SessionTimeout.Of(time.Second << 32),
		"time before 1970":                 EventTimestamp.Of(time.Unix(-1, 0)),
		"time after 2106":                  EventTimestamp.Of(time.Unix(1<<32, 0)),
		"zero time":                        EventTimestamp.Of(time.Time{}),
		"no address":                       NASIPAddress.Of(netip.Addr{}),
		"IPv6 for IPv4":                    NASIPAddress.Of(netip.MustParseAddr("2001:db8::1")),
		"mapped address for IPv4":          NASIPAddress.Of(netip.MustParseAddr("::ffff:192.0.2.1")),
		"mapped address for IPv6":          NASIPv6Address.Of(netip.MustParseAddr("::ffff:192.0.2.1")),
		"IPv4 for IPv6":                    NASIPv6Address.Of(netip.MustParseAddr("192.0.2.1")),
		"address with zone":                NASIPv6Address.Of(netip.MustParseAddr("fe80::1%eth0")),
		"prefix with host bits":            FramedIPv6Prefix.Of(netip.MustParsePrefix("2001:db8::1/64")),
		"IPv4 prefix":                      FramedIPv6Prefix.Of(netip.MustParsePrefix("192.0.2.0/24")),
		"no prefix":                        FramedIPv6Prefix.Of(netip.Prefix{}),
		"no cause":                         ErrorCause.Of(0),
		"no terminate cause":               AcctTerminateCause.Of(0),
		"octets of a wrong length":         MessageAuthenticator.Of([]byte("short")),
		"Operator-Name without name":       OperatorName.Of("1"),
		"Operator-NAS-Identifier of 33":    OperatorNASIdentifier.Of(make([]byte, 33)),
		"no TLV":                           IPv66rdConfiguration.Of([]byte{1, 9, 0}),
		"Vendor-Specific without content":  VendorSpecific.Of([]byte{0, 0, 0, 9}),
		"hidden value of 240 octets":       TunnelPassword.Of(Tag(0, make([]byte, 240))),
		"empty hidden value":               TunnelPassword.Of(Tag(1, []byte{})),
		"raw type 0":                       Raw(0, []byte("x")),
		"raw type 256":                     Raw(256, []byte("x")),
		"raw type -1":                      Raw(-1, []byte("x")),
		"raw and empty":                    Raw(25, nil),
		"raw of 254 octets":                Raw(25, make([]byte, 254)),
		"vendor value of 248 octets":       Vendor(9, 1, make([]byte, 248)),
		"vendor value that is empty":       Vendor(9, 1, nil),
		"vendor 0":                         Vendor(0, 1, []byte("x")),
		"extended value of 253 octets":     Octets.Key(ID{Type: 241, Sub: 250}, "X-Extended").Of(make([]byte, 253)),
		"extended vendor value, empty":     custom(func([]byte) ([]byte, error) { return nil, nil }, decodeOctets).Key(ID{Type: 241, Vendor: 65533, Sub: 1}, "X-Empty").Of(nil),
		"fragments that fill no packet":    DHCPv6Options.Of(make([]byte, 5000)),
		"type above 255":                   Text.Key(ID{Type: 256}, "X-Above").Of("x"),
		"vendor type that does not fit":    Text.Key(VendorID(65533, 256), "X-Wide").Of("x"),
		"extended type above 255":          Text.Key(ID{Type: 241, Sub: 256}, "X-Sub").Of("x"),
		"sub-type of a plain attribute":    Text.Key(ID{Type: 1, Sub: 2}, "X-Plain").Of("x"),
		"zero Key":                         Key[string]{}.Of("x"),
		"zero HiddenKey":                   HiddenKey[string]{}.Of("x"),
		"Key without functions":            NewKey[string](VendorID(65533, 77), "X-None", nil, nil).Of("x"),
		"one of several whose name splits": Text.Key(ID{Type: 26, Vendor: 65533, Sub: 9, Name: "a=b"}, "X-Split").Of("x"),
		"hidden in a text of several":      Text.HiddenKey(ID{Type: 26, Vendor: 65533, Sub: 9, Name: "a"}, "X-HiddenPair").Of("x"),
	} {
		t.Run(name, func(t *testing.T) {
			require.Error(t, a.Err())
			require.Regexp(t, `^attrs: `, a.Err().Error())
			before := radius.Attributes{{Type: 44, Attribute: []byte("before")}}
			set, err := a.AppendTo(before)
			require.Equal(t, a.Err(), err)
			require.Equal(t, before, set, "nothing is lost in silence and nothing added")
			require.Equal(t, "["+a.Err().Error()+"]", a.String())
		})
	}
}

func TestSecondsCutFractionsButNeverToNone(t *testing.T) {
	for d, want := range map[time.Duration]byte{0: 0, 1: 1, 999 * time.Millisecond: 1, time.Second: 1, 2*time.Second - 1: 1, 2 * time.Second: 2} {
		require.Equal(t, octets(27, 6, 0, 0, 0, int(want)), SessionTimeout.Of(d).b, "%v", d)
	}
}

func TestHiddenAttributesAreInClearUntilSigned(t *testing.T) {
	require.Equal(t, octets(69, 9, 1, "secret"), TunnelPassword.Of(Tag(1, []byte("secret"))).b)
	require.Equal(t, octets(69, 9, 0, "secret"), TunnelPassword.Of(Tag(0, []byte("secret"))).b, "a hidden value always has its tag octet")
	require.NoError(t, TunnelPassword.Of(Tag(0, make([]byte, 239))).Err())
}
