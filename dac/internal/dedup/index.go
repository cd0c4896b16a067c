// SPDX-License-Identifier: Apache-2.0

package dedup

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync/atomic"
)

// An index finds entries by their authenticator, which is a hash already. It has places that hold
// 32 bits of the hash beside the number of the entry, so that no entry is read but the one that is
// looked for, in segments of 1,000 to 3,000 places, each a table with linear probing: a look-up
// waits for memory once.
//
// It grows and shrinks by linear hashing (Litwin 1980): when the segments have segmentEntries on
// average, the next one in turn is split in two, and when they have half of that the last one is
// merged into the one that it was split from. Beside that each segment has as many places as its
// own entries need. So an insertion moves the entries of two segments at most, however many there
// are. The caller holds the lock of the shard; only warm does without.
type index struct {
	// directory has a power of two of places. The segment of a tag stands at its lowest bits, and
	// one that has not been split yet at two of them.
	directory atomic.Pointer[[]atomic.Pointer[segment]]
	segments  int
	used      int
}

// A segment is replaced, and not changed, by one with more places or less: warm may still read it.
type segment struct {
	places []place
	used   int
}

// A place has a tag in its upper half and the number of an entry in its lower. The zero place is
// free.
type place = uint64

const (
	segmentEntries = 1024 // on average, before the next one is split
	leastPlaces    = 16
)

// tagOf spreads authenticators in a way that only this process knows: a peer, which has a secret,
// could look for requests that all have the same home.
func tagOf(auth *[16]byte) uint32 {
	return uint32(binary.LittleEndian.Uint64(auth[:8]) * tagFactor >> 32)
}

var tagFactor = rand.Uint64() | 1

// homeOf grows with the tag, whose highest bits it is made of; the lowest say the segment.
func homeOf(places []place, tag uint32) int { return int(uint64(tag) * uint64(len(places)) >> 32) }

func following(places []place, i int) int {
	if i++; i < len(places) {
		return i
	}
	return 0
}

// of is the segment of a tag; nil: the index has none yet.
func (h *index) of(tag uint32) *segment {
	d := h.directory.Load()
	if d == nil {
		return nil
	}
	return (*d)[int(tag)&(len(*d)-1)].Load()
}

// warm reads the home of a tag for nothing but to have it near when it is needed: memory answers a
// dozen reads that do not wait for each other in the time of two that do. It needs no lock.
func (h *index) warm(auth *[16]byte) {
	tag := tagOf(auth)
	if s := h.of(tag); s != nil {
		touch(&s.places[homeOf(s.places, tag)])
	}
}

// touch reads what another goroutine may be writing; what was read is not used.
//
//go:norace
//go:noinline
func touch(p *place) place { return *p }

// A probe looks for the entries of one tag.
type probe struct {
	places []place
	at     int
	tag    uint32
}

func (h *index) probe(auth *[16]byte) probe {
	p := probe{tag: tagOf(auth)}
	if s := h.of(p.tag); s != nil {
		p.places, p.at = s.places, homeOf(s.places, p.tag)
	}
	return p
}

// next is an entry that may be the one, or 0.
func (p *probe) next() uint32 {
	if len(p.places) == 0 {
		return 0
	}
	for p.places[p.at] != 0 {
		e := p.places[p.at]
		p.at = following(p.places, p.at)
		if uint32(e>>32) == p.tag {
			return uint32(e)
		}
	}
	return 0
}

func (h *index) insert(i uint32, auth *[16]byte) {
	tag := tagOf(auth)
	switch {
	case h.segments == 0:
		d := make([]atomic.Pointer[segment], 1)
		d[0].Store(newSegment(0))
		h.directory.Store(&d)
		h.segments = 1
	case h.used >= h.segments*segmentEntries:
		h.split()
	}
	s := h.of(tag)
	if s.full() {
		s = h.resize(tag, s)
	}
	s.put(place(tag)<<32 | place(i))
	h.used++
}

