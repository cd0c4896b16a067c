// SPDX-License-Identifier: Apache-2.0

package cisco_test

import (
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/cisco"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPairsAreMadeAndCut(t *testing.T) {
	set := attrtest.Attributes(t, cisco.Pair("ip:inacl", "101=x"))
	assert.Equal(t, attrtest.Rows("1a 16 00000009  01 10  69703a696e61636c3d 3130313d78"), attrtest.Hex(set))
	for text, want := range map[string]struct {
		name, value  string
		optional, ok bool
	}{
		"a=b=c": {"a", "b=c", false, true},
		"a*b=c": {"a", "b=c", true, true},
		"a=":    {"a", "", false, true},
		"=":     {"", "", false, true},
		"none":  {"none", "", false, false},
	} {
		name, value, optional, ok := cisco.CutPair(text)
		assert.Equal(t, want.name, name, text)
		assert.Equal(t, want.value, value, text)
		assert.Equal(t, want.optional, optional, text)
		assert.Equal(t, want.ok, ok, text)
	}
	for _, name := range []string{"", "a=b", "a*b"} {
		err := cisco.Pair(name, "s3cret").Err()
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

// One Vendor-Specific type, several attributes: what identifies and what commands are told apart by
// the name before "=".
func TestCI2_PairsAreToldApartByName(t *testing.T) {
	set := attrtest.Attributes(t, cisco.AuditSessionID.Of("0A01"), cisco.Reauthenticate(cisco.Last), cisco.AccountInfo.Of("S192.0.2.7"), cisco.AccountInfo.Of("AGOLD"))
	var names []string
	for id, err := range attrs.IDs(set) {
		require.NoError(t, err)
		names = append(names, id.Name)
	}
	assert.Equal(t, []string{"audit-session-id", "subscriber:command", "subscriber:reauthenticate-type", "S", "A"}, names)

	_, id, err := attrs.IdentityOf(set, cisco.Identifying()...)
	require.NoError(t, err)
	assert.Equal(t, map[attrs.ID][]string{cisco.AuditSessionID.ID(): {"0A01"}, cisco.AccountInfoSession.ID(): {"192.0.2.7"}}, id.Other)
	again := attrtest.Hex(attrtest.Attributes(t, id.Attr()))
	assert.ElementsMatch(t, attrtest.Hex(attrtest.Attributes(t, cisco.AuditSessionID.Of("0A01"), cisco.AccountInfoSession.Of("192.0.2.7"))), again)
}

func TestAccountInfoSessionIsTheLetterAndWhatFollows(t *testing.T) {
	set := attrtest.Set(t, "1a 12 00000009  fa 0c  53 3139322e302e322e37")
	assert.Equal(t, attrtest.Hex(set), attrtest.Hex(attrtest.Attributes(t, cisco.AccountInfoSession.Of("192.0.2.7"))))
	got, err := cisco.AccountInfoSession.Get(set)
	require.NoError(t, err)
	assert.Equal(t, "192.0.2.7", got)
}

func TestAnIdentityThatIsAmbiguousIsRefused(t *testing.T) {
	for name, a := range map[string]attrs.Attr{
		"two sessions":  attrs.Join(cisco.AuditSessionID.Of("0A01"), cisco.AuditSessionID.Of("0A02")),
		"empty session": cisco.AVPair.Of("audit-session-id="),
	} {
		_, _, err := attrs.IdentityOf(attrtest.Attributes(t, a), cisco.AuditSessionID)
		require.ErrorIs(t, err, errcause.InvalidRequest, name)
	}
}

func TestPairsWithSecretsAreNotPrinted(t *testing.T) {
	for _, a := range []attrs.Attr{cisco.SubscriberPasswordPair.Of("s3cret"), cisco.Pair("subscriber:password", "s3cret"), cisco.LawfulIntercept.Of("li-action=s3cret"),
		cisco.Pair("li-action", "s3cret"), cisco.SubscriberPassword.Of("s3cret")} {
		require.NoError(t, a.Err())
		assert.NotContains(t, a.String(), "s3cret")
		assert.Contains(t, a.String(), "[hidden]")
	}
	lines := slices.Collect(attrs.Format(attrtest.Attributes(t, cisco.Pair("ip:inacl", "7"))))
	assert.Equal(t, []string{`Cisco-AVPair = "ip:inacl=7"`}, lines)
}
