// SPDX-License-Identifier: Apache-2.0

// Package dedup is the duplicate detection cache of a Server: it knows which requests have come, so
// that none is executed twice (RFC 5176, section 2.3; RFC 5080, section 2.2.2) and none that was
// recorded on the way can be played again (RFC 5176, section 6.3). A Request Authenticator covers
// every octet of a request and the secret, so two verified requests with one authenticator are the
// same octets.
//
// The cache owns its entries, their index, the answers and their expiry. The read loops of a Server
// call Lookup for each request that has verified and is current, and the goroutine that ends the
// request calls Answer or Forget. It must never see a request that has not verified, and it never
// looks at the wall clock: entries and answers expire by the monotonic one, so that no step of the
// clock keeps or drops them. What a timestamp is still good for comes in as a duration (Left).
//
// How long a request is known:
//
//   - in work: however long that takes;
//   - with a checked Event-Timestamp: until the timestamp is stale, and for Window from the answer
//     at least; by its authenticator alone, with any address, port and identifier;
//   - without, a Disconnect-Request: for Unstamped from the answer, by its authenticator alone;
//   - without, a CoA-Request: for Unstamped from the answer, where it comes from the same address
//     and port; a different request from there with the same identifier ends it sooner. By a
//     connection it is known by its authenticator as the others, since what is sent again after the
//     end of a connection comes by another one.
//
// By a connection each of them is known within its peer alone: the secret is the same for all peers
// there, so that two of them may send the same octets.
//
// Of an answer the cache keeps what the request does not say: its code and its attributes, but for
// Message-Authenticator. Signed again it is the same octets. Most answers have a code and no more,
// which stands in the entry; the others stand in logs that are dropped from their old end. An entry
// takes 48 octets, and some 14 in the index, and holds no pointer, so that the collector has
// nothing to walk. Every operation costs the same, however much is remembered: all of it grows, and
// is given back, by pieces of 24 KiB at most.
package dedup

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	shards = 16 // locks; a power of two

	wheelSize = 1024 // seconds; longer waits go round again

	// MaxWindow is the longest time that the seconds of an entry can say.
	MaxWindow = 1 << 30 * time.Second

	// maxAskers bounds the addresses that one answer goes to.
	maxAskers = 4

	mostEntries = 1 << 40 // more is no bound either, and can be multiplied
)

// A Result is what the cache knows of a request.
type Result uint8

const (
	Fresh    Result = iota // a first arrival, remembered from now on
	Working                // the first arrival is being worked on: absorb this one
	Answered               // make the same octets again, and send them
	Silent                 // the request was left without an answer, and stays so
	Expired                // executed, and the answer is no longer kept: send nothing
	Full                   // the share of this peer is used up: refuse
)

// A Config says how a Cache remembers.
type Config struct {
	Window    time.Duration             // of requests with a checked Event-Timestamp
	Unstamped time.Duration             // of those without
	Max       int                       // entries, of all peers together
	Share     func(index uint32) *Share // the Share with that Index
}

// A Share counts the entries of one peer. The zero Share with an Index of its own is ready.
type Share struct {
	Index uint32
	held  atomic.Int64
}

// Held is the number of entries that the peer has.
func (s *Share) Held() int64 { return s.held.Load() }

// A Key is a verified request as the cache sees it.
type Key struct {
	Authenticator [16]byte
	Source        netip.AddrPort // unmapped
	ID            byte
	CoA           bool
	// ByPeer: the peer was proved by a handshake and not by its secret, which is the same for all.
	// The request is known where it is this peer's, by whichever connection it comes.
	ByPeer  bool
	Conn    uint64        // number of the connection; 0: UDP
	Stamped bool          // it has an Event-Timestamp that was checked
	Left    time.Duration // how long that stays current
	Share   *Share
}

// Left is how long an Event-Timestamp that is current at now stays so: to the end of the second in
// which it is Window old, since checks of it cut fractions off.
func Left(stamp uint32, now time.Time, window time.Duration) time.Duration {
	return min(max(time.Unix(int64(stamp)+1, 0).Add(window).Sub(now.Truncate(time.Second)), 0), 2*window+time.Second)
}

// A Ref names the entry of a request in work; the zero Ref names none.
type Ref struct{ shard, index uint32 }

// A Cache is safe for concurrent use. A is what is kept of who else asked for what is in work.
type Cache[A any] struct {
	window    uint32 // seconds
	unstamped uint32
	max       int64
	epoch     time.Time
	share     func(index uint32) *Share
	seed      maphash.Seed
	used      atomic.Int64
	asked     atomic.Int64 // entries that more than one address asked about
	sources   atomic.Int64 // unstamped CoA-Requests that a different request ends
	shards    [shards]shard[A]
}

