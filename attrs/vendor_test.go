// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"fmt"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func vendorCases() []wireCase {
	head := octets(0, 0, 0xff, 0xfd)
	return []wireCase{
		wire("RFC 2865 section 5.26", testText, "slow",
			26, 12, head,
			1, 6, "slow"),
		wire("tagged", testTagged, Tag(2, "gold"),
			26, 13, head,
			2, 7, 2, "gold"),
		wire("one of several in a text", testSession, "0a01",
			26, 29, head,
			6, 23, "audit-session-id=0a01"),
		wire("the text of several", testPair, "a=b",
			26, 11, head,
			6, 5, "a=b"),
		wire("one of several by its first octet", testService, "7",
			26, 10, head,
			7, 4, "S7"),
		wire("integer64", testLong64, 1<<40,
			26, 16, head,
			13, 10, 0, 0, 1, 0, 0, 0, 0, 0),
		wire("short", testShort, 258,
			26, 10, head,
			14, 4, 1, 2),
		wire("byte", testByte, 255,
			26, 9, head,
			15, 3, 255),
		wire("tagged time span", testTaggedSeconds, Tag(3, 10*time.Second),
			26, 12, head,
			12, 6, 3, 0, 0, 10),
		wire("two octets of type and of length", wideText, "wide",
			26, 14, 0, 0, 0xff, 0xfc,
			1, 44, 0, 8, "wide"),
		wire("four octets of type and no length", bareText, "bare",
			26, 14, 0, 0, 0xff, 0xfb,
			0, 1, 0x11, 0x70, "bare"),
		wire("content that is no attributes", oddContent, []byte("odd"),
			26, 9, 0, 0, 0xff, 0xfa,
			"odd"),
		wire("extended, RFC 6929 section 2.4", testExtended, "name",
			241, 12,
			26, head, 88, "name"),
		wire("long extended", testLongExtended, octets("x"),
			246, 10,
			26, 0, head, 7, "x"),
	}
}

