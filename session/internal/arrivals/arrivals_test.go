// SPDX-License-Identifier: Apache-2.0

package arrivals

import (
	"testing"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// Requests whose numbers share a place, and those without a number, are told apart.
func TestEachRequestIsKnownByItself(t *testing.T) {
	var s Set[int]
	requests := []*dac.Request{nil, {}, {Seq: 1}, {Seq: 33}, {Seq: 33}, {Seq: 65}}
	for i, r := range requests {
		_, had := s.Put(r, i)
		require.False(t, had)
	}
	require.Equal(t, len(requests), s.Len())
	var seen []int
	s.Look(requests, func(v int) { seen = append(seen, v) })
	require.Equal(t, []int{0, 2}, seen, "what stands in its place")
	old, had := s.Put(requests[3], 30)
	require.True(t, had)
	require.Equal(t, 3, old)
	for i, r := range requests {
		v, had := s.Take(r)
		require.True(t, had)
		if i != 3 {
			require.Equal(t, i, v)
		} else {
			require.Equal(t, 30, v)
		}
		_, had = s.Take(r)
		require.False(t, had)
	}
	require.Zero(t, s.Len())
}