type shard[A any] struct {
	mu       sync.Mutex // guards all of it
	entries  entries
	index    index
	wheel    [wheelSize]uint32
	tick     uint32 // the second that the wheel stands at; those before it are done
	arrivals uint32
	looked   uint32 // the second of the last arrival
	answers  [2]answerLog
	askers   map[uint32][]asker[A]
	latest   map[uint64]uint32 // the unstamped CoA-Request of an address, port and identifier
	_        [64]byte
}

type asker[A any] struct {
	origin uint64
	who    A
}

// An entry is one request. It is in the index for as long as it is known, and in the wheel once it
// is answered.
type entry struct {
	auth   [16]byte
	answer uint64 // answerPending, answerNone, or as answerBare or answerLogged say
	origin uint64 // hash of address, port and identifier, above the flags
	until  uint32 // last second in which it is known, once it is answered
	peer   uint32 // Index of the Share that it is in
	next   uint32 // neighbours in its second of the wheel; of a free one, the next free one
	prev   uint32
}

// Flags of an entry, in the lowest octet of its origin.
const (
	flagStamped    = 1 << iota
	flagBySource   // an unstamped CoA-Request: known where it came from only
	flagLatest     // the latest of its origin
	flagSuperseded // a different one came after it while it was in work
	flagByPeer     // known within its peer only

	originMask = ^uint64(0xff)
)

// What an entry knows of its answer, beside a place in a log.
const (
	answerPending uint64 = iota
	answerNone

	answerLogged uint64 = 1 << 62 // of a place in a log
	// An answer without attributes: the second until which it is kept, and its code.
	answerBare uint64 = 1 << 63
)

// New makes a Cache. Fractions of a second of the times in o are cut off.
func New[A any](o Config) *Cache[A] {
	return &Cache[A]{
		window: uint32(o.Window / time.Second), unstamped: uint32(o.Unstamped / time.Second), max: min(int64(o.Max), mostEntries),
		epoch: time.Now(), share: o.Share, seed: maphash.MakeSeed(),
	}
}

// at is the second of the monotonic clock.
func (c *Cache[A]) at(now time.Time) uint32 { return uint32(max(now.Sub(c.epoch), 0) / time.Second) }

// origin is the hash of where a request came from, with room for flags.
func (c *Cache[A]) origin(k *Key) uint64 {
	const odd = 0x9e3779b97f4a7c15
	return (maphash.Comparable(c.seed, k.Source) ^ (uint64(k.ID)|k.Conn<<8)*odd) * odd & originMask
}

func (k *Key) bySource() bool { return k.CoA && !k.Stamped && !k.ByPeer }

// shardOf is where a request stands: by its authenticator, or where it is known by its origin only
// by that, so that a different request finds it.
func shardOf(k *Key, origin uint64) uint32 {
	if k.bySource() {
		return shardOfOrigin(origin)
	}
	return shardOfAuthenticator(&k.Authenticator)
}

func shardOfAuthenticator(auth *[16]byte) uint32 { return uint32(auth[15]) % shards }

func shardOfOrigin(origin uint64) uint32 { return uint32(origin>>60) % shards }

// Ahead has what Lookup will read of a request with this authenticator brought near. It changes
// nothing and waits for nothing: called for all requests of a read before the first is looked up,
// it has memory answer all of them at once.
func (c *Cache[A]) Ahead(authenticator *[16]byte) {
	// An unstamped CoA-Request may stand in another shard, where it is looked up as it was.
	c.shards[shardOfAuthenticator(authenticator)].index.warm(authenticator)
}

// Lookup says what is known of a request; a first arrival is in work from then on where remember is
// true, until Answer or Forget. Of one that is Answered the code and the attributes of the answer
// are appended to b. who asks is kept for the answer of what is in work, where it asks from
// elsewhere.
func (c *Cache[A]) Lookup(k *Key, now time.Time, who *A, remember bool, b []byte) (Result, Ref, []byte) {
	origin, second := c.origin(k), c.at(now)
	result, r, b := c.lookup(k, origin, second, who, remember, b)
	if result == Fresh && r != (Ref{}) && !k.bySource() && !k.ByPeer && c.sources.Load() > 0 {
		c.supersede(origin)
	}
	return result, r, b
}

