// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// The memory of requests: what has been asked, so that nothing is done twice (RFC 5176, section 2.3; RFC 5080, section 2.2.2) and nothing
// that was recorded on the way can be played again (RFC 5176, section 6.3). A Request Authenticator covers every octet of a request and
// the secret, so that two verified requests with one authenticator are the same octets.
//
// Of an answer there is kept what the request does not say: its code and its attributes, but for Message-Authenticator. It is signed again each
// time, which gives the same octets. Most have a code and no more, which stands in the entry; the others stand apart, in logs that are dropped from
// their old end. An entry takes 48 octets and holds no pointer, so that the collector has nothing to walk. Every operation costs the same, however
// much is remembered.

const (
	memoryShards = 16 // locks; a power of two

	// unstampedWindow is for how long a Disconnect-Request without Event-Timestamp is known by its authenticator alone: senders that retry
	// from a new port have given up by then (RFC 5080, section 2.2.1).
	unstampedWindow = 30

	// uncheckedWindow is for how many seconds duplicates are remembered where timestamps are not checked.
	uncheckedWindow = 60

	wheelSize = 1024 // seconds; longer waits go round again
)

// A fate is what the memory knows of a request.
type fate uint8

const (
	fresh    fate = iota // a first arrival, now remembered
	working              // the first arrival is being worked on: absorb
	answered             // make the same octets again, and send them
	silent               // there was no answer: nothing
	gone                 // executed, and the answer is gone: nothing
	full                 // the share of this peer is used up: refuse
)

// An entry is one request. It is known to all for as long as it is in the index.
type entry struct {
	auth   [16]byte
	answer uint64 // where its answer stands in the log, or itself where it has no attributes (bareAnswer)
	source uint32 // hash of the address and port it came from
	until  uint32 // second in which it is forgotten
	byAuth uint32 // second until which its authenticator alone is enough
	peer   uint32 // whose share it is in
	next   uint32 // neighbours in its second of the wheel; of a free one, the next free one
	prev   uint32
}

// What an entry knows of its answer, beside a place in the log.
const (
	answerPending uint64 = iota
	answerNone

	answerLogged uint64 = 1 << 62 // of a place in the log
	answerBare   uint64 = 1 << 63 // of a bareAnswer
)

// bareAnswer is an answer without attributes, which is kept until a second.
func bareAnswer(code byte, until uint32) uint64 { return answerBare | uint64(until)<<8 | uint64(code) }

// A ref names an entry of a memory; the zero ref names none.
type ref struct{ shard, index uint32 }

// A key is a verified request as the memory sees it.
type key struct {
	auth       [16]byte
	source     netip.AddrPort
	disconnect bool
	stamped    bool   // carries an Event-Timestamp that has been checked
	stamp      uint32 // that
	peer       *peerRow
}

// A memory of requests is safe for concurrent use.
type memory struct {
	window  uint32 // seconds
	max     int64
	used    atomic.Int64
	seed    maphash.Seed
	peers   func(index uint32) *peerRow
	shards  [memoryShards]memoryShard
	waiting atomic.Int64 // entries that somebody else asked about too
}

type memoryShard struct {
	mu      sync.Mutex // guards all of it
	entries [][]entry  // in chunks, so that growing moves nothing; index 0 is none
	free    uint32     // first of the free ones, linked by next
	made    uint32
	index   hashIndex
	wheel   [wheelSize]uint32
	tick    uint32 // the second that the wheel stands at; those before it are done
	answers answerLog
	asking  map[uint32][]origin // who else asked for what is being worked on
	_       [64]byte
}

// maxAskers bounds the addresses that one answer goes to.
const maxAskers = 4

const chunkEntries = 256

func newMemory(window time.Duration, max int, peers func(uint32) *peerRow) *memory {
	m := &memory{window: uncheckedWindow, max: int64(max), seed: maphash.MakeSeed(), peers: peers}
	if window >= 0 {
		m.window = uint32(window / time.Second)
	}
	return m
}

