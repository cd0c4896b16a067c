// SPDX-License-Identifier: Apache-2.0

package session

import (
	"slices"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/internal/pages"
)

// A tag stands for one value of one attribute: 32 bits of its hash. Different values may share a
// tag, so what an index gives is a candidate and never an answer.
type tag = uint32

// An entry of an index is a session that has a tag, or listRef and the number of a list of them.
// The zero entry is an empty place.
type entry struct {
	tag tag
	candidate
}

// A candidate is a session that an index gives. The tag of its name says where its record is while
// its identity is still on its way from memory; one that comes from a list has none, which is a
// guess as good as any.
type candidate struct {
	ref  ref
	name tag
}

const (
	listRef    = 1 << 31
	maxEntries = 8  // of one tag; more refs than that stand in a list
	minEntries = 4  // a list that is no longer than this becomes entries again
	minPlaces  = 8  // of a table that is not empty
	growAt     = 75 // percent of the places
	shrinkAt   = 15 // percent of the places
)

// An index finds sessions by tag: a hash table with linear probing and, but for the values that
// many sessions share, without a pointer, so that the garbage collector has nothing to follow. The
// home of a tag grows with the tag, so a larger table is filled from front to back. The caller
// holds the lock of the shard that it belongs to; only warm does without.
type index struct {
	table atomic.Pointer[[]entry]
	used  int
	lists []refList
	spare []uint32 // lists that are empty
}

// places is the table, which no other goroutine replaces while the lock is held.
func (x *index) places() []entry {
	if p := x.table.Load(); p != nil {
		return *p
	}
	return nil
}

// after is the place behind i: the first one follows the last.
func after(places []entry, i int) int {
	if i++; i < len(places) {
		return i
	}
	return 0
}

// warm reads the home of a tag for nothing but to have it near when it is needed: memory answers a
// dozen reads that do not wait for each other in the time of two that do. It needs no lock.
func (x *index) warm(t tag) {
	if p := x.table.Load(); p != nil && len(*p) > 0 {
		touch(&(*p)[homeOf(len(*p), t)].ref)
	}
}

// add enters a session that the tag does not have yet.
func (x *index) add(t tag, c candidate) {
	places := x.places()
	if (x.used+1)*100 > len(places)*growAt {
		places = x.resize(max(minPlaces, len(places)*2))
	}
	n, i := 0, homeOf(len(places), t)
	for ; places[i].ref != 0; i = after(places, i) {
		if e := places[i]; e.tag == t {
			if e.ref >= listRef {
				x.lists[e.ref-listRef].add(c.ref)
				return
			}
			n++
		}
	}
	if n < maxEntries {
		places[i] = entry{t, c}
		x.used++
		return
	}
	x.gather(t, c)
}

// gather turns the entries of a tag, and c, into a list.
func (x *index) gather(t tag, c candidate) {
	all := x.appendTo(make([]candidate, 0, 2*maxEntries), t)
	for _, c := range all {
		x.remove(t, c.ref)
	}
	var l refList
	for _, c := range append(all, c) {
		l.add(c.ref)
	}
	var n uint32
	if k := len(x.spare); k > 0 {
		n, x.spare = x.spare[k-1], x.spare[:k-1]
		x.lists[n] = l
	} else {
		n = uint32(len(x.lists))
		x.lists = append(x.lists, l)
	}
	x.add(t, candidate{ref: listRef | n})
}

// scatter turns the list at place i into entries.
func (x *index) scatter(places []entry, i int) {
	t, n := places[i].tag, places[i].ref-listRef
	all := x.lists[n].appendTo(nil)
	x.lists[n] = refList{}
	x.spare = append(x.spare, n)
	x.clear(places, i)
	for _, c := range all {
		x.add(t, c)
	}
}

// remove takes a ref out; one that is not there is no matter.
func (x *index) remove(t tag, r ref) {
	if x.used == 0 {
		return
	}
	places := x.places()
	for i := homeOf(len(places), t); places[i].ref != 0; i = after(places, i) {
		switch e := places[i]; {
		case e.tag != t:
		case e.ref == r:
			x.clear(places, i)
			x.shrink()
			return
		case e.ref >= listRef:
			l := &x.lists[e.ref-listRef]
			if l.remove(r); l.n <= minEntries {
				x.scatter(places, i)
			}
			return
		}
	}
}

// clear empties place i and moves back what had to be put behind it.
func (x *index) clear(places []entry, i int) {
	x.used--
	for j := after(places, i); places[j].ref != 0; j = after(places, j) {
		if mayMove(homeOf(len(places), places[j].tag), i, j) {
			places[i] = places[j]
			i = j
		}
	}
	places[i] = entry{}
}

// After a mass disconnect the memory of the index goes back: a BNG that loses a line card has a
// tenth of its sessions for hours, and should not keep room for all of them. It shrinks to three
// times what is used, so that sessions that come and go around the bound do not resize it each
// time.
func (x *index) shrink() {
	if n := len(x.places()); n > 4*minPlaces && x.used*100 < n*shrinkAt {
		x.resize(max(minPlaces, x.used*3))
	}
}

// resize moves the entries into a table of n places. warm may still read the old one, which nothing
// writes to any more.
func (x *index) resize(n int) []entry {
	places := pages.Many(make([]entry, n))
	old := x.places()
	for _, e := range old {
		if e.ref == 0 {
			continue
		}
		i := homeOf(len(places), e.tag)
		for places[i].ref != 0 {
			i = after(places, i)
		}
		places[i] = e
	}
	x.table.Store(&places)
	if n < len(old) {
		pages.Gone(old)
	}
	return places
}

// count returns how many sessions the tag has.
func (x *index) count(t tag) int {
	if x.used == 0 {
		return 0
	}
	places := x.places()
	n := 0
	for i := homeOf(len(places), t); places[i].ref != 0; i = after(places, i) {
		if e := places[i]; e.tag == t {
			if e.ref >= listRef {
				return x.lists[e.ref-listRef].n
			}
			n++
		}
	}
	return n
}

// first returns the session of the tag that is found first, or none where they stand in a list.
func (x *index) first(t tag) candidate {
	if x.used > 0 {
		places := x.places()
		for i := homeOf(len(places), t); places[i].ref != 0; i = after(places, i) {
			if e := places[i]; e.tag == t && e.ref < listRef {
				return e.candidate
			}
		}
	}
	return candidate{}
}

// appendTo appends the sessions of the tag to dst.
func (x *index) appendTo(dst []candidate, t tag) []candidate {
	if x.used == 0 {
		return dst
	}
	places := x.places()
	for i := homeOf(len(places), t); places[i].ref != 0; i = after(places, i) {
		if e := places[i]; e.tag == t {
			if e.ref >= listRef {
				return x.lists[e.ref-listRef].appendTo(dst)
			}
			dst = append(dst, e.candidate)
		}
	}
	return dst
}

// retain takes out of some those that the tag does not have.
func (x *index) retain(some []candidate, t tag) []candidate {
	var few [maxEntries]ref
	own := few[:0]
	if x.used > 0 {
		places := x.places()
		for i := homeOf(len(places), t); places[i].ref != 0; i = after(places, i) {
			if e := places[i]; e.tag == t {
				if e.ref >= listRef {
					l := &x.lists[e.ref-listRef]
					return slices.DeleteFunc(some, func(c candidate) bool { return !l.has(c.ref) })
				}
				own = append(own, e.ref)
			}
		}
	}
	return slices.DeleteFunc(some, func(c candidate) bool { return !slices.Contains(own, c.ref) })
}
