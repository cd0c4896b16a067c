// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestR2865_5_1_NoTextOrOctetsOfZeroLength(t *testing.T) {
	require.Error(t, FilterID.Of("").Err())
	require.Error(t, Class.Of([]byte{}).Err())
	_, err := FilterID.Get(parseSet(t, octets(11, 2)))
	require.ErrorIs(t, err, errcause.InvalidRequest)
	name := "no terminator\x00, and \x00 within"
	got, err := UserName.Get(setOf(t, UserName.Of(name)))
	require.NoError(t, err)
	require.Equal(t, name, got, "NULs survive, and none is added")
}

func TestR2865_5_1_NoPartOfAValueIsOfZeroLength(t *testing.T) {
	for _, set := range []radius.Attributes{
		parseSet(t, octets(79, 3, "x", 79, 2)), parseSet(t, octets(79, 2, 79, 3, "x")), parseSet(t, octets(79, 3, "x", 79, 2, 79, 3, "y")), parseSet(t, octets(79, 2)),
	} {
		_, err := EAPMessage.Get(set)
		require.ErrorIs(t, err, errcause.InvalidRequest)
	}
}

func TestR8559_3_4_8_OperatorNASIdentifierIsMadeWith32OctetsAndReadWithMore(t *testing.T) {
	require.NoError(t, OperatorNASIdentifier.Of(make([]byte, 32)).Err())
	require.Error(t, OperatorNASIdentifier.Of(make([]byte, 33)).Err())
	for _, n := range []int{1, 32, 64, 252} {
		token, err := OperatorNASIdentifier.Get(parseSet(t, octets(241, 3+n, 8, make([]byte, n))))
		require.NoError(t, err)
		require.Len(t, token, n)
	}
}

func TestR5580_4_1_1_OperatorNameHasANamespaceAndAName(t *testing.T) {
	require.Error(t, OperatorName.Of("1").Err())
	_, err := OperatorName.Get(parseSet(t, octets(126, 3, "1")))
	require.ErrorIs(t, err, errcause.InvalidRequest)
	require.NoError(t, OperatorName.Of("1a").Err())
	require.NoError(t, OperatorName.Of("1"+strings.Repeat("a", 252)).Err())
	for _, namespace := range []string{"/", "4", "e", " ", "\x00", "\xff", "é"} {
		require.Error(t, OperatorName.Of(namespace+"xample.com").Err(), "%q is no namespace", namespace)
	}
	_, err = Parse("Operator-Name", "example.com")
	require.ErrorContains(t, err, `namespace "e"`)
	later, err := OperatorName.Get(parseSet(t, octets(126, 5, "4ab")))
	require.NoError(t, err, "a peer may know more namespaces")
	require.Equal(t, "4ab", later)
}

func TestR6929_2_2_1_FragmentsMayStandBetweenAttributesOfOtherTypes(t *testing.T) {
	value := octets(strings.Repeat("a", 251), "b")
	mixed := octets(1, 5, "bob", 245, 255, 3, 0x80, strings.Repeat("a", 251), 246, 5, 200, 0, "x", 26, 9, 0, 0, 0, 9, 1, 3, "y", 245, 5, 3, 0, "b", 44, 3, "1")
	got, err := DHCPv6Options.Get(parseSet(t, mixed))
	require.NoError(t, err)
	require.Equal(t, value, got)
	sent, err := Join(UserName.Of("bob"), DHCPv6Options.Of(value), AcctSessionID.Of("1")).AppendTo(nil)
	require.NoError(t, err)
	require.Len(t, sent, 4)
	require.True(t, sent[1].Type == 245 && sent[2].Type == 245, "a sender keeps them together")
}

// A TLV may begin in one fragment and end in the next: what is in the value is looked at once it is
// whole (section 2.2, Value).
func TestR6929_2_3_1_TLVsMayLieAcrossFragments(t *testing.T) {
	long := tlv.Key(ID{Type: 245, Sub: 201}, "X-Row-245-TLV")
	value := octets(1, 200, strings.Repeat("a", 198), 2, 100, strings.Repeat("b", 98))
	requireWire(t, long, value,
		245, 255, 201, 0x80,
		value[:251],
		245, 53, 201, 0,
		value[251:])
	requireInvalid(t, long, octets(245, 255, 201, 0x80, value[:251], 245, 52, 201, 0, value[251:299]))
}

func TestR4849_1_FilterRulesAreConcatenated(t *testing.T) {
	set := parseSet(t, octets(92, 8, "permit", 1, 3, "u", 92, 6, " in\x00", 92, 6, "deny"))
	rules, err := NASFilterRule.Get(set)
	require.NoError(t, err)
	require.Equal(t, "permit in\x00deny", rules)
	n := 0
	for range NASFilterRule.All(set) {
		n++
	}
	require.Equal(t, 1, n)
	require.Equal(t, ZeroOrMore, NASFilterRule.ID().In(43), "A-10")
}

func TestR6929_2_1_1_ExtendedAttributesOfLength2And3AreInvalid(t *testing.T) {
	for _, wire := range [][]byte{octets(241, 2), octets(241, 3, 3)} {
		_, err := ResponseLength.Get(parseSet(t, wire))
		require.ErrorIs(t, err, errcause.InvalidRequest)
	}
}

func TestR8559_4_3_2_SignallingIsNeverAReasonForANAK(t *testing.T) {
	for _, k := range []AnyKey{ProxyState, EventTimestamp, MessageAuthenticator, OperatorName, ResponseLength, OperatorNASIdentifier} {
		require.Equal(t, RoleProtocol, k.ID().Role(), "%v", k)
	}
}

func TestR6911_1_FramedIPv6AddressIdentifiesWhereTheHostSaysSo(t *testing.T) {
	set := parseSet(t, octets(168, 18, 0x20, 1, 0xd, 0xb8, make([]byte, 11), 7))
	_, id, err := IdentityOf(set)
	require.NoError(t, err)
	require.True(t, id.IsZero())
	_, id, err = IdentityOf(set, FramedIPv6Address)
	require.NoError(t, err)
	require.True(t, id.Selects(id))
	require.False(t, id.Selects(Identity{UserName: "bob"}))
}

func TestServiceTypeValues(t *testing.T) {
	for n, name := range map[uint32]string{LoginUser: "Login-User", FramedUser: "Framed-User", AuthenticateOnly: "Authenticate-Only",
		AuthorizeOnly: "Authorize-Only", FramedManagement: "Framed-Management", AdditionalAuthorization: "Additional-Authorization"} {
		require.Equal(t, "Service-Type = "+name, ServiceType.Of(n).String())
	}
	require.Equal(t, octets(6, 6, 0, 0, 0, 17), ServiceType.Of(AuthorizeOnly).b)
}