func (m *memory) shard(auth *[16]byte) uint32 { return uint32(auth[15]) % memoryShards }

// warm has what recall reads first of each of ds near before it is needed: memory answers a dozen reads that do not wait for each other in the
// time of two that do.
func (m *memory) warm(ds []datagram) {
	for i := range ds {
		if b := ds[i].octets(); len(b) >= headerLen {
			auth := (*[16]byte)(b[4:headerLen])
			m.shards[m.shard(auth)].index.warm(auth)
		}
	}
}

// recall looks a request up and, where it is a first arrival and remember says so, remembers it. Of an answered one the code and the attributes
// of the answer are appended to b. a is who asks, for what is being worked on; it is kept where the request came from elsewhere before.
func (m *memory) recall(k *key, now uint32, a *origin, remember bool, b []byte) (fate, ref, []byte) {
	source := uint32(maphash.Comparable(m.seed, k.source))
	n := m.shard(&k.auth)
	s := &m.shards[n]
	s.mu.Lock()
	defer s.mu.Unlock()
	m.expire(s, now)
	found := s.index.probe(&k.auth)
	for i := found.next(); i != 0; i = found.next() {
		e := s.at(i)
		if e.auth == k.auth && (e.source == source && now <= e.until || now <= e.byAuth) {
			what, b := m.known(s, i, e, source, a, now, b)
			return what, ref{n, i}, b
		}
	}
	switch {
	case !remember:
		return fresh, ref{}, b
	case !m.room(k.peer):
		return full, ref{}, b
	}
	return fresh, ref{n, m.insert(s, k, source, now)}, b
}

// known says what to do about a request that is entry i.
func (m *memory) known(s *memoryShard, i uint32, e *entry, source uint32, a *origin, now uint32, b []byte) (fate, []byte) {
	switch {
	case e.answer == answerPending:
		if e.source != source {
			m.also(s, i, a)
		}
		return working, b
	case e.answer == answerNone:
		return silent, b
	case e.answer&answerBare != 0:
		if uint32(e.answer>>8) < now {
			return gone, b
		}
		return answered, append(b, byte(e.answer))
	}
	b, ok := s.answers.get(e.answer, now, b)
	if !ok {
		return gone, b
	}
	return answered, b
}

// also remembers that a asked for entry i too.
func (m *memory) also(s *memoryShard, i uint32, a *origin) {
	if s.asking == nil {
		s.asking = make(map[uint32][]origin)
	}
	others, ok := s.asking[i]
	for _, o := range others {
		if o.remote == a.remote {
			return
		}
	}
	if len(others) >= maxAskers-1 {
		return
	}
	if !ok {
		m.waiting.Add(1)
	}
	s.asking[i] = append(others, *a)
}

// relieve forgets a few in every part of the memory, for a peer whose share seems full: some of it may be over.
func (m *memory) relieve(now uint32) {
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		m.expire(s, now)
		s.mu.Unlock()
	}
}

// room reports whether the share of a peer has room. A peer may hold seven times what is free: one alone gets seven eighths of the memory,
// two get seven fifteenths each, and there is always something left for one more. What has not expired is never given up.
func (m *memory) room(p *peerRow) bool {
	return p.held.Load() < 7*(m.max-m.used.Load())
}

func (m *memory) insert(s *memoryShard, k *key, source uint32, now uint32) uint32 {
	i := s.alloc()
	e := s.at(i)
	*e = entry{auth: k.auth, source: source, until: now + m.window, peer: k.peer.index}
	switch {
	case k.stamped:
		// One second more than the check of the timestamp gives it, since that one cuts off fractions.
		e.byAuth = k.stamp + m.window + 1
		e.until = max(e.until, e.byAuth)
	case k.disconnect:
		e.byAuth = now + unstampedWindow
		e.until = max(e.until, e.byAuth)
	}
	s.index.insert(i, &e.auth)
	s.schedule(i, e, now)
	m.used.Add(1)
	k.peer.held.Add(1)
	return i
}

