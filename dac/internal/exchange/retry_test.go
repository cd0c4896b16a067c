// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The span is the sum of the longest waits, and is known at once where a person has written a number
// of nanoseconds for one of seconds, or the largest one for no bound.
func TestSpanIsTheSumOfTheLongestWaits(t *testing.T) {
	random := rand.New(rand.NewPCG(5080, 2))
	for range 20_000 {
		r := Retry{
			Initial: 1 + time.Duration(random.Int64N(1<<random.IntN(40))), Max: 1 + time.Duration(random.Int64N(1<<random.IntN(40))),
			Duration: 1 + time.Duration(random.Int64N(1<<random.IntN(40))), Transmissions: 1 + random.IntN(40),
		}.Filled()
		sum, rt := time.Duration(0), time.Duration(0)
		for range r.Transmissions {
			rt = r.Timeout(rt, func() float64 { return 1 })
			sum += min(rt, r.Duration)
		}
		require.Equal(t, min(sum, r.Duration), r.Span(), "%+v", r)
	}
	r := Retry{Initial: 2, Max: 16, Transmissions: math.MaxInt}
	require.Error(t, r.Check(), "it would send for longer than a NAS takes")
	r.Duration = 30 * time.Second
	require.NoError(t, r.Check())
	require.Equal(t, 30*time.Second, r.Filled().Span())
}