func (c *Cache[A]) lookup(k *Key, origin uint64, now uint32, who *A, remember bool, b []byte) (Result, Ref, []byte) {
	n := shardOf(k, origin)
	s := &c.shards[n]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arrivals++; s.looked != now {
		s.looked = now
		c.expire(s, now, forgetSecond)
	} else if s.arrivals%expireEvery == 0 {
		c.expire(s, now, forgetEvery)
	}
	found := s.index.probe(&k.Authenticator)
	for i := found.next(); i != 0; i = found.next() {
		if e := s.entries.at(i); e.matches(k, origin, now) {
			result, b := c.known(s, i, origin, who, now, b)
			return result, Ref{n, i}, b
		}
	}
	switch {
	case !remember:
		return Fresh, Ref{}, b
	case !c.room(k.Share):
		return Full, Ref{}, b
	}
	return Fresh, Ref{n, c.insert(s, k, origin, now)}, b
}

// matches reports whether e is the request of k, and known at now.
func (e *entry) matches(k *Key, origin uint64, now uint32) bool {
	return e.auth == k.Authenticator && (e.answer == answerPending || now <= e.until) &&
		(e.origin&flagBySource == 0 || e.origin&originMask == origin) &&
		(e.origin&flagByPeer != 0) == k.ByPeer && (!k.ByPeer || e.peer == k.Share.Index)
}

// known says what to do about a request that is entry i.
func (c *Cache[A]) known(s *shard[A], i uint32, origin uint64, who *A, now uint32, b []byte) (Result, []byte) {
	e := s.entries.at(i)
	switch {
	case e.answer == answerPending:
		if e.origin&originMask != origin {
			c.alsoAsked(s, i, origin, who)
		}
		return Working, b
	case e.answer == answerNone:
		return Silent, b
	case e.answer&answerBare != 0:
		if uint32(e.answer>>8) < now {
			return Expired, b
		}
		return Answered, append(b, byte(e.answer))
	}
	b, ok := s.log(e).get(e.answer, now, b)
	if !ok {
		return Expired, b
	}
	return Answered, b
}

// alsoAsked notes that who asked for entry i too.
func (c *Cache[A]) alsoAsked(s *shard[A], i uint32, origin uint64, who *A) {
	if s.askers == nil {
		s.askers = make(map[uint32][]asker[A])
	}
	others, ok := s.askers[i]
	for _, o := range others {
		if o.origin == origin {
			return
		}
	}
	if len(others) >= maxAskers-1 {
		return
	}
	if !ok {
		c.asked.Add(1)
	}
	s.askers[i] = append(others, asker[A]{origin, *who})
}

// Expire forgets a few in every part of the cache, for a peer whose share seems full: some of it
// may have expired.
func (c *Cache[A]) Expire(now time.Time) {
	second := c.at(now)
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		c.expire(s, second, forgetSecond)
		s.mu.Unlock()
	}
}

// Len is the number of entries.
func (c *Cache[A]) Len() int { return int(c.used.Load()) }

// room reports whether the share of a peer has room. A peer may hold seven times what is free: one
// alone gets seven eighths of the cache, two get seven fifteenths each, and there is always
// something left for one more. An entry that has not expired is never given up.
func (c *Cache[A]) room(p *Share) bool {
	return p.held.Load() < 7*(c.max-c.used.Load())
}

func (c *Cache[A]) insert(s *shard[A], k *Key, origin uint64, now uint32) uint32 {
	i := s.entries.alloc()
	e := s.entries.at(i)
	*e = entry{auth: k.Authenticator, origin: origin, until: now, peer: k.Share.Index}
	switch {
	case k.Stamped:
		e.origin |= flagStamped
		e.until += uint32((k.Left + time.Second - 1) / time.Second)
	case k.bySource():
		e.origin |= flagBySource | flagLatest
		c.end(s, origin)
		if s.latest == nil {
			s.latest = make(map[uint64]uint32)
		}
		s.latest[origin] = i
		c.sources.Add(1)
	}
	if k.ByPeer {
		e.origin |= flagByPeer
	}
	s.index.insert(i, &e.auth)
	c.used.Add(1)
	k.Share.held.Add(1)
	return i
}

// supersede ends the unstamped CoA-Request from origin, since a different request has come from
// there.
func (c *Cache[A]) supersede(origin uint64) {
	s := &c.shards[shardOfOrigin(origin)]
	s.mu.Lock()
	defer s.mu.Unlock()
	c.end(s, origin)
}

// end forgets the unstamped CoA-Request from origin: at once, or where it is in work when that is
// over.
func (c *Cache[A]) end(s *shard[A], origin uint64) {
	i, ok := s.latest[origin]
	if !ok {
		return
	}
	e := s.entries.at(i)
	if e.answer == answerPending {
		c.notLatest(s, e)
		e.origin |= flagSuperseded
		return
	}
	s.unschedule(e)
	c.release(s, i)
}

// notLatest takes e out of the latest of their origin.
func (c *Cache[A]) notLatest(s *shard[A], e *entry) {
	if e.origin&flagLatest != 0 {
		e.origin &^= flagLatest
		if delete(s.latest, e.origin&originMask); len(s.latest) == 0 {
			s.latest = nil // a map never shrinks
		}
		c.sources.Add(-1)
	}
}