// answer keeps the code and the attributes of the answer to what r names, for the window from now; a code of 0 is silence. It returns who
// else asked.
func (m *memory) answer(r ref, code byte, attributes []byte, now uint32) []origin {
	s := &m.shards[r.shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.at(r.index)
	switch {
	case code == 0:
		e.answer = answerNone
	case len(attributes) == 0:
		e.answer = bareAnswer(code, now+m.window)
	default:
		e.answer = s.answers.put(code, attributes, now, now+m.window)
	}
	return m.askers(s, r.index)
}

func (m *memory) askers(s *memoryShard, i uint32) []origin {
	if m.waiting.Load() == 0 {
		return nil
	}
	others, ok := s.asking[i]
	if ok {
		delete(s.asking, i)
		m.waiting.Add(-1)
	}
	return others
}

// forget makes what r names a first arrival again: it was refused in silence, and nothing was done.
func (m *memory) forget(r ref) {
	s := &m.shards[r.shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	m.askers(s, r.index)
	m.release(s, r.index)
}

// release takes an entry out of everything.
func (m *memory) release(s *memoryShard, i uint32) {
	e := s.at(i)
	s.unschedule(e)
	s.index.remove(i, &e.auth)
	m.used.Add(-1)
	m.peers(e.peer).held.Add(-1)
	*e = entry{next: s.free}
	s.free = i
}

// Bounds of what one packet does for others: entries forgotten, and seconds of the wheel passed, which is once a second for all packets.
const (
	maxForgotten = 4
	maxSeconds   = wheelSize
)

// expire forgets a few of those whose time is over: more than one arrival adds, and a bounded number, so that no packet pays for all.
func (m *memory) expire(s *memoryShard, now uint32) {
	if s.tick == 0 || now < s.tick && s.tick-now > wheelSize {
		s.tick = now // at the first packet, or when the clock was set back
	}
	for forgotten, seconds := 0, 0; s.tick < now && forgotten < maxForgotten && seconds < maxSeconds; {
		i := s.wheel[s.tick%wheelSize]
		if i == 0 {
			s.tick++
			seconds++
			continue
		}
		forgotten++
		e := s.at(i)
		switch {
		case e.until >= now:
			s.unschedule(e)
			s.schedule(i, e, now)
		case e.answer == answerPending:
			// Still being worked on: it is remembered until it is answered.
			e.until = now + unstampedWindow
			s.unschedule(e)
			s.schedule(i, e, now)
		default:
			m.release(s, i)
		}
	}
}

func (s *memoryShard) at(i uint32) *entry { return &s.entries[i/chunkEntries][i%chunkEntries] }

func (s *memoryShard) alloc() uint32 {
	if i := s.free; i != 0 {
		s.free = s.at(i).next
		return i
	}
	s.made++ // index 0 is never given
	if int(s.made/chunkEntries) == len(s.entries) {
		s.entries = append(s.entries, make([]entry, chunkEntries))
	}
	return s.made
}

// headOf marks the prev of an entry that is the first of its second: the rest of it is the place in the wheel.
const headOf = 1 << 31

// schedule puts an entry into the second of the wheel in which it is looked at: the one in which it goes, or the last of the round.
func (s *memoryShard) schedule(i uint32, e *entry, now uint32) {
	second := max(e.until, now, s.tick)
	if second-s.tick >= wheelSize {
		second = s.tick + wheelSize - 1
	}
	at := second % wheelSize
	e.prev, e.next = headOf|at, s.wheel[at]
	if e.next != 0 {
		s.at(e.next).prev = i
	}
	s.wheel[at] = i
}

func (s *memoryShard) unschedule(e *entry) {
	if e.next != 0 {
		s.at(e.next).prev = e.prev
	}
	if e.prev&headOf != 0 {
		s.wheel[e.prev&^headOf] = e.next
	} else {
		s.at(e.prev).next = e.next
	}
}
