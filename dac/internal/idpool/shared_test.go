// SPDX-License-Identifier: Apache-2.0

package idpool

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A user counts how often it was told.
type user struct{ told atomic.Int32 }

func (u *user) IdentifierFree() { u.told.Add(1) }

func TestASharedGivesEachIdentifierOnce(t *testing.T) {
	for _, low := range []byte{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			s, u, other := NewIdentifiers(low, 250), new(user), new(user)
			size := Size - int(low)
			require.Equal(t, size, s.Size())
			seen := make(map[ID]bool)
			for range size {
				id, ok := s.Take(u)
				require.True(t, ok)
				require.False(t, seen[id])
				require.GreaterOrEqual(t, id, ID(low))
				seen[id] = true
				who, ok := s.User(id)
				require.True(t, ok)
				require.Same(t, u, who)
			}
			_, ok := s.Take(other)
			require.False(t, ok)
			s.Put(other, 7, 0) // which is not its own
			_, ok = s.User(7)
			require.True(t, ok)
			synctest.Wait()
			require.Zero(t, other.told.Load())
			s.Put(u, 7, 0)
			synctest.Wait()
			require.EqualValues(t, 1, other.told.Load())
			id, ok := s.Take(other)
			require.True(t, ok)
			require.EqualValues(t, 7, id)
			require.Equal(t, size, s.Size())
		})
	}
}

func TestASharedTellsWhoWaitsForAnIdentifierThatRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, u, other, gone := NewIdentifiers(0, 0), new(user), new(user), new(user)
		for range Size {
			s.Take(u)
		}
		s.Put(u, 9, 30*time.Second)
		s.Put(u, 10, 10*time.Second)
		s.Take(other)
		require.False(t, s.Claim(u, 9))
		s.Take(gone)
		s.Forget(gone)
		time.Sleep(10*time.Second - 1)
		synctest.Wait()
		require.Zero(t, other.told.Load())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.EqualValues(t, 1, other.told.Load())
		require.Zero(t, u.told.Load(), "9 rests")
		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.EqualValues(t, 1, u.told.Load())
		require.EqualValues(t, 1, other.told.Load())
		require.Zero(t, gone.told.Load())
		require.True(t, s.Claim(u, 9))
	})
}

func TestAClaimTakesOneIdentifierAndLeavesTheOrderOfTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, u, other := NewIdentifiers(0, 0), new(user), new(user)
		require.True(t, s.Claim(u, 3))
		require.False(t, s.Claim(other, 3))
		require.False(t, s.Claim(u, 256))
		for want := range ID(5) {
			if want == 3 {
				continue
			}
			id, _ := s.Take(u)
			require.Equal(t, want, id)
			s.Put(u, id, 0)
		}
		synctest.Wait()
		require.Zero(t, other.told.Load(), "others came free, 3 did not")
		s.Put(u, 3, 0)
		synctest.Wait()
		require.EqualValues(t, 1, other.told.Load())
	})
}

func TestTokensGoUpAndSkipThoseInUse(t *testing.T) {
	s, u, other := NewTokens(1<<32-2), new(user), new(user)
	for _, want := range []ID{1<<32 - 2, 1<<32 - 1, 0} {
		id, ok := s.Take(u)
		require.True(t, ok)
		require.Equal(t, want, id)
	}
	require.True(t, s.Claim(other, 1))
	require.False(t, s.Claim(u, 1))
	id, _ := s.Take(u)
	require.EqualValues(t, 2, id)
	s.Put(other, 1, time.Minute)
	require.True(t, s.Claim(u, 1))
	for range 1000 { // more than an Identifier could tell apart
		_, ok := s.Take(u)
		require.True(t, ok)
	}
}

func TestASharedIsSafeForConcurrentUse(t *testing.T) {
	s := NewIdentifiers(1, 1)
	var inUse [Size]atomic.Int32
	var all sync.WaitGroup
	for n := range uint64(4) {
		all.Go(func() {
			src, u := rand.New(rand.NewPCG(n, 9765)), new(user)
			for range 2000 {
				id := ID(src.IntN(Size))
				ok := src.IntN(2) == 0 && s.Claim(u, id)
				if !ok {
					if id, ok = s.Take(u); !ok {
						continue
					}
				}
				require.EqualValues(t, 1, inUse[id].Add(1))
				require.NotZero(t, id)
				inUse[id].Add(-1)
				s.Put(u, id, 0)
			}
		})
	}
	all.Wait()
	require.Equal(t, Size-1, s.Size())
}
