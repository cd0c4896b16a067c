// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A spell lasts for its time, and goes on for as long as enough handlers are slow.
func TestSpellGoesOnWhileHandlersAreSlow(t *testing.T) {
	var s spells
	now := time.Unix(1_800_000_000, 0)
	require.False(t, s.last(now))
	s.begin(now)
	require.True(t, s.last(now))
	for range slowShare - 1 {
		s.worked(slowHandler / 2)
	}
	s.worked(2 * slowHandler)
	require.True(t, s.last(now.Add(slowSpell-1)))
	now = now.Add(slowSpell)
	require.False(t, s.last(now), "one in so many is not more than that")
	s.begin(now)
	for range slowShare - 2 {
		s.worked(slowHandler / 2)
	}
	s.worked(2 * slowHandler)
	now = now.Add(slowSpell)
	require.True(t, s.last(now))
	s.worked(slowHandler / 2)
	s.yielded()
	now = now.Add(slowSpell)
	require.True(t, s.last(now), "who waits is slow")
	now = now.Add(slowSpell)
	require.False(t, s.last(now))
	require.False(t, s.last(now))
}
