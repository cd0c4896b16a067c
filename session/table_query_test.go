// SPDX-License-Identifier: Apache-2.0

package session

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/require"
)

// A Table finds by Other what attrs.Identity.Selects selects: each part of an attribute's name
// counts, beside Acct-Session-Id as without, and what is asked is left as it was.
func TestFindByOtherIsSelects(t *testing.T) {
	has := attrs.ID{Type: 26, Vendor: 9, Sub: 1, Name: "x"}
	s := attrs.Identity{Context: "red", AcctSessionID: "1", Other: map[attrs.ID][]string{has: {"v"}}}
	var table Table[int]
	require.NoError(t, table.Put(s, 7))
	found := 0
	for _, id := range []attrs.ID{
		has, {Type: 27, Vendor: 9, Sub: 1, Name: "x"}, {Type: 26, Vendor: 8, Sub: 1, Name: "x"}, {Type: 26, Vendor: 9, Sub: 2, Name: "x"}, {Type: 26, Vendor: 9, Sub: 1, Name: "y"},
	} {
		for _, other := range []map[attrs.ID][]string{{id: {"v"}}, {id: {"w"}}, {id: {""}}, {id: {"v", "v"}}, {id: {"v", "w"}}, {id: {"v"}, attrs.ID{Type: 1}: {""}}, {id: {"v"}, attrs.ID{Type: 1}: {"v"}}} {
			for _, q := range []attrs.Identity{
				{Other: other}, {Context: "red", Other: other}, {Context: "blue", Other: other},
				{Context: "red", AcctSessionID: "1", Other: other}, {Context: "red", AcctSessionID: "2", Other: other}, {Context: "red", UserName: "bob", Other: other},
			} {
				got, err := table.Find(t.Context(), q)
				require.NoError(t, err)
				require.Equal(t, q.Selects(s), len(got) == 1, "%+v", q)
				require.Equal(t, other, q.Other)
				found += len(got)
			}
		}
	}
	require.Equal(t, 4, found)
}
