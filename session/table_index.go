// SPDX-License-Identifier: Apache-2.0

package session

import (
	"slices"
	"sync/atomic"
)

// A tag stands for one value of one attribute: 32 bits of its hash. Different values may share a tag, so what an index
// gives is a candidate and never an answer.
type tag = uint32

// An entry of an index has a tag in its upper half and in its lower half the ref of a session that has the tag, or listRef
// and the number of a list of them. The zero entry is an empty place.
type entry uint64

func (e entry) tag() tag { return tag(e >> 32) }
func (e entry) ref() ref { return ref(e) }

const (
	listRef    = 1 << 31
	maxEntries = 8  // of one tag; more refs than that stand in a list
	minEntries = 4  // a list that is no longer than this becomes entries again
	minPlaces  = 8  // of a table that is not empty
	growAt     = 75 // percent of the places
	shrinkAt   = 15 // percent of the places
)

// An index finds refs by tag: a hash table with linear probing and, but for the values that many sessions share, without a
// pointer, so that the garbage collector has nothing to follow. The home of a tag grows with the tag, so a larger table is
// filled from front to back. The caller holds the lock of the shard that it belongs to; only warm does without, which is
// why entries are written atomically.
type index struct {
	table atomic.Pointer[[]entry]
	used  int
	lists []refList
	spare []uint32 // lists that are empty
}

func (x *index) places() []entry {
	if p := x.table.Load(); p != nil {
		return *p
	}
	return nil
}

func after(places []entry, i int) int {
	if i++; i < len(places) {
		return i
	}
	return 0
}

func (x *index) set(places []entry, i int, e entry) {
	atomic.StoreUint64((*uint64)(&places[i]), uint64(e))
}

// warm reads the home of a tag for nothing but to have it near when it is needed: memory answers a dozen reads that do not
// wait for each other in the time of two that do. It needs no lock.
func (x *index) warm(t tag) uint64 {
	if p := x.table.Load(); p != nil && len(*p) > 0 {
		return atomic.LoadUint64((*uint64)(&(*p)[homeOf(len(*p), t)]))
	}
	return 0
}

// add enters a ref that the tag does not have yet.
func (x *index) add(t tag, r ref) {
	places := x.places()
	if (x.used+1)*100 > len(places)*growAt {
		places = x.resize(max(minPlaces, len(places)*2))
	}
	n, i := 0, homeOf(len(places), t)
	for ; places[i] != 0; i = after(places, i) {
		if e := places[i]; e.tag() == t {
			if e.ref() >= listRef {
				x.lists[e.ref()-listRef].add(r)
				return
			}
			n++
		}
	}
	if n < maxEntries {
		x.set(places, i, entry(t)<<32|entry(r))
		x.used++
		return
	}
	x.gather(t, r)
}

// gather turns the entries of a tag, and r, into a list.
func (x *index) gather(t tag, r ref) {
	refs := x.appendTo(make([]ref, 0, 2*maxEntries), t)
	for _, s := range refs {
		x.remove(t, s)
	}
	var l refList
	for _, s := range append(refs, r) {
		l.add(s)
	}
	var n uint32
	if k := len(x.spare); k > 0 {
		n, x.spare = x.spare[k-1], x.spare[:k-1]
		x.lists[n] = l
	} else {
		n = uint32(len(x.lists))
		x.lists = append(x.lists, l)
	}
	x.add(t, listRef|n)
}

// scatter turns the list at place i into entries.
func (x *index) scatter(places []entry, i int) {
	t, n := places[i].tag(), places[i].ref()-listRef
	refs := x.lists[n].appendTo(nil)
	x.lists[n] = refList{}
	x.spare = append(x.spare, n)
	x.clear(places, i)
	for _, r := range refs {
		x.add(t, r)
	}
}

// remove takes a ref out; one that is not there is no matter.
func (x *index) remove(t tag, r ref) {
	if x.used == 0 {
		return
	}
	places := x.places()
	for i := homeOf(len(places), t); places[i] != 0; i = after(places, i) {
		switch e := places[i]; {
		case e.tag() != t:
		case e.ref() == r:
			x.clear(places, i)
			x.shrink()
			return
		case e.ref() >= listRef:
			l := &x.lists[e.ref()-listRef]
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
	for j := after(places, i); places[j] != 0; j = after(places, j) {
		if mayMove(homeOf(len(places), places[j].tag()), i, j) {
			x.set(places, i, places[j])
			i = j
		}
	}
	x.set(places, i, 0)
}

func (x *index) shrink() {
	if n := len(x.places()); n > 4*minPlaces && x.used*100 < n*shrinkAt {
		x.resize(max(minPlaces, x.used*3))
	}
}

func (x *index) resize(n int) []entry {
	places := make([]entry, n)
	for _, e := range x.places() {
		if e == 0 {
			continue
		}
		i := homeOf(len(places), e.tag())
		for places[i] != 0 {
			i = after(places, i)
		}
		places[i] = e
	}
	x.table.Store(&places)
	return places
}

// count returns how many refs the tag has.
func (x *index) count(t tag) int {
	if x.used == 0 {
		return 0
	}
	places := x.places()
	n := 0
	for i := homeOf(len(places), t); places[i] != 0; i = after(places, i) {
		if e := places[i]; e.tag() == t {
			if e.ref() >= listRef {
				return x.lists[e.ref()-listRef].n
			}
			n++
		}
	}
	return n
}

// appendTo appends the refs of the tag to dst.
func (x *index) appendTo(dst []ref, t tag) []ref {
	if x.used == 0 {
		return dst
	}
	places := x.places()
	for i := homeOf(len(places), t); places[i] != 0; i = after(places, i) {
		if e := places[i]; e.tag() == t {
			if e.ref() >= listRef {
				return x.lists[e.ref()-listRef].appendTo(dst)
			}
			dst = append(dst, e.ref())
		}
	}
	return dst
}

// retain takes out of refs those that the tag does not have.
func (x *index) retain(refs []ref, t tag) []ref {
	var few [maxEntries]ref
	own := few[:0]
	if x.used > 0 {
		places := x.places()
		for i := homeOf(len(places), t); places[i] != 0; i = after(places, i) {
			if e := places[i]; e.tag() == t {
				if e.ref() >= listRef {
					l := &x.lists[e.ref()-listRef]
					return slices.DeleteFunc(refs, func(r ref) bool { return !l.has(r) })
				}
				own = append(own, e.ref())
			}
		}
	}
	return slices.DeleteFunc(refs, func(r ref) bool { return !slices.Contains(own, r) })
}
