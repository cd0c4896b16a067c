// SPDX-License-Identifier: Apache-2.0

package dedup

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// octetsOfEntry is what the docs of Server.Memory and Window state of an entry with its places in
// the index.
const octetsOfEntry = 48 + 14

// footprint is the octets of entries, index and answers, spare ones included.
func (w *world) footprint() (octets int) {
	for i := range w.c.shards {
		s := &w.c.shards[i]
		p := &s.entries
		octets += (p.used+len(p.spare))*int(unsafe.Sizeof(chunk{})) + 8*(cap(p.chunks)+cap(p.spare)) + 4*cap(p.gone)
		if d := s.index.directory.Load(); d != nil {
			octets += int(unsafe.Sizeof(segment{})) * len(*d)
			for at := range *d {
				octets += 8 * len((*d)[at].places())
			}
		}
		for l := range s.answers {
			octets += len(s.answers[l].chunks) * int(unsafe.Sizeof(logPart{}))
			if s.answers[l].spare != nil {
				octets += int(unsafe.Sizeof(logPart{}))
			}
		}
	}
	return octets
}

func TestSizesAreThoseThatTheRuntimeAllocates(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(chunk{}), uintptr(12<<10))
	require.LessOrEqual(t, unsafe.Sizeof(logPart{}), uintptr(16<<10)) // eight octets less with pointers of 32 bits
	require.Greater(t, unsafe.Sizeof(logPart{}), uintptr(14<<10))     // the next smaller size
}

// What one insertion, or one removal, does for others is bounded: the entries of two segments are
// moved and the places of three are cleared at most, however many there are.
func TestNoInsertionPaysForTheGrowthOfTheIndex(t *testing.T) {
	var h index
	var before []*place
	look := func(what string, i uint32) {
		moved, cleared := uint32(0), 0
		for at := range h.segments {
			s := h.at(at)
			if at == len(before) {
				before = append(before, nil)
			}
			if first := s.first.Load(); before[at] != first {
				moved += s.used
				cleared += len(s.places())
				before[at] = first
			}
		}
		before = before[:h.segments]
		if n := len(*h.directory.Load()); moved > 4*segmentEntries || cleared > 8*segmentEntries || n > 2*h.segments {
			t.Fatalf("%s of %d: %d entries moved, %d places cleared for %d segments in %d", what, i, moved, cleared, h.segments, n)
		}
	}
	const n = 50_000
	for i := uint32(1); i <= n; i++ {
		auth := quick(uint64(i))
		h.insert(i, &auth)
		look("insertion", i)
	}
	require.Greater(t, h.segments, n/segmentEntries)
	for i := uint32(1); i <= n; i++ {
		auth := quick(uint64(i))
		h.remove(i, &auth)
		look("removal", i)
	}
	require.Equal(t, 1, h.segments)
	require.LessOrEqual(t, len(h.at(0).places()), 2*leastPlaces)
	require.Len(t, *h.directory.Load(), 1)
}

// Through any history of growth and shrinking the index finds what it has, and nothing else.
func TestIndexAgainstAMap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var h index
	var p entries
	has := map[uint64]uint32{}
	find := func(n uint64) uint32 {
		auth := quick(n)
		for found := h.probe(&auth); ; {
			i := found.next()
			if i == 0 || p.at(i).auth == auth {
				return i
			}
		}
	}
	for _, target := range []int{10, 1000, 20_000, 3000, 12_000, 5, 0} {
		for len(has) != target {
			n := rnd.Uint64N(30_000)
			i, ok := has[n]
			require.Equal(t, i, find(n))
			switch auth := quick(n); {
			case !ok && len(has) < target:
				i = p.alloc()
				*p.at(i) = entry{auth: auth}
				h.insert(i, &auth)
				has[n] = i
			case ok && len(has) > target:
				h.remove(i, &auth)
				p.release(i)
				delete(has, n)
			}
		}
		require.Equal(t, target, h.used)
		for n, i := range has {
			require.Equal(t, i, find(n))
		}
	}
	require.Zero(t, p.used)
	require.Nil(t, p.chunks)
	require.LessOrEqual(t, len(p.spare), 1)
}

// at is request number n of those that come evenly, rate of them a second, with its answer.
func (w *world) at(t *testing.T, n uint64, rate int) {
	w.now = w.now.Add(time.Second / time.Duration(rate))
	k := Key{
		Authenticator: quick(n), Source: netip.MustParseAddrPort("192.0.2.1:1"), ID: byte(n), Share: w.shares[0],
		Stamped: true, Left: time.Duration(w.c.window) * time.Second,
	}
	result, r := w.lookup(&k)
	if result != Fresh {
		t.Fatal(result)
	}
	w.c.Answer(r, 41, nil, w.now)
}

// At 50,000 requests a second and the default Window of 300 s a cache has fifteen million entries,
// and here one in fifty or more of those.
func TestAnEntryTakesWhatTheDocsState(t *testing.T) {
	for _, rate := range []int{300, 500} {
		w := newWorld(300*time.Second, 1<<25)
		for n := range uint64(700 * rate) {
			w.at(t, n, rate)
		}
		require.InDelta(t, 300*rate, w.c.Len(), float64(5*rate), "it is full, and stays so")
		require.InEpsilon(t, octetsOfEntry, float64(w.footprint())/float64(w.c.Len()), 0.1)
	}
}

// After a burst the memory is given back, even where few requests follow.
func TestMemoryComesBackAfterABurst(t *testing.T) {
	if testing.Short() {
		t.Skip("a million entries")
	}
	const burst, rate = 1_000_000, 32
	after := func(burst uint64) (most, left int) {
		w := newWorld(300*time.Second, 1<<25)
		attributes := make([]byte, 20)
		for n := range burst {
			k := Key{Authenticator: quick(n), Share: w.shares[0], Stamped: true, Left: 300 * time.Second}
			_, r := w.lookup(&k)
			w.c.Answer(r, 42, attributes, w.now)
		}
		most = w.footprint()
		for n := range uint64(700 * rate) {
			w.at(t, burst+n, rate)
		}
		require.Less(t, w.c.Len(), 310*rate)
		return most, w.footprint()
	}
	_, without := after(0)
	most, left := after(burst)
	require.Greater(t, most, 48*burst)
	require.Less(t, left, without+most/100)
}
