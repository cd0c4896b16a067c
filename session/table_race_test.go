// SPDX-License-Identifier: Apache-2.0

package session

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Sessions come, change and go in some goroutines while others look. Those that stay are found all
// the while, each once and in order, also while they get another address, a larger identity or a
// smaller one.
func TestTableIsWholeForEachWhoLooks(t *testing.T) {
	const stay, rounds = 40, 400
	var table Table[int]
	staying := func(n, round int) attrs.Identity {
		return attrs.Identity{
			AcctSessionID:    fmt.Sprint("stay", n),
			UserName:         "stays",
			NASPortID:        fmt.Sprint("port", n%3),
			CallingStationID: strings.Repeat("x", round%3*100), // moves from block to block
		}
	}
	for n := range stay {
		require.NoError(t, table.Put(staying(n, 0), n))
	}
	var want []int
	for n := range stay {
		want = append(want, n)
	}

	var writers, readers sync.WaitGroup
	var done atomic.Bool
	for w := range 2 {
		writers.Go(func() { // the sessions that stay change
			for round := range rounds {
				for n := w; n < stay; n += 2 {
					assert.NoError(t, table.Put(staying(n, round), n))
				}
			}
		})
		writers.Go(func() { // others come and go, of the same and of other values
			src := rand.New(rand.NewPCG(uint64(w), 9))
			for range rounds * 20 {
				n := src.IntN(100)
				id := attrs.Identity{AcctSessionID: fmt.Sprint("go", w, n), UserName: "goes", NASPortID: fmt.Sprint("port", n%3)}
				id.CalledStationID = strings.Repeat("y", n*2)
				switch src.IntN(3) {
				case 0:
					table.Delete("", id.AcctSessionID)
				case 1:
					table.DeleteFunc("", id.AcctSessionID, func(s int) bool { return s == n })
				default:
					assert.NoError(t, table.Put(id, n))
				}
			}
		})
	}
	look := func(f func()) {
		readers.Go(func() {
			for !done.Load() {
				f()
			}
		})
	}
	look(func() {
		found, err := table.Find(t.Context(), attrs.Identity{UserName: "stays"})
		assert.NoError(t, err)
		assert.Equal(t, want, found)
	})
	look(func() {
		found, err := table.Find(t.Context(), attrs.Identity{UserName: "stays", NASPortID: "port1"})
		assert.NoError(t, err)
		assert.Len(t, found, len(want)/3)
		assert.True(t, slices.IsSorted(found))
	})
	look(func() {
		for n := range stay {
			found, err := table.Find(t.Context(), attrs.Identity{UserName: "stays", AcctSessionID: fmt.Sprint("stay", n)})
			assert.NoError(t, err)
			assert.Equal(t, []int{n}, found)
		}
	})
	look(func() {
		var next []*attrs.Identity
		for n := range stay {
			next = append(next, ptr(staying(n, 0)), &attrs.Identity{AcctSessionID: fmt.Sprint("go", n%2, n), UserName: "goes"})
		}
		table.Ahead(next)
	})
	look(func() {
		seen := 0
		for id, s := range table.All() {
			if id.UserName == "stays" {
				assert.Equal(t, fmt.Sprint("stay", s), id.AcctSessionID)
				seen++
			}
		}
		assert.Equal(t, stay, seen)
	})
	writers.Wait()
	done.Store(true)
	readers.Wait()
	requireSound(t, &table)
}

// Of those who put one session at once one is last; of those who delete it one gets it.
func TestOneOfManyDeletesTheSession(t *testing.T) {
	var table Table[int]
	id := attrs.Identity{AcctSessionID: "1", UserName: "bob"}
	for range 200 {
		var all sync.WaitGroup
		var deleted atomic.Int32
		for n := range 4 {
			all.Go(func() { assert.NoError(t, table.Put(id, n)) })
		}
		all.Wait()
		require.Equal(t, 1, table.Len())
		for range 4 {
			all.Go(func() {
				if _, ok := table.Delete("", "1"); ok {
					deleted.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, deleted.Load())
		require.Zero(t, table.Len())
	}
	requireSound(t, &table)
}
