// SPDX-License-Identifier: Apache-2.0

package dedup

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"unsafe"
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
	// directory has a power of two of segments. That of a tag stands at its lowest bits, or without
	// the highest of those where it has not been split yet.
	directory atomic.Pointer[[]segment]
	segments  int
	used      int
}

// A segment is a table: what it is found by stands in the directory itself, so that a look-up reads
// nothing between that and the home of a tag. Its places are replaced by more or less of them, and
// warm may still read the old ones; it never takes the length of others for theirs.
type segment struct {
	first  atomic.Pointer[place]
	length atomic.Uint32 // 0 while first changes, and of a segment that is not there
	used   uint32
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
	if h.segments == 0 {
		return nil
	}
	d := *h.directory.Load()
	i := int(tag) & (len(d) - 1)
	if i >= h.segments {
		i -= len(d) / 2
	}
	return &d[i]
}

// warm reads the home of a tag for nothing but to have it near when it is needed: memory answers a
// dozen reads that do not wait for each other in the time of two that do. It needs no lock.
func (h *index) warm(auth *[16]byte) {
	d := h.directory.Load()
	if d == nil {
		return
	}
	tag := tagOf(auth)
	i := int(tag) & (len(*d) - 1)
	s := &(*d)[i]
	if s.length.Load() == 0 {
		s = &(*d)[i&(len(*d)/2-1)]
	}
	first := s.first.Load()
	// first is the same before and after, so this is its length: places that are still known here
	// are in use, and cannot be given to another segment.
	if n := s.length.Load(); n != 0 && s.first.Load() == first {
		places := unsafe.Slice(first, n)
		touch(&places[homeOf(places, tag)])
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
		p.places = s.places()
		p.at = homeOf(p.places, p.tag)
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
		h.redirect(1)
		h.segments = 1
		h.at(0).fill(0)
	case h.used >= h.segments*segmentEntries:
		h.split()
	}
	s := h.of(tag)
	if s.full() {
		s.resize()
	}
	put(s.places(), place(tag)<<32|place(i))
	s.used++
	h.used++
}

func (h *index) remove(i uint32, auth *[16]byte) {
	tag := tagOf(auth)
	s := h.of(tag)
	remove(s.places(), place(tag)<<32|place(i))
	s.used--
	h.used--
	if s.empty() {
		s.resize()
	}
	if h.segments > 1 && h.used < h.segments*segmentEntries/2 {
		h.merge()
	}
}

func (h *index) at(i int) *segment { return &(*h.directory.Load())[i] }

// split splits the first segment that has not been split since the directory was doubled.
func (h *index) split() {
	n := len(*h.directory.Load())
	if h.segments == n {
		n *= 2
		h.redirect(n)
	}
	low, high := h.at(h.segments-n/2), h.at(h.segments)
	old, upper := low.places(), 0
	for _, e := range old {
		upper += int(e>>32) & (n / 2) / (n / 2) // a free place has no tag
	}
	low.fill(int(low.used) - upper)
	high.fill(upper)
	h.segments++
	h.add(old)
}

// merge puts the last segment back to the one that it was split from.
func (h *index) merge() {
	h.segments--
	n := len(*h.directory.Load())
	low, high := h.at(h.segments-n/2), h.at(h.segments)
	first, second := low.places(), high.places()
	low.fill(int(low.used + high.used))
	high.drop()
	h.add(first)
	h.add(second)
	if h.segments == n/2 {
		h.redirect(n / 2)
	}
}

// add puts the entries of places into the segments that they belong to now.
func (h *index) add(places []place) {
	for _, e := range places {
		if e != 0 {
			s := h.of(uint32(e >> 32))
			put(s.places(), e)
			s.used++
		}
	}
}

// redirect makes a directory of n segments, twice as many or half as many as there are: sixteen
// octets for a thousand entries.
func (h *index) redirect(n int) {
	d := make([]segment, n)
	if old := h.directory.Load(); old != nil {
		for i := range h.segments {
			s := &(*old)[i]
			d[i].set(s.places())
			d[i].used = s.used
		}
	}
	h.directory.Store(&d)
}

func (s *segment) places() []place { return unsafe.Slice(s.first.Load(), s.length.Load()) }

func (s *segment) set(places []place) {
	s.length.Store(0)
	s.first.Store(unsafe.SliceData(places))
	s.length.Store(uint32(len(places)))
}

// fill gives s new places for n entries, of which they are half full, and uses all that is
// allocated for them.
func (s *segment) fill(n int) {
	places := slices.Grow([]place(nil), max(2*n, leastPlaces))
	s.set(places[:cap(places)])
	s.used = 0
}

// drop takes the places of s away.
func (s *segment) drop() {
	s.length.Store(0)
	s.first.Store(nil)
	s.used = 0
}

// resize gives s as many places as its entries need.
func (s *segment) resize() {
	old, n := s.places(), s.used
	s.fill(int(n))
	s.used = n
	for _, e := range old {
		if e != 0 {
			put(s.places(), e)
		}
	}
}

func (s *segment) full() bool { return (s.used+1)*4 > s.length.Load()*3 }

// empty reports whether s has many more places than it needs.
func (s *segment) empty() bool {
	return s.length.Load() > 2*leastPlaces && s.used*3 < s.length.Load()
}

func put(places []place, e place) {
	i := homeOf(places, uint32(e>>32))
	for places[i] != 0 {
		i = following(places, i)
	}
	places[i] = e
}

// remove takes e out and moves back what had to be put behind it.
func remove(places []place, e place) {
	i := homeOf(places, uint32(e>>32))
	for places[i] != e {
		i = following(places, i)
	}
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
