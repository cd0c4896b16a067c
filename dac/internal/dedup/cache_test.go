// SPDX-License-Identifier: Apache-2.0

package dedup

import (
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

var histories = flag.Int("histories", 60, "random histories of the cache that are held against the model")

// A world is a cache under test with clocks of its own: now is the monotonic one, ahead is by how
// much the wall clock is wrong.
type world struct {
	c      *Cache[string]
	shares []*Share
	now    time.Time
	ahead  time.Duration
}

func newWorld(window time.Duration, max int) *world {
	w := &world{shares: []*Share{{Index: 0}, {Index: 1}}}
	w.c = New[string](Config{Window: window, Unstamped: 30 * time.Second, Max: max, Share: func(i uint32) *Share { return w.shares[i] }})
	w.now = w.c.epoch
	return w
}

func (w *world) wall() time.Time { return w.now.Round(0).Add(w.ahead) }

// authenticator is that of request number n: a hash.
func authenticator(n uint64) (auth [16]byte) {
	rnd := rand.New(rand.NewPCG(n, 0))
	binary.LittleEndian.PutUint64(auth[:], rnd.Uint64())
	binary.LittleEndian.PutUint64(auth[8:], rnd.Uint64())
	return auth
}

// key is request number n, a stamped Disconnect-Request of just now.
func (w *world) key(n uint64, port uint16) *Key {
	return &Key{
		Authenticator: authenticator(n), Source: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port), ID: byte(n), Share: w.shares[0],
		Stamped: true, Left: Left(uint32(w.wall().Unix()), w.wall(), time.Duration(w.c.window)*time.Second),
	}
}

func (w *world) lookup(k *Key) (Result, Ref) {
	result, r, _ := w.c.Lookup(k, w.now, new(string), true, nil)
	return result, r
}

// entries is what the cache has room for, and answers the octets of its logs.
func (w *world) size() (entries, answers int) {
	for i := range w.c.shards {
		s := &w.c.shards[i]
		entries += s.entries.used * chunkEntries
		for l := range s.answers {
			answers += len(s.answers[l].chunks) * logChunk
		}
	}
	return entries, answers
}

// A script says what happens: octets of a fuzzer, or random ones.
type script struct {
	octets []byte
	random *rand.Rand // nil: the end of octets is the end
}

func (s *script) over() bool { return s.random == nil && len(s.octets) == 0 }

func (s *script) n(below int) int {
	if s.random != nil {
		return s.random.IntN(below)
	}
	if len(s.octets) == 0 {
		return 0
	}
	b := s.octets[0]
	s.octets = s.octets[1:]
	return int(b) % below
}

// A known is one execution, as the model remembers it. It is plain on purpose: a list, and the
// rules.
type known struct {
	request    int
	source     netip.AddrPort
	ref        Ref
	began      time.Time
	left       time.Duration
	answered   time.Time // zero: in work
	code       byte
	attributes []byte
	superseded bool
}

// A model has a few requests that come again and again: of each kind, stamped and not, with few
// identifiers, so that they meet.
type model struct {
	*world
	t      testing.TB
	window time.Duration
	stamps map[int]uint32 // of those that are stamped, by request
	list   []*known
	serial int
}

const modelRequests = 24

func (m *model) stamped(request int) bool { return request%2 == 0 }
func (m *model) coa(request int) bool     { return request%4 >= 2 }
func (m *model) id(request int) byte      { return byte(request % 3) }

// matches reports whether request, from source, is what k was, at any age.
func (m *model) matches(k *known, request int, source netip.AddrPort) bool {
	return k.request == request && (m.stamped(request) || !m.coa(request) || k.source == source)
}

// times says until when k is known and its answer kept, at least.
func (m *model) times(k *known) (until, kept time.Time) {
	keep := 30 * time.Second
	if m.stamped(k.request) {
		keep = m.window
	}
	until, kept = k.answered.Add(keep), k.answered.Add(keep)
	if stale := k.began.Add(k.left); stale.After(until) {
		until = stale
	}
	return until, kept
}

// step lets one thing happen, and holds the cache against the model.
func (m *model) step(s *script) {
	switch s.n(10) {
	case 0: // time passes
		m.now = m.now.Add(time.Duration(s.n(20_000)) * time.Millisecond)
	case 1: // a while
		m.now = m.now.Add(time.Duration(s.n(200)) * time.Second)
	case 2: // the clock is set
		m.ahead = time.Duration(s.n(200)-100) * []time.Duration{time.Second, 10 * time.Second, 24 * time.Hour, 400 * 24 * time.Hour}[s.n(4)]
	case 3, 4, 5: // what is in work is answered, late or soon, or forgotten
		for _, k := range slices.Clone(m.list) {
			if k.answered.IsZero() && s.n(2) == 0 {
				m.end(k, s.n(5))
			}
		}
	default:
		m.arrive(s)
	}
	m.check()
}

