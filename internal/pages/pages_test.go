// SPDX-License-Identifier: Apache-2.0

package pages_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/internal/pages"
	"github.com/stretchr/testify/require"
)

// Whatever its size and type, a table is as it was made.
func TestLargeLeavesTheTableAlone(t *testing.T) {
	for _, n := range []int{0, 1, pages.Least/8 - 1, pages.Least / 8, pages.Least/8 + 1, pages.Least} {
		s := pages.Large(make([]uint64, n))
		require.Len(t, s, n)
		for i := range s {
			require.Zero(t, s[i])
			s[i] = uint64(i)
		}
		for i := range s {
			require.EqualValues(t, i, s[i])
		}
	}
	require.Nil(t, pages.Large[string](nil))
	require.Len(t, pages.Large(make([]string, pages.Least/16)), pages.Least/16)
}
