// SPDX-License-Identifier: Apache-2.0

package rate

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBurstThenRate(t *testing.T) {
	var b Bucket
	l, now := Limit{Rate: 10, Burst: 3}, time.Now()
	for range 3 {
		_, ok := b.Take(now, l)
		require.True(t, ok)
	}
	wait, ok := b.Take(now, l)
	require.False(t, ok)
	assert.InDelta(t, 100*time.Millisecond, wait, float64(time.Microsecond))
	_, ok = b.Take(now.Add(wait-time.Millisecond), l)
	assert.False(t, ok, "too early")
	_, ok = b.Take(now.Add(wait+time.Millisecond), l)
	assert.True(t, ok)
	now = now.Add(time.Hour)
	for range 3 {
		_, ok = b.Take(now, l)
		assert.True(t, ok)
	}
	_, ok = b.Take(now, l)
	assert.False(t, ok, "an hour brings a Burst and no more")
}

func TestZeroIsNoBound(t *testing.T) {
	var b Bucket
	now := time.Now()
	for range 1000 {
		_, ok := b.Take(now, Limit{Burst: 1})
		require.True(t, ok, "no Rate")
	}
	_, ok := b.Take(now, Limit{Rate: 1})
	assert.True(t, ok, "a Burst of zero is one")
	_, ok = b.Take(now, Limit{Rate: 1})
	assert.False(t, ok)
}

func TestClockThatGoesBackBringsNothing(t *testing.T) {
	var b Bucket
	l, now := Limit{Rate: 1}, time.Now()
	_, ok := b.Take(now, l)
	require.True(t, ok)
	_, ok = b.Take(now.Add(-time.Hour), l)
	assert.False(t, ok)
	_, ok = b.Take(now.Add(time.Second), l)
	assert.True(t, ok, "the hour is not waited for again")
}

func TestTakenAtOnce(t *testing.T) {
	var b Bucket
	var taken atomic.Int32
	now := time.Now()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if _, ok := b.Take(now, Limit{Rate: 1, Burst: 50}); ok {
					taken.Add(1)
				}
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 50, taken.Load())
}
