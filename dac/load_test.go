// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A burst is no load, nor is what goes on slowly; what is both fast and long is one, until it ends.
func TestLoadIsHeavyWhenItLasts(t *testing.T) {
	var l load
	now := time.Now()
	come := func(n, rate int) bool { // n datagrams, 20 with each read
		for range n / 20 {
			now = now.Add(time.Second * 20 / time.Duration(rate))
			l.read(20, now)
		}
		return l.heavyAt(now)
	}
	require.False(t, come(4_000, 10_000_000), "a burst")
	require.False(t, come(100_000, heavyRate*9/10))
	require.False(t, come(10_000, heavyRate*3/2), "not yet: 10,000 in a third of a second are 3,333 beyond the rate")
	require.True(t, come(10_000, heavyRate*3/2))
	require.True(t, come(1_000, heavyRate/2), "a short pause is none")
	require.False(t, come(20_000, heavyRate/2))
	require.True(t, come(5_000, 500_000))
	require.True(t, come(100_000, 500_000))
	now = now.Add(heavyExcess * heavyShare)
	require.True(t, come(20, heavyRate))
	now = now.Add(100 * time.Millisecond)
	require.False(t, come(20, heavyRate), "who falls silent begins anew")
	require.True(t, come(5_000, 500_000))
	l.read(1, now.Add(-time.Second))
	require.True(t, l.heavyAt(now), "somebody who looked at the clock earlier")
	require.False(t, l.heavyAt(now.Add(heavyExcess*heavyShare)), "an end that nobody has read")
}
