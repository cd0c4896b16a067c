// SPDX-License-Identifier: Apache-2.0

package dedup

import (
	"encoding/binary"
	"math/rand/v2"
	"sync/atomic"
)

// An index finds entries by their authenticator, which is a hash already: a table with linear
// probing of places that hold 32 bits of it beside the number of the entry, so that no entry is
// read but the one that is looked for. A table that is full is moved into one of twice the size a
// few places with each insertion, so that no packet pays for moving all of them; the home of a tag
// grows with the tag, so both are walked in order. The caller holds the lock of the shard.
type index struct {
	table []place
	old   []place // nil, or the table before, of which the first moved places are in table by now
	moved int
	used  int                     // places of table
	ahead atomic.Pointer[[]place] // table, for warm
}

// A place has a tag in its upper half and the number of an entry in its lower. The zero place is
// free; one without a number was used once.
type place = uint64

const (
	firstPlaces = 16
	moveAtOnce  = 8       // places
	usedOnce    = 1 << 32 // of old: those behind it are still found
)

// tagOf spreads authenticators in a way that only this process knows: a peer, which has a secret,
// could look for requests that all have the same home.
func tagOf(auth *[16]byte) uint32 {
	return uint32(binary.LittleEndian.Uint64(auth[:8]) * tagFactor >> 32)
}

var tagFactor = rand.Uint64() | 1

func homeOf(places []place, tag uint32) int { return int(uint64(tag) * uint64(len(places)) >> 32) }

func following(places []place, i int) int {
	if i++; i < len(places) {
		return i
	}
	return 0
}

// warm reads the home of a tag for nothing but to have it near when it is needed: memory answers a
// dozen reads that do not wait for each other in the time of two that do. It needs no lock.
func (h *index) warm(auth *[16]byte) {
	if places := h.ahead.Load(); places != nil {
		touch(&(*places)[homeOf(*places, tagOf(auth))])
	}
}

// touch reads what another goroutine may be writing; what was read is not used.
//
//go:norace
//go:noinline
func touch(p *place) place { return *p }

// A probe looks for the entries of one tag.
type probe struct {
	places, old []place
	at          int
	tag         uint32
}

func (h *index) probe(auth *[16]byte) probe {
	p := probe{places: h.table, old: h.old, tag: tagOf(auth)}
	p.at = homeOf(p.places, p.tag)
	return p
}

// next is an entry that may be the one, or 0.
func (p *probe) next() uint32 {
	for len(p.places) > 0 {
		for p.places[p.at] != 0 {
			e := p.places[p.at]
			p.at = following(p.places, p.at)
			if uint32(e>>32) == p.tag && uint32(e) != 0 {
				return uint32(e)
			}
		}
		p.places, p.old = p.old, nil
		p.at = homeOf(p.places, p.tag)
	}
	return 0
}

func (h *index) insert(i uint32, auth *[16]byte) {
	if (h.used+1)*4 > len(h.table)*3 {
		h.move(len(h.old))
		h.old, h.moved, h.used = h.table, 0, 0
		table := make([]place, max(firstPlaces, 2*len(h.old)))
		h.table = table
		h.ahead.Store(&table)
	}
	h.move(moveAtOnce)
	h.put(place(tagOf(auth))<<32 | place(i))
}

// move moves n places of the old table.
func (h *index) move(n int) {
	if h.old == nil {
		return
	}
	for ; n > 0 && h.moved < len(h.old); n-- {
		if e := h.old[h.moved]; uint32(e) != 0 {
			h.old[h.moved] = usedOnce
			h.put(e)
		}
		h.moved++
	}
	if h.moved == len(h.old) {
		h.old = nil
	}
}

func (h *index) put(e place) {
	places := h.table
	i := homeOf(places, uint32(e>>32))
	for places[i] != 0 {
		i = following(places, i)
	}
	places[i] = e
	h.used++
}

func (h *index) remove(i uint32, auth *[16]byte) {
	e, places := place(tagOf(auth))<<32|place(i), h.table
	for at := homeOf(places, tagOf(auth)); places[at] != 0; at = following(places, at) {
		if places[at] == e {
			h.clear(places, at)
			return
		}
	}
	for at := homeOf(h.old, tagOf(auth)); h.old[at] != 0; at = following(h.old, at) {
		if h.old[at] == e {
			h.old[at] = usedOnce
			return
		}
	}
}

// clear empties a place and moves back what had to be put behind it.
func (h *index) clear(places []place, i int) {
	h.used--
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