func (m *model) end(k *known, how int) {
	if how == 0 {
		m.c.Forget(k.ref)
		m.drop(k)
		return
	}
	m.serial++
	k.answered = m.now
	switch how {
	case 1: // silence
	case 2:
		k.code = byte(1 + m.serial%200)
	default:
		k.code, k.attributes = byte(1+m.serial%200), binary.BigEndian.AppendUint64(nil, uint64(m.serial))
	}
	m.c.Answer(k.ref, k.code, k.attributes, m.now)
	if k.superseded {
		m.drop(k)
	}
}

func (m *model) drop(k *known) {
	for i := range m.list {
		if m.list[i] == k {
			m.list = append(m.list[:i], m.list[i+1:]...)
			return
		}
	}
}

func (m *model) arrive(s *script) {
	request := s.n(modelRequests)
	source := netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(1+s.n(2)))
	k := Key{
		Authenticator: authenticator(uint64(request)), Source: source, ID: m.id(request), CoA: m.coa(request), Share: m.shares[request%2],
	}
	if m.stamped(request) {
		// A sender has its own clock, and stamps once; a request is sent by a new one when it has
		// become stale.
		stamp, ok := m.stamps[request]
		wall := m.wall()
		if off := wall.Unix() - int64(stamp); !ok || off > int64(m.window/time.Second) || off < -int64(m.window/time.Second) {
			if ok && s.n(3) > 0 {
				return // stale: it does not come as far as the cache
			}
			stamp = uint32(wall.Unix() + int64(s.n(60)-30))
			if m.any(request) {
				return // the same octets have the same stamp for as long as they are known
			}
			m.stamps[request] = stamp
		}
		k.Stamped, k.Left = true, Left(stamp, wall, m.window)
	}
	result, ref, octets := m.c.Lookup(&k, m.now, new(string), true, nil)
	var was *known
	for _, one := range m.list {
		if m.matches(one, request, source) {
			was = one
		}
	}
	if was != nil && !was.answered.IsZero() {
		until, kept := m.times(was)
		switch {
		case m.now.After(until.Add(2 * time.Second)):
			m.drop(was) // its time is over
			was = nil
		case m.now.After(until):
			if result == Fresh { // the second in which it may be either
				m.drop(was)
				was = nil
			}
		case was.code == 0:
			require.Equal(m.t, Silent, result)
			return
		case !m.now.After(kept):
			require.Equal(m.t, Answered, result)
			require.Equal(m.t, append([]byte{was.code}, was.attributes...), octets, "the answer that was given")
			return
		default:
			require.Contains(m.t, []Result{Answered, Expired}, result, "answers go by the second and by the chunk")
			return
		}
		if was != nil {
			return
		}
	}
	if was != nil {
		require.Equal(m.t, Working, result, "however long it takes")
		return
	}
	require.Equal(m.t, Fresh, result)
	m.superseding(request, source)
	m.list = append(m.list, &known{request: request, source: source, ref: ref, began: m.now, left: k.Left})
}

func (m *model) any(request int) bool {
	for _, k := range m.list {
		if k.request == request {
			return true
		}
	}
	return false
}

// superseding ends the unstamped CoA-Requests that were sent with the identifier of request from
// source.
func (m *model) superseding(request int, source netip.AddrPort) {
	for _, k := range slices.Clone(m.list) {
		if k.source != source || m.id(k.request) != m.id(request) || m.stamped(k.request) || !m.coa(k.request) {
			continue
		}
		k.superseded = true
		if !k.answered.IsZero() {
			m.drop(k)
		}
	}
}

// check holds the cache to what is true at all times.
func (m *model) check() {
	require.GreaterOrEqual(m.t, m.c.Len(), 0)
	require.EqualValues(m.t, m.c.Len(), m.shares[0].Held()+m.shares[1].Held())
	sources := 0
	for i := range m.c.shards {
		sources += len(m.c.shards[i].latest)
	}
	require.EqualValues(m.t, m.c.sources.Load(), sources)
}

