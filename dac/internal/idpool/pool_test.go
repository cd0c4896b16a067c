// SPDX-License-Identifier: Apache-2.0

package idpool

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Against a model: no identifier is given that is in use or rests, and of the free ones the one
// that has been free the longest.
func TestTheLeastRecentlyUsedIdentifierComesFirst(t *testing.T) {
	for seed := range uint64(20) {
		src := rand.New(rand.NewPCG(seed, 2222))
		p := New(byte(src.IntN(Size)))
		var free []byte // in order
		for i := range Size {
			free = append(free, p.ring[i])
		}
		rests := make(map[byte]Instant)
		var inUse []byte
		now := Instant(0)
		wake := func() {
			for len(rests) > 0 {
				first, until := byte(0), Never
				for _, r := range p.rest { // the order of equal ones is that in which they came
					if at, ok := rests[r.id]; ok && at < until {
						first, until = r.id, at
					}
				}
				if until > now {
					return
				}
				delete(rests, first)
				free = append(free, first)
			}
		}
		for range 3000 {
			now += Instant(src.IntN(3)) * time.Second
			wake()
			next, last := Never, Instant(0)
			for _, until := range rests {
				next, last = min(next, until), max(last, until)
			}
			if has := p.Has(now); has {
				require.NotEmpty(t, free)
				if src.IntN(2) == 0 {
					id := p.Take()
					require.Equal(t, free[0], id)
					free, inUse = free[1:], append(inUse, id)
				}
			} else {
				require.Empty(t, free)
			}
			require.Equal(t, next, p.Next())
			require.Equal(t, last, p.Last())
			if len(inUse) > 0 && src.IntN(2) == 0 {
				i := src.IntN(len(inUse))
				id, until := inUse[i], now+Instant(src.IntN(60)-20)*time.Second
				inUse = append(inUse[:i], inUse[i+1:]...)
				p.Put(id, until, now)
				if until <= now {
					free = append(free, id)
				} else {
					rests[id] = until
				}
			}
			require.Equal(t, Size, len(free)+len(inUse)+len(rests))
		}
	}
}

func TestAPoolAllocatesNothingWhereNothingRests(t *testing.T) {
	p := New(0)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		if p.Has(0) {
			p.Put(p.Take(), 0, 0)
		}
	}))
}