func (h *index) remove(i uint32, auth *[16]byte) {
	tag := tagOf(auth)
	s := h.of(tag)
	s.remove(place(tag)<<32|place(i), tag)
	h.used--
	if s.empty() {
		h.resize(tag, s)
	}
	if h.segments > 1 && h.used < h.segments*segmentEntries/2 {
		h.merge()
	}
}

// resize gives the segment of a tag as many places as its entries need.
func (h *index) resize(tag uint32, old *segment) *segment {
	s := newSegment(old.used)
	for _, e := range old.places {
		if e != 0 {
			s.put(e)
		}
	}
	d := *h.directory.Load()
	h.set(d, int(tag)&(len(d)-1)&(len(d)/2-1), s, old)
	return s
}

// set puts s where old stood: at i, at that of the other half, or at both.
func (h *index) set(d []atomic.Pointer[segment], i int, s, old *segment) {
	for ; i < len(d); i += max(len(d)/2, 1) {
		if d[i].Load() == old {
			d[i].Store(s)
		}
	}
}

// split splits the first segment that has not been split since the directory was doubled.
func (h *index) split() {
	d := *h.directory.Load()
	if h.segments == len(d) {
		d = h.redirect(2 * len(d))
	}
	half := len(d) / 2
	old := d[h.segments-half].Load()
	upper := func(e place) bool { return int(e>>32)&half != 0 }
	n := 0
	for _, e := range old.places {
		if e != 0 && upper(e) {
			n++
		}
	}
	low, high := newSegment(old.used-n), newSegment(n)
	for _, e := range old.places {
		if e == 0 {
			continue
		}
		if upper(e) {
			high.put(e)
		} else {
			low.put(e)
		}
	}
	d[h.segments-half].Store(low)
	d[h.segments].Store(high)
	h.segments++
}

// merge puts the last segment back to the one that it was split from.
func (h *index) merge() {
	h.segments--
	d := *h.directory.Load()
	low, high := &d[h.segments-len(d)/2], &d[h.segments]
	s := newSegment(low.Load().used + high.Load().used)
	for _, old := range []*segment{low.Load(), high.Load()} {
		for _, e := range old.places {
			if e != 0 {
				s.put(e)
			}
		}
	}
	low.Store(s)
	high.Store(s)
	if h.segments == len(d)/2 {
		h.redirect(len(d) / 2)
	}
}

// redirect makes a directory of n places, twice as many or half as many as there are: eight octets
// for a thousand entries.
func (h *index) redirect(n int) []atomic.Pointer[segment] {
	old, d := *h.directory.Load(), make([]atomic.Pointer[segment], n)
	for i := range d {
		d[i].Store(old[i%len(old)].Load())
	}
	h.directory.Store(&d)
	return d
}

// newSegment makes one for n entries, half full, and uses all that is allocated for it.
func newSegment(n int) *segment {
	places := slices.Grow([]place(nil), max(2*n, leastPlaces))
	return &segment{places: places[:cap(places)]}
}

func (s *segment) full() bool { return (s.used+1)*4 > len(s.places)*3 }

// empty reports whether s has many more places than it needs.
func (s *segment) empty() bool { return len(s.places) > 2*leastPlaces && s.used*3 < len(s.places) }

func (s *segment) put(e place) {
	i := homeOf(s.places, uint32(e>>32))
	for s.places[i] != 0 {
		i = following(s.places, i)
	}
	s.places[i] = e
	s.used++
}

// remove takes e out and moves back what had to be put behind it.
func (s *segment) remove(e place, tag uint32) {
	places := s.places
	i := homeOf(places, tag)
	for places[i] != e {
		i = following(places, i)
	}
	s.used--
	for j := following(places, i); places[j] != 0; j = following(places, j) {
		home := homeOf(places, uint32(places[j]>>32))
		// Unless its home lies behind i, going round from i to j.
		if i <= j && (home <= i || home > j) || i > j && home <= i && home > j {
			places[i] = places[j]
			i = j
		}
	}
	places[i] = 0
}