// finish answers all, lets all of it expire and looks whether anything is left.
func (m *model) finish() {
	for _, k := range slices.Clone(m.list) {
		if k.answered.IsZero() {
			m.end(k, 3)
		}
	}
	m.now = m.now.Add(3*m.window + time.Minute)
	for range 400 {
		m.c.Expire(m.now)
	}
	require.Zero(m.t, m.c.Len(), "nothing is kept for ever, whatever the clock said")
	require.Zero(m.t, m.c.asked.Load())
	require.Zero(m.t, m.c.sources.Load())
}

func newModel(t testing.TB) *model {
	window := 60 * time.Second
	return &model{world: newWorld(window, 1<<20), t: t, window: window, stamps: map[int]uint32{}}
}

func TestCacheAgainstAModel(t *testing.T) {
	for seed := range uint64(*histories) {
		m, s := newModel(t), &script{random: rand.New(rand.NewPCG(seed, 1))}
		for range 3000 {
			m.step(s)
		}
		m.finish()
	}
}

// FuzzCache holds random histories of clocks, arrivals, answers and expiry against the model.
func FuzzCache(f *testing.F) {
	// An unstamped CoA, its answer, a different one, and the first again.
	f.Add([]byte{9, 2, 0, 3, 0, 4, 9, 2, 0, 9, 5, 0, 9, 2, 0})
	f.Add([]byte{9, 0, 0, 30, 2, 199, 3, 9, 0, 0, 1, 100, 9, 0, 0, 2, 0, 3})
	f.Fuzz(func(t *testing.T, octets []byte) {
		m, s := newModel(t), &script{octets: octets}
		for !s.over() {
			m.step(s)
		}
		m.finish()
	})
}

func TestEntryIsOfTheSizeThatIsDocumented(t *testing.T) {
	require.EqualValues(t, 48, unsafe.Sizeof(entry{}))
}

func TestNothingIsExecutedTwiceWithinWindowOfMonotonicTime(t *testing.T) {
	const window = 300 * time.Second
	for _, stampedBefore := range []time.Duration{0, 100 * time.Second, 299 * time.Second} {
		for _, step := range []time.Duration{120 * time.Second, 400 * time.Second, -200 * time.Second, -1000 * time.Hour, 30000 * time.Hour} {
			w := newWorld(window, 1000)
			k := w.key(1, 1)
			stamp := uint32(w.wall().Add(-stampedBefore).Unix())
			k.Left = Left(stamp, w.wall(), window)
			result, r := w.lookup(k)
			require.Equal(t, Fresh, result)
			w.c.Answer(r, 41, nil, w.now)
			began := w.now
			w.ahead = step // the clock is set, traffic passes, and it is set back
			for n := range uint64(2000) {
				w.now = w.now.Add(100 * time.Millisecond)
				result, r := w.lookup(w.key(1000+n, 1))
				require.Contains(t, []Result{Fresh, Full}, result)
				if result == Fresh {
					w.c.Answer(r, 41, nil, w.now)
				}
			}
			w.ahead = 0
			for w.now.Sub(began) < window {
				k.Source = netip.AddrPortFrom(k.Source.Addr(), k.Source.Port()+1)
				result, _ := w.lookup(k)
				require.Equal(t, Answered, result, "%v after it, the clock having been set by %v", w.now.Sub(began), step)
				w.now = w.now.Add(9 * time.Second)
			}
		}
	}
}

func TestEntriesAndAnswersStayBoundedAfterAnyHistoryOfTheClock(t *testing.T) {
	if testing.Short() {
		t.Skip("years of virtual time")
	}
	const window = 300 * time.Second
	traffic := func(history func(w *world)) (*world, int, int) {
		w := newWorld(window, 1<<20)
		history(w)
		attributes := make([]byte, 200)
		most := 0
		for n := range uint64(100_000) { // a thousand seconds of a hundred a second
			w.now = w.now.Add(10 * time.Millisecond)
			result, r := w.lookup(w.key(1_000_000+n, uint16(n)))
			require.Equal(t, Fresh, result, "fresh ones are taken at once")
			w.c.Answer(r, 42, attributes, w.now)
			most = max(most, w.c.Len())
		}
		_, answers := w.size()
		return w, most, answers
	}
	_, entries, answers := traffic(func(*world) {})
	for name, steps := range map[string][]time.Duration{
		"four years ahead and back": {4 * 365 * 24 * time.Hour, 0},
		"back and right":            {-4 * 365 * 24 * time.Hour, 0},
		"to and fro":                {time.Minute, -time.Minute, time.Hour, -time.Hour, 10 * time.Minute, 0},
	} {
		_, e, a := traffic(func(w *world) {
			for i, step := range steps {
				w.ahead = step
				for n := range uint64(64) {
					result, r := w.lookup(w.key(uint64(i)*64+n, 1))
					require.Equal(t, Fresh, result)
					w.c.Answer(r, 42, make([]byte, 200), w.now)
				}
				w.now = w.now.Add(time.Second)
			}
		})
		require.LessOrEqual(t, float64(e), 1.1*float64(entries), name)
		require.LessOrEqual(t, float64(a), 1.1*float64(answers), name)
	}
}

