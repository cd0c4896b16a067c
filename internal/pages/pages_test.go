// SPDX-License-Identifier: Apache-2.0

package pages_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/internal/pages"
	"github.com/stretchr/testify/require"
)

// Of tables that stand side by side each keeps what was written into it, whatever is asked for the
// others.
func TestManyLeaveTheTablesAlone(t *testing.T) {
	var tables [][]uint64
	for i, n := range []int{0, 1, pages.Least/8 - 1, pages.Least / 8, 1 << 17, 1<<18 + 1, 1 << 17} {
		tables = append(tables, pages.Many(make([]uint64, n)))
		require.Len(t, tables[i], n)
		fill(t, tables[i], uint64(i))
	}
	for i := 0; i < len(tables); i += 2 {
		pages.Gone(tables[i])
	}
	for i, s := range tables {
		check(t, s, uint64(i))
	}
	pages.Gone[string](nil)
	require.Nil(t, pages.Many[string](nil))
}

// fill has s count from first on. It was empty.
func fill(t *testing.T, s []uint64, first uint64) {
	for i := range s {
		if s[i] != 0 {
			t.Fatalf("place %d of a new table is %d", i, s[i])
		}
		s[i] = first + uint64(i)
	}
}

func check(t *testing.T, s []uint64, first uint64) {
	for i := range s {
		if s[i] != first+uint64(i) {
			t.Fatalf("place %d is %d", i, s[i])
		}
	}
}
