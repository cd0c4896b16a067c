// SPDX-License-Identifier: Apache-2.0

package coalesce_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/coalesce"
	"github.com/stretchr/testify/require"
)

const room = 16

// A park is where batches go, and how large they were.
type park struct {
	mu    sync.Mutex
	sent  map[int]int
	sizes []int
}

type batch struct {
	to  *park
	all []int
}

func (b *batch) Add(x int) bool {
	b.all = append(b.all, x)
	return len(b.all) == room
}

func (b *batch) Send() {
	b.to.mu.Lock()
	defer b.to.mu.Unlock()
	for _, x := range b.all {
		b.to.sent[x]++
	}
	b.to.sizes = append(b.to.sizes, len(b.all))
}

func newPark() (*park, *coalesce.Coalescer[int]) {
	p := &park{sent: make(map[int]int)}
	return p, &coalesce.Coalescer[int]{New: func() coalesce.Batch[int] { return &batch{to: p} }}
}

// However many goroutines send, each packet leaves once, and no batch is larger than it may be.
func TestEachLeavesOnce(t *testing.T) {
	p, c := newPark()
	const n, each = 32, 500
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			for j := range each {
				if j%3 == 0 {
					c.Put(i*each + j)
					c.Send()
				} else {
					c.Post(i*each + j)
				}
			}
		})
	}
	all.Wait()
	require.Len(t, p.sent, n*each)
	for x, times := range p.sent {
		require.Equal(t, 1, times, x)
	}
	for _, size := range p.sizes {
		require.LessOrEqual(t, size, room)
	}
}

// Goroutines that are awake at the same time share a batch.
func TestThoseThatAreAwakeLeaveTogether(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p, c := newPark()
	var all sync.WaitGroup
	for i := range room / 2 {
		all.Go(func() { c.Post(i) })
	}
	all.Wait()
	require.Len(t, p.sent, room/2)
	require.Less(t, len(p.sizes), room/2)
}

// One that is alone does not wait for others, and what is put in waits for Send or for a full
// batch.
func TestPostSendsAtOnceAndPutDoesNot(t *testing.T) {
	p, c := newPark()
	c.Post(0)
	require.Equal(t, []int{1}, p.sizes)
	for i := range room - 1 {
		c.Put(1 + i)
	}
	require.Equal(t, []int{1}, p.sizes)
	c.Put(room)
	require.Equal(t, []int{1, room}, p.sizes)
	c.Send()
	require.Equal(t, []int{1, room}, p.sizes, "nothing waits")
}