func TestARequestInWorkIsKnownHoweverLongItTakes(t *testing.T) {
	for _, stamped := range []bool{true, false} {
		w := newWorld(30*time.Second, 1<<16)
		for n := range uint64(400) { // expired entries before it in the wheel
			_, r := w.lookup(w.key(1000+n, 1))
			w.c.Answer(r, 41, nil, w.now)
		}
		k := w.key(1, 1)
		k.Stamped, k.CoA = stamped, !stamped
		_, r := w.lookup(k)
		for range 100 {
			w.now = w.now.Add(35 * time.Second)
			w.c.Expire(w.now)
			result, _ := w.lookup(k)
			require.Equal(t, Working, result)
		}
		w.c.Answer(r, 41, []byte("late"), w.now)
		w.now = w.now.Add(29 * time.Second)
		result, _, octets := w.c.Lookup(k, w.now, new(string), true, nil)
		require.Equal(t, Answered, result, "a late answer is kept from when it was given")
		require.Equal(t, "\x29late", string(octets))
	}
}

func TestAnswersGoToThreeOthersWhoAsked(t *testing.T) {
	w := newWorld(300*time.Second, 100)
	k := w.key(1, 1)
	_, r := w.lookup(k)
	for _, port := range []uint16{2, 2, 3, 4, 5, 1} {
		k.Source = netip.AddrPortFrom(k.Source.Addr(), port)
		who := k.Source.String()
		result, _, _ := w.c.Lookup(k, w.now, &who, true, nil)
		require.Equal(t, Working, result)
	}
	require.Equal(t, []string{"192.0.2.1:2", "192.0.2.1:3", "192.0.2.1:4"}, w.c.Answer(r, 41, nil, w.now))
	require.Zero(t, w.c.asked.Load())
}

func TestOnePeerLeavesRoomForOthers(t *testing.T) {
	w := newWorld(300*time.Second, 800)
	n := uint64(0)
	for ; ; n++ {
		result, _ := w.lookup(w.key(n, 1))
		if result == Full {
			break
		}
		require.Equal(t, Fresh, result)
	}
	require.EqualValues(t, 700, n)
	k := w.key(5000, 1)
	k.Share = w.shares[1]
	result, _ := w.lookup(k)
	require.Equal(t, Fresh, result)
	result, _ = w.lookup(w.key(0, 1))
	require.Equal(t, Working, result, "what has not expired is never given up")
}

func TestCacheGivesBackWhatHasExpired(t *testing.T) {
	w := newWorld(300*time.Second, 1<<16)
	for n := range uint64(200_000) { // eighty-three a second for forty minutes
		if n%5000 == 0 {
			w.now = w.now.Add(time.Minute)
		}
		result, r := w.lookup(w.key(n, 1))
		require.Equal(t, Fresh, result)
		w.c.Answer(r, 42, []byte("answer"), w.now)
	}
	require.Less(t, w.c.Len(), 50_000)
	entries, _ := w.size()
	require.Less(t, entries, 60_000, "entries are used again")
}

// BenchmarkCache is a first arrival and its answer at 50,000 requests a second, the whole window of
// 300 s long where b.N allows: 15 million entries. It reports what an entry takes, its answer
// included, which is an ACK without attributes.
func BenchmarkCache(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w := newWorld(300*time.Second, 1<<25)
	b.ResetTimer()
	n := uint64(0)
	for b.Loop() {
		if n++; n%50_000 == 0 {
			w.now = w.now.Add(time.Second)
		}
		_, r := w.lookup(w.key(n, uint16(n)))
		w.c.Answer(r, 41, nil, w.now)
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(w.c.Len()), "octets/entry")
	b.ReportMetric(float64(w.c.Len()), "entries")
}

