// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// ids lists what a set holds, and the errors on the way.
func ids(set radius.Attributes) (found []ID, errs []error) {
	for id, err := range IDs(set) {
		found = append(found, id)
		if err != nil {
			errs = append(errs, err)
		}
	}
	return found, errs
}

func TestR6929_2_1_1_ExtendedTypeIsTheFirstOctetOfTheValue(t *testing.T) {
	for typ := 241; typ <= 244; typ++ {
		key := Octets.Key(ID{Type: radius.Type(typ), Sub: 200}, "X-Row-"+strconv.Itoa(typ))
		requireWire(t, key, []byte{0},
			typ, 4, 200,
			0)
		most := octets(strings.Repeat("m", 252))
		requireWire(t, key, most,
			typ, 255, 200,
			most)
		require.Error(t, key.Of(make([]byte, 253)).Err())
		require.Error(t, key.Of(nil).Err())
		requireInvalid(t, key, octets(typ, 2), octets(typ, 3, 200))

		found, errs := ids(parseSet(t, octets(typ, 4, 200, 0, typ, 4, 201, 0)))
		require.Empty(t, errs)
		require.Equal(t, []ID{{Type: radius.Type(typ), Sub: 200}, {Type: radius.Type(typ), Sub: 201}}, found)
		_, ok, err := key.Lookup(parseSet(t, octets(typ, 4, 201, 0)))
		require.NoError(t, err, "another Extended-Type is another attribute")
		require.False(t, ok)
	}
	found, errs := ids(parseSet(t, octets(241, 2, 241, 3, 3, 241, 7, 3, 0, 0, 0x10, 0)))
	require.Len(t, errs, 2)
	require.Equal(t, []ID{{Type: 241}, {Type: 241, Sub: 3}, {Type: 241, Sub: 3}}, found, "the walk goes on behind an invalid one")
}

func TestR6929_2_2_1_LongValuesStandInFragments(t *testing.T) {
	value := octets(strings.Repeat("a", 251), strings.Repeat("b", 251), "c")
	requireWire(t, DHCPv6Options, value[:1],
		245, 5, 3, 0,
		"a")
	requireWire(t, DHCPv6Options, value[:251],
		245, 255, 3, 0, // as long as can be, and nothing more
		value[:251])
	requireWire(t, DHCPv6Options, value,
		245, 255, 3, 0x80,
		value[:251],
		245, 255, 3, 0x80,
		value[251:502],
		245, 5, 3, 0,
		"c")
	requireWire(t, Octets.Key(ID{Type: 246, Sub: 200}, "X-Row-246"), value[:252],
		246, 255, 200, 0x80,
		value[:251],
		246, 5, 200, 0,
		"b")
	requireRead(t, DHCPv6Options, []byte("reserved"),
		245, 12, 3, 0x7f, // bits that a receiver does not look at
		"reserved")
	found, errs := ids(setOf(t, DHCPv6Options.Of(value), DHCPv6Options.Of([]byte("z"))))
	require.Empty(t, errs)
	require.Equal(t, []ID{DHCPv6Options.ID(), DHCPv6Options.ID()}, found, "fragments are one attribute, and the next one is another")
}

func TestR6929_2_2_1_BrokenFragmentsAreInvalid(t *testing.T) {
	full := strings.Repeat("x", 251)
	requireInvalid(t, DHCPv6Options,
		octets(245, 2),
		octets(245, 3, 3),
		octets(245, 4, 3, 0),
		octets(245, 4, 3, 0x80),
		octets(245, 5, 3, 0x80, "x"),                       // More with a Length below 255,
		octets(245, 5, 3, 0x80, "x", 245, 5, 3, 0, "y"),    // even with a next one
		octets(245, 255, 3, 0x80, full),                    // no next one
		octets(245, 255, 3, 0x80, full, 1, 5, "bob"),       // of this type
		octets(245, 255, 3, 0x80, full, 246, 5, 3, 0, "y"), // of this type
		octets(245, 255, 3, 0x80, full, 245, 5, 4, 0, "y"), // of this Extended-Type
		octets(245, 255, 3, 0x80, full, 245, 4, 3, 0),      // with a value
		octets(245, 255, 3, 0x80, full, 245, 255, 3, 0x80, full),
	)
	options, err := DHCPv4Options.Get(parseSet(t, octets(245, 255, 3, 0x80, full, 245, 5, 4, 0, "y")))
	require.NoError(t, err, "what follows a broken one can still be read")
	require.Equal(t, []byte("y"), options)
}

