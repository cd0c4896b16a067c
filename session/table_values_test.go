// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// Delegated-IPv6-Prefix 2001:db8:ff00::/56 is 9 octets of one sender and 18 of another, and a
// session may have several.
func TestTableFindsFurtherIdentificationByValue(t *testing.T) {
	var table session.Table[int]
	var id attrs.Identity
	require.NoError(t, id.Add(attrs.AcctSessionID.Of("1"), attrs.DelegatedIPv6Prefix.Of(netip.MustParsePrefix("2001:db8:ff00::/56")),
		attrs.DelegatedIPv6Prefix.Of(netip.MustParsePrefix("2001:db8:fe00::/56"))))
	require.NoError(t, table.Put(id, 1))
	key := attrs.DelegatedIPv6Prefix.ID()
	short, long := "\x00\x38\x20\x01\x0d\xb8\xff\x00\x00", "\x00\x38\x20\x01\x0d\xb8\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
	second := "\x00\x38\x20\x01\x0d\xb8\xfe"
	for _, values := range [][]string{{short}, {long}, {second}, {short, second}, {second, long, short}} {
		found, err := table.Find(t.Context(), attrs.Identity{Other: map[attrs.ID][]string{key: values}})
		require.NoError(t, err)
		require.Equal(t, []int{1}, found, "%q", values)
	}
	for _, values := range [][]string{{"\x00\x37\x20\x01\x0d\xb8\xff"}, {short, "\x00\x38\x20\x01\x0d\xb8\xfd"}} {
		found, err := table.Find(t.Context(), attrs.Identity{Other: map[attrs.ID][]string{key: values}})
		require.NoError(t, err)
		require.Empty(t, found, "%q", values)
	}
	// What a host puts in another form is found as well.
	require.NoError(t, table.Put(attrs.Identity{AcctSessionID: "2", Other: map[attrs.ID][]string{key: {long[:17] + "\x07"}}}, 2))
	require.True(t, table.DeleteFunc("", "1", func(int) bool { return true }))
	found, err := table.Find(t.Context(), attrs.Identity{Other: map[attrs.ID][]string{key: {short}}})
	require.NoError(t, err)
	require.Equal(t, []int{2}, found)
}
