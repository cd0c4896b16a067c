// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// A remembering is a memory under test, with its own clock.
type remembering struct {
	m   *memory
	row *peerRow
	now uint32
}

func remember(window time.Duration, max int) *remembering {
	var t peerTable
	row := t.row(netip.MustParseAddr("192.0.2.1"), "", true)
	return &remembering{newMemory(window, max, t.at), row, 1_800_000_000}
}

// a is the key of request number n.
func (r *remembering) a(n uint64, port uint16, stamp uint32) *key {
	k := &key{source: netip.AddrPortFrom(r.row.addr, port), peer: r.row, stamped: stamp != 0, stamp: stamp, disconnect: true}
	rnd := rand.New(rand.NewPCG(n, 0)) // an authenticator is a hash
	binary.LittleEndian.PutUint64(k.auth[:], rnd.Uint64())
	binary.LittleEndian.PutUint64(k.auth[8:], rnd.Uint64())
	return k
}

func TestEntryIsOfTheSizeThatIsDocumented(t *testing.T) {
	require.EqualValues(t, 48, unsafe.Sizeof(entry{}))
}

func TestMemoryAgainstAModel(t *testing.T) {
	const window = 40
	type known struct {
		until, byAuth, answer uint32
		answered              bool
	}
	answer := func(r *remembering, where ref, n uint64) {
		if n%3 == 0 {
			r.m.answer(where, byte(n), nil, r.now)
		} else {
			r.m.answer(where, byte(n), binary.BigEndian.AppendUint64(nil, n), r.now)
		}
	}
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		r := remember(window*time.Second, 1<<20)
		type source struct {
			n    uint64
			port uint16
		}
		model := map[source]known{}
		pending := map[source]ref{}
		for range 4000 {
			if rnd.IntN(3) == 0 {
				for at, where := range pending { // none outlives its time in the model
					k := model[at]
					k.answered, k.answer = true, r.now+window
					answer(r, where, at.n)
					model[at] = k
				}
				clear(pending)
				r.now += uint32(rnd.IntN(5))
			}
			s := source{1 + uint64(rnd.IntN(200)), uint16(rnd.IntN(2))}
			var stamp uint32
			if s.n%2 == 0 {
				stamp = r.now + uint32(rnd.IntN(2*window)) - window
			}
			// What anybody knows of this authenticator: any of these is a right answer.
			var may []fate
			for port := range uint16(2) {
				k, ok := model[source{s.n, port}]
				switch {
				case !ok || r.now > k.byAuth && (port != s.port || r.now > k.until):
				case !k.answered:
					may = append(may, working)
				case r.now <= k.answer:
					may = append(may, answered)
				default:
					may = append(may, answered, gone) // answers go by the chunk
				}
			}
			what, where, octets := r.m.recall(r.a(s.n, s.port, stamp), r.now, new(origin), true, nil)
			switch {
			case len(may) == 0:
				require.Equal(t, fresh, what)
				k := known{until: r.now + window, byAuth: r.now + unstampedWindow}
				if stamp != 0 {
					k.byAuth = stamp + window + 1
				}
				k.until = max(k.until, k.byAuth)
				if rnd.IntN(4) == 0 {
					r.m.forget(where)
					continue
				}
				model[s], pending[s] = k, where
				if rnd.IntN(4) > 0 {
					k.answered, k.answer = true, r.now+window
					answer(r, where, s.n)
					model[s] = k
					delete(pending, s)
				}
			default:
				require.Contains(t, may, what)
				if what == answered {
					require.Equal(t, byte(s.n), octets[0])
					require.Equal(t, s.n%3 == 0, len(octets) == 1)
					if len(octets) > 1 {
						require.Equal(t, s.n, binary.BigEndian.Uint64(octets[1:]))
					}
				}
			}
		}
		r.now += 1000
		for n := range uint64(5000) {
			r.m.recall(r.a(1e9+n, 1, 0), r.now, new(origin), false, nil)
		}
		require.LessOrEqual(t, r.m.used.Load(), int64(len(pending)), "what is over is given back, but for what is in work")
		require.Equal(t, r.m.used.Load(), r.row.held.Load())
	}
}

func TestMemoryGivesBackWhatIsOver(t *testing.T) {
	r := remember(300*time.Second, 1<<16)
	for n := range uint64(200_000) { // forty seconds' worth each second for a while
		if n%5000 == 0 {
			r.now += 60
		}
		what, where, _ := r.m.recall(r.a(n, 1, r.now), r.now, new(origin), true, nil)
		require.Equal(t, fresh, what)
		r.m.answer(where, 42, []byte("answer"), r.now)
	}
	require.Less(t, r.m.used.Load(), int64(50_000))
	made := 0
	for i := range r.m.shards {
		made += len(r.m.shards[i].entries) * chunkEntries
	}
	require.Less(t, made, 60_000, "entries are used again")
}

func TestMemoryKeepsWhatIsInWorkBeyondItsTime(t *testing.T) {
	r := remember(300*time.Second, 100)
	_, where, _ := r.m.recall(r.a(1, 1, r.now), r.now, new(origin), true, nil)
	for range 100 {
		r.now += 60
		r.m.relieve(r.now)
	}
	require.Nil(t, r.m.answer(where, 42, []byte("late"), r.now))
	require.EqualValues(t, 1, r.m.used.Load())
}

func TestMemorySurvivesAClockThatIsSet(t *testing.T) {
	r := remember(300*time.Second, 1000)
	for _, jump := range []int{0, -86400, 200, 86400 * 365, -500, -86400 * 365 * 3} {
		r.now = uint32(int(r.now) + jump)
		for n := range uint64(50) {
			k := r.a(n+uint64(r.now)*100, 1, r.now)
			what, where, _ := r.m.recall(k, r.now, new(origin), true, nil)
			require.Equal(t, fresh, what)
			r.m.answer(where, 42, []byte("x"), r.now)
			what, _, _ = r.m.recall(k, r.now, new(origin), true, nil)
			require.Equal(t, answered, what)
		}
	}
}

// BenchmarkMemory is a first arrival and its answer at 50,000 requests a second, the whole window of 300 s long where b.N allows: 15 million
// entries. It reports what an entry takes, its answer included, which is an ACK without attributes.
func BenchmarkMemory(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := remember(300*time.Second, 1<<25)
	b.ResetTimer()
	n := uint64(0)
	for b.Loop() {
		if n++; n%50_000 == 0 {
			r.now++
		}
		_, where, _ := r.m.recall(r.a(n, uint16(n), r.now), r.now, new(origin), true, nil)
		r.m.answer(where, 41, nil, r.now)
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(r.m.used.Load()), "octets/entry")
	b.ReportMetric(float64(r.m.used.Load()), "entries")
}

// BenchmarkMemoryDuplicate is a duplicate of one of a million.
func BenchmarkMemoryDuplicate(b *testing.B) {
	r := remember(300*time.Second, 1<<25)
	for n := range uint64(1_000_000) {
		_, where, _ := r.m.recall(r.a(n, 1, r.now), r.now, new(origin), true, nil)
		r.m.answer(where, 42, make([]byte, 6), r.now)
	}
	b.ReportAllocs()
	buf := make([]byte, 0, 64)
	n := uint64(0)
	for b.Loop() {
		n = (n + 7919) % 1_000_000
		if what, _, _ := r.m.recall(r.a(n, 1, r.now), r.now, new(origin), true, buf); what != answered {
			b.Fatal(what)
		}
	}
}