func TestR6929_2_3_1_TLVsFillTheirContainer(t *testing.T) {
	ports := octets(
		1, 6, 0, 0, 0, 6, // IP-Port-Type
		2, 6, 0, 0, 0x10, 0, // IP-Port-Limit
		1, 6, 0, 0, 0, 17, // one type twice: the order of these is the sender's
		3, 6, 192, 0, 2, 1) // IP-Port-Ext-IPv4-Addr
	requireWire(t, IPPortLimitInfo, ports,
		241, 27, 5,
		ports)
	requireWire(t, IPPortLimitInfo, []byte{9, 3, 0},
		241, 6, 5,
		9, 3, 0)
	nested := octets(1, 9, 2, 7, 3, 5, "abc", 26, 3, "v") // 26 is a type like any other in here
	requireWire(t, IPv66rdConfiguration, nested,
		173, 2+len(nested),
		nested)
	for name, v := range map[string][]byte{
		"nothing":                      {},
		"a type and no length":         {1},
		"Length 0":                     octets(1, 0, 0, 0),
		"Length 1":                     octets(1, 1, 0),
		"Length 2":                     octets(1, 2),
		"Length 2 before another":      octets(1, 2, 1, 3, 0),
		"one octet too long":           octets(1, 7, 0, 0, 0, 6),
		"one octet left":               octets(1, 6, 0, 0, 0, 6, 2),
		"a second one that overflows":  octets(1, 6, 0, 0, 0, 6, 2, 4, 0),
		"a second one without a value": octets(1, 6, 0, 0, 0, 6, 2, 2),
	} {
		t.Run(name, func(t *testing.T) {
			requireInvalid(t, IPPortLimitInfo, octets(241, 3+len(v), 5, v))
			requireInvalid(t, IPv66rdConfiguration, octets(173, 2+len(v), v))
			require.Error(t, IPPortLimitInfo.Of(v).Err(), "nor is one sent")
		})
	}
}

func TestR6929_2_4_1_ExtendedVendorSpecificHasNoVendorLength(t *testing.T) {
	requireWire(t, testExtended, "gold",
		241, 12, 26,
		0, 0, 0xff, 0xfd,
		88, "gold")
	requireWire(t, Text.Key(ID{Type: 244, Vendor: 0x80000001, Sub: 7}, "X-Row-Vendor"), "x",
		244, 9, 26,
		0x80, 0, 0, 1, // all four octets are the vendor's
		7, "x")
	requireRead(t, testExtended, "\x03x", // no length: an octet that looks like one is of the value
		241, 10, 26,
		0, 0, 0xff, 0xfd,
		88, 3, "x")
	long := octets(strings.Repeat("L", 300))
	requireWire(t, testLongExtended, long,
		246, 255, 26, 0x80,
		0, 0, 0xff, 0xfd, // the head of the value as a whole, in its first fragment alone
		7, long[:246],
		246, 58, 26, 0,
		long[246:])
	requireInvalid(t, testExtended,
		octets(241, 2),
		octets(241, 3, 26),
		octets(241, 7, 26, 0, 0, 0xff, 0xfd),
		octets(241, 8, 26, 0, 0, 0xff, 0xfd, 88), // no value
		octets(241, 9, 26, 0, 0, 0, 0, 88, "x"),  // no vendor
		octets(241, 9, 26, 0, 0, 0xff, 0xfd, 0, "x"))
	for name, wire := range map[string][]byte{
		"another vendor":  octets(241, 9, 26, 0, 0, 0xff, 0xfc, 88, "x"),
		"another type":    octets(241, 9, 26, 0, 0, 0xff, 0xfd, 89, "x"),
		"another space":   octets(242, 9, 26, 0, 0, 0xff, 0xfd, 88, "x"),
		"Vendor-Specific": octets(26, 9, 0, 0, 0xff, 0xfd, 88, 3, "x"),
	} {
		t.Run(name, func(t *testing.T) {
			_, ok, err := testExtended.Lookup(parseSet(t, wire))
			require.NoError(t, err)
			require.False(t, ok)
		})
	}
	require.Equal(t, RoleVendor, testExtended.ID().Role())
	require.Equal(t, "Attr-241.26.65533.89", ID{Type: 241, Vendor: testVendor, Sub: 89}.String())
}