// Answer keeps the code and the attributes of the answer to what r names, which is no longer in
// work; a code of 0 is silence. It returns who else asked.
func (c *Cache[A]) Answer(r Ref, code byte, attributes []byte, now time.Time) []A {
	s, second := &c.shards[r.shard], c.at(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	others, e := c.takeAskers(s, r.index), s.entries.at(r.index)
	if e.origin&flagSuperseded != 0 {
		c.release(s, r.index)
		return others
	}
	kept := second + c.unstamped
	if e.origin&flagStamped != 0 {
		kept = second + c.window
	}
	e.until = max(e.until, kept)
	switch {
	case code == 0:
		e.answer = answerNone
	case len(attributes) == 0:
		e.answer = answerBare | uint64(kept)<<8 | uint64(code)
	default:
		e.answer = s.log(e).put(code, attributes, second, kept)
	}
	s.schedule(r.index, e, second)
	return others
}

// log is where the answer of e stands: each of the two keeps all of its answers for the same time.
func (s *shard[A]) log(e *entry) *answerLog {
	if e.origin&flagStamped != 0 {
		return &s.answers[1]
	}
	return &s.answers[0]
}

func (c *Cache[A]) takeAskers(s *shard[A], i uint32) (who []A) {
	if c.asked.Load() == 0 {
		return nil
	}
	others, ok := s.askers[i]
	if ok {
		delete(s.askers, i)
		c.asked.Add(-1)
	}
	for _, o := range others {
		who = append(who, o.who)
	}
	return who
}

// Forget makes what r names, which is in work, a first arrival again: it was refused, and nothing
// was done. It returns who else asked.
func (c *Cache[A]) Forget(r Ref) []A {
	s := &c.shards[r.shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	others := c.takeAskers(s, r.index)
	c.release(s, r.index)
	return others
}

// release takes an entry that is not in the wheel out of everything else.
func (c *Cache[A]) release(s *shard[A], i uint32) {
	e := s.entries.at(i)
	c.notLatest(s, e)
	s.index.remove(i, &e.auth)
	c.used.Add(-1)
	c.share(e.peer).held.Add(-1)
	s.entries.release(i)
}

// Bounds of what one packet does for others: entries forgotten, and seconds of the wheel passed,
// which is once a second for all packets.
const (
	expireEvery  = 4               // arrivals in a shard
	forgetEvery  = 4 * expireEvery // then
	forgetSecond = 256             // at the first arrival of a second: after a burst few may come
	maxSeconds   = wheelSize
)

// expire forgets some of those whose time is over, n at most: more than arrivals add, and a bounded
// number, so that no packet pays for all.
func (c *Cache[A]) expire(s *shard[A], now uint32, n int) {
	for i := range s.answers {
		s.answers[i].expire(now)
	}
	for forgotten, seconds := 0, 0; s.tick < now && forgotten < n && seconds < maxSeconds; {
		i := s.wheel[s.tick%wheelSize]
		if i == 0 {
			s.tick++
			seconds++
			continue
		}
		if forgotten%forgetEvery == 0 {
			s.warm(i)
		}
		forgotten++
		e := s.entries.at(i)
		s.unschedule(e)
		if e.until >= now {
			s.schedule(i, e, now)
		} else {
			c.release(s, i)
		}
	}
}

// warm has the places in the index of entry i and of those behind it brought near, for all of them
// at once.
func (s *shard[A]) warm(i uint32) {
	for n := 0; n < forgetEvery && i != 0; n++ {
		e := s.entries.at(i)
		s.index.warm(&e.auth)
		i = e.next
	}
}

// headOf marks the prev of an entry that is the first of its second: the rest of it is the place in
// the wheel.
const headOf = 1 << 31

// schedule puts an entry into the second of the wheel in which it is looked at: the one in which it
// expires, or the last of the round.
func (s *shard[A]) schedule(i uint32, e *entry, now uint32) {
	second := max(e.until, now, s.tick)
	if second-s.tick >= wheelSize {
		second = s.tick + wheelSize - 1
	}
	at := second % wheelSize
	e.prev, e.next = headOf|at, s.wheel[at]
	if e.next != 0 {
		s.entries.at(e.next).prev = i
	}
	s.wheel[at] = i
}

func (s *shard[A]) unschedule(e *entry) {
	if e.next != 0 {
		s.entries.at(e.next).prev = e.prev
	}
	if e.prev&headOf != 0 {
		s.wheel[e.prev&^headOf] = e.next
	} else {
		s.entries.at(e.prev).next = e.next
	}
}