// BenchmarkCacheDuplicate is a duplicate of one of a million.
func BenchmarkCacheDuplicate(b *testing.B) {
	w := newWorld(300*time.Second, 1<<25)
	for n := range uint64(1_000_000) {
		_, r := w.lookup(w.key(n, 1))
		w.c.Answer(r, 42, make([]byte, 6), w.now)
	}
	b.ReportAllocs()
	buf, who := make([]byte, 0, 64), new(string)
	n := uint64(0)
	for b.Loop() {
		n = (n + 7919) % 1_000_000
		if result, _, _ := w.c.Lookup(w.key(n, 1), w.now, who, true, buf); result != Answered {
			b.Fatal(result)
		}
	}
}

func TestByPeerARequestIsKnownWithinItsPeerByWhicheverConnection(t *testing.T) {
	shares := []*Share{{Index: 0}, {Index: 1}}
	c := New[int](Config{Window: 300 * time.Second, Unstamped: 30 * time.Second, Max: 100, Share: func(i uint32) *Share { return shares[i] }})
	now, who := time.Now(), 0
	look := func(k Key) Result {
		result, ref, _ := c.Lookup(&k, now, &who, true, nil)
		if result == Fresh {
			c.Answer(ref, 44, nil, now)
		}
		return result
	}
	first := Key{Authenticator: [16]byte{1}, ID: 1, CoA: true, ByPeer: true, Conn: 1, Share: shares[0]}
	require.Equal(t, Fresh, look(first))
	again := first
	again.Conn, again.ID, again.Source = 2, 9, netip.MustParseAddrPort("192.0.2.1:7")
	require.Equal(t, Answered, look(again), "an unstamped CoA too")
	other := first
	other.Share = shares[1]
	require.Equal(t, Fresh, look(other), "of another peer")
	udp := first
	udp.ByPeer, udp.Conn = false, 0
	require.Equal(t, Fresh, look(udp), "over UDP")
	next := first
	next.Authenticator[0] = 2
	require.Equal(t, Fresh, look(next))
	require.Equal(t, Answered, look(first), "a different request with its identifier ends nothing")
}

// quick is an authenticator that takes no time to make.
func quick(n uint64) (auth [16]byte) {
	mix := func(x uint64) uint64 {
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		return x ^ x>>31
	}
	binary.LittleEndian.PutUint64(auth[:], mix(n*0x9e3779b97f4a7c15))
	binary.LittleEndian.PutUint64(auth[8:], mix(n*0x9e3779b97f4a7c15+1))
	return auth
}

// BenchmarkCacheSteady is a first arrival, its answer and what expires for it, in a cache of five
// million entries that is as large as it gets: 170,000 requests a second for a Window of 30 s, and
// 24 of them in each read.
func BenchmarkCacheSteady(b *testing.B) {
	const rate, batch = 170_000, 24
	w := newWorld(30*time.Second, 1<<26)
	source := netip.MustParseAddrPort("192.0.2.1:1")
	keys, refs, who, n := make([]Key, batch), make([]Ref, batch), new(string), uint64(0)
	read := func() {
		for i := range keys {
			n++
			keys[i] = Key{Authenticator: quick(n), Source: source, ID: byte(n), Share: w.shares[0], Stamped: true, Left: 30 * time.Second}
		}
		for i := range keys {
			w.c.Ahead(&keys[i].Authenticator)
		}
		for i := range keys {
			_, refs[i], _ = w.c.Lookup(&keys[i], w.now, who, true, nil)
		}
		for _, r := range refs {
			w.c.Answer(r, 41, nil, w.now)
		}
		w.now = w.now.Add(batch * time.Second / rate)
	}
	for n < 70*rate {
		read()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N / batch {
		read()
	}
	b.StopTimer()
	b.ReportMetric(float64(w.c.Len()), "entries")
}

// Ahead may run while other goroutines look up, and while the index grows.
func TestAheadBesideLookups(t *testing.T) {
	w := newWorld(300*time.Second, 1<<20)
	auth := quick(1)
	w.c.Ahead(&auth) // of a cache that has nothing
	var all sync.WaitGroup
	for g := range uint64(2) {
		all.Go(func() {
			for n := g; n < 20_000; n += 2 {
				k := Key{Authenticator: quick(n), Share: w.shares[0], Stamped: true, Left: time.Second}
				next := quick(n + 1)
				w.c.Ahead(&next)
				_, r, _ := w.c.Lookup(&k, w.now, new(string), true, nil)
				w.c.Answer(r, 41, nil, w.now)
			}
		})
	}
	all.Wait()
	require.Equal(t, 20_000, w.c.Len())
}