func TestVendorKeys(t *testing.T) {
	for _, c := range vendorCases() {
		t.Run(c.name, func(t *testing.T) {
			require.NoError(t, c.attr.Err())
			require.Equal(t, c.wire, c.attr.b)
			got, err := c.get(parseSet(t, c.wire))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestR2865_5_26_1_SeveralAttributesInOneVendorSpecific(t *testing.T) {
	set := parseSet(t, octets(
		26, 21, 0, 0, 0xff, 0xfd,
		1, 3, "a",
		6, 6, "x=yz",
		1, 3, "b",
		9, 3, "?",
		26, 9, 0, 0, 0xff, 0xf0,
		1, 3, "c"))
	var values []string
	for v, err := range testText.All(set) {
		require.NoError(t, err)
		values = append(values, v)
	}
	require.Equal(t, []string{"a", "b"}, values)
	require.Equal(t, []string{"Test-Text", "Test-AVPair(x)", "Test-Text", "Attr-26.65533.9", "Attr-26.65520.1"}, walked(t, set))
}

// walked are the attributes that IDs yields; one that cannot be taken apart has a mark.
func walked(t testing.TB, set radius.Attributes) (names []string) {
	t.Helper()
	for id, err := range IDs(set) {
		name := id.String()
		if err != nil {
			require.ErrorIs(t, err, errcause.InvalidRequest)
			name = "!" + name
		}
		names = append(names, name)
	}
	return names
}

func TestIDs(t *testing.T) {
	full := func(more int, fill string) []byte {
		b := octets(245, 255, 3, more)
		for len(b) < 255 {
			b = append(b, fill...)
		}
		return b
	}
	for name, c := range map[string]struct {
		wire []byte
		want []string
	}{
		"plain":                                 {octets(1, 3, "a", 200, 3, "b", 0, 3, "c"), []string{"User-Name", "Attr-200", "Attr-0"}},
		"Vendor-Specific of 6 octets":           {octets(26, 6, 0, 0, 0, 9, 1, 3, "a"), []string{"!Vendor-Specific", "User-Name"}},
		"Vendor-Specific of 2 octets":           {octets(26, 2), []string{"!Vendor-Specific"}},
		"unknown vendor, other format":          {octets(26, 8, 0, 0, 0xff, 0xf0, 9, 9), []string{"Attr-26.65520"}},
		"unknown vendor, one octet":             {octets(26, 7, 0, 0, 0xff, 0xf0, 9), []string{"Attr-26.65520"}},
		"unknown vendor, length 1":              {octets(26, 9, 0, 0, 0xff, 0xf0, 9, 1, 0), []string{"Attr-26.65520"}},
		"unknown vendor, type 0":                {octets(26, 9, 0, 0, 0xff, 0xf0, 0, 3, 0), []string{"Attr-26.65520"}},
		"known vendor, other format":            {octets(26, 8, 0, 0, 0xff, 0xfd, 9, 9), []string{"!Attr-26.65533"}},
		"known vendor, second one beyond":       {octets(26, 12, 0, 0, 0xff, 0xfd, 1, 3, "a", 1, 4, "b"), []string{"!Attr-26.65533"}},
		"known vendor, no value":                {octets(26, 8, 0, 0, 0xff, 0xfd, 1, 2), []string{"Test-Text"}},
		"vendor whose content is no attributes": {octets(26, 8, 0, 0, 0xff, 0xfa, 9, 9), []string{"Odd-Content"}},
		"vendor 0":                              {octets(26, 9, 0, 0, 0, 0, 1, 3, "a"), []string{"Vendor-Specific"}},
		"two octets of type and of length":      {octets(26, 12, 0, 0, 0xff, 0xfc, 1, 44, 0, 6, "ab"), []string{"Wide-Text"}},
		"two octets, length short":              {octets(26, 12, 0, 0, 0xff, 0xfc, 1, 44, 0, 3, "ab"), []string{"!Attr-26.65532"}},
		"Starent without its package":           {octets(26, 12, 0, 0, 0x1f, 0xe4, 0, 5, 0, 6, "ab"), []string{"Attr-26.8164.5"}},
		"name without =":                        {octets(26, 11, 0, 0, 0xff, 0xfd, 6, 5, "abc"), []string{"Test-AVPair"}},
		"name of a registered one":              {octets(26, 27, 0, 0, 0xff, 0xfd, 6, 21, "audit-session-id=1="), []string{"Test-Audit-Session-Id"}},
		"first octet as name":                   {octets(26, 10, 0, 0, 0xff, 0xfd, 7, 4, "Zx"), []string{"Test-Command(Z)"}},
		"extended":                              {octets(241, 4, 3, 0, 244, 4, 9, 0), []string{"Response-Length", "Attr-244.9"}},
		"extended of length 2 and 3":            {octets(241, 2, 241, 3, 3), []string{"!Attr-241", "!Response-Length"}},
		"extended type 0":                       {octets(241, 4, 0, 0), []string{"!Attr-241"}},
		"extended vendor":                       {octets(241, 9, 26, 0, 0, 0xff, 0xfd, 88, "x"), []string{"Test-Extended"}},
		"extended vendor without value":         {octets(241, 8, 26, 0, 0, 0xff, 0xfd, 88), []string{"!Attr-241.26"}},
		"extended vendor 0":                     {octets(241, 9, 26, 0, 0, 0, 0, 88, "x"), []string{"!Attr-241.26"}},
		"long of length 2, 3 and 4":             {octets(245, 2, 245, 3, 3, 245, 4, 3, 0), []string{"!Attr-245", "!DHCPv6-Options", "!DHCPv6-Options"}},
		"reserved flags are ignored":            {octets(245, 5, 3, 0x7f, "x"), []string{"DHCPv6-Options"}},
		"fragments":                             {octets(full(0x80, "a"), full(0x80, "b"), 245, 5, 3, 0, "c"), []string{"DHCPv6-Options"}},
		"fragments with others between":         {octets(full(0x80, "a"), 1, 3, "u", 246, 5, 9, 0, "z", 245, 5, 3, 0, "c", 1, 3, "v"), []string{"DHCPv6-Options", "User-Name", "Attr-246.9", "User-Name"}},
		"no last fragment":                      {octets(full(0x80, "a"), full(0x80, "b")), []string{"!DHCPv6-Options"}},
		"fragment of another type follows":      {octets(full(0x80, "a"), 245, 5, 4, 0, "c"), []string{"!DHCPv6-Options", "DHCPv4-Options"}},
		"fragment not full":                     {octets(245, 5, 3, 0x80, "a", 245, 5, 3, 0, "c"), []string{"!DHCPv6-Options", "DHCPv6-Options"}},
		"two fragmented ones":                   {octets(full(0x80, "a"), 245, 5, 3, 0, "c", full(0x80, "d"), 245, 5, 3, 0, "e"), []string{"DHCPv6-Options", "DHCPv6-Options"}},
		"vendor in fragments":                   {octets(246, 255, 26, 0x80, 0, 0, 0xff, 0xfd, 7, make([]byte, 246), 246, 5, 26, 0, "x"), []string{"Test-Long-Extended"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, walked(t, parseSet(t, c.wire))) })
	}
}

func TestIDsOfWhatNoPacketHolds(t *testing.T) {
	set := radius.Attributes{nil, {Type: 256, Attribute: []byte("x")}, {Type: -1}, {Type: 26}, {Type: 241}, {Type: 245}, {Type: 1}}
	require.Equal(t, []string{"!Attr--1", "!Attr-256", "!Attr--1", "!Vendor-Specific", "!Attr-241", "!Attr-245", "User-Name"}, walked(t, set))
	for range IDs(set) {
		break // ends the walk, wherever
	}
	_, err := UserName.Get(set)
	require.ErrorIs(t, err, errcause.InvalidRequest)
	_, err = NASPort.Get(set)
	require.ErrorIs(t, err, errcause.MissingAttribute)
}

func TestR6929_2_2_1_FragmentsAreOneValue(t *testing.T) {
	value := make([]byte, 700)
	for i := range value {
		value[i] = byte(i)
	}
	for _, k := range []Key[[]byte]{DHCPv6Options, testLongExtended} {
		a := k.Of(value)
		require.NoError(t, a.Err())
		set, err := a.AppendTo(nil)
		require.NoError(t, err)
		require.Len(t, set, 3)
		set = radius.Attributes{set[0], {Type: 1, Attribute: []byte("bob")}, set[1], set[2]}
		got, err := k.Get(set)
		require.NoError(t, err)
		require.Equal(t, value, got)
	}
}

func TestRegisterVendorRefusesFormatsThatDoNotExist(t *testing.T) {
	for _, f := range []VendorFormat{{0, 1}, {3, 1}, {1, 3}, {1, -1}, {-1, 0}, {5, 0}} {
		require.Error(t, RegisterVendor(65529, f), "%v", f)
	}
	require.Error(t, RegisterVendor(0, VendorFormat{1, 1}))
	require.Equal(t, VendorFormat{1, 1}, reg.load().format(65529))
}

func TestIDStringIsReadBack(t *testing.T) {
	for _, id := range []ID{{Type: 1}, {Type: 200}, VendorID(9, 1), {Type: 241, Sub: 3}, {Type: 241, Vendor: 9, Sub: 1}, {Type: 246, Vendor: 1 << 31, Sub: 255}, {Type: 26}} {
		got, ok := parseNumber(id.number())
		require.True(t, ok, "%v", id)
		require.Equal(t, id, got)
	}
	for _, name := range []string{"", "Attr-", "Attr-x", "Attr-0", "Attr-256", "Attr-1.2", "Attr-26.9", "Attr-26.9.0", "Attr-26.1.2.3", "Attr-241.26", "Attr-241.9.1",
		"Attr-241.25.9.1", "Attr-241.26.9.256", "Attr-241.26.0.1", "Attr-26.0.1", "Attr-1.2.3.4.5", "Attr--1", "Attr-+1", "Attr-99999999999", "User-Name"} {
		_, ok := parseNumber(name)
		require.False(t, ok, name)
	}
	require.Equal(t, "Attr-26.9", fmt.Sprint(ID{Type: 26, Vendor: 9}))
}
