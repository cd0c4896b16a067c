// SPDX-License-Identifier: Apache-2.0

package turns

import (
	"hash/maphash"
	"slices"
)

// A line is the turns for one session in the order in which they act. The first one may hold the
// session already.
type line struct {
	key   any
	at    *bucket
	turns []*Turn
	next  *line // in the bucket, or among the free ones
}

// A bucket has the lines of the sessions of one hash.
type bucket struct {
	first *line
	ended uint64 // the latest turn that held a session of this hash and has ended, by Order.ended
}

const (
	buckets  = 1024
	keepRoom = 64 // turns for which an unused line keeps its room
)

// lines finds the line of a session. Those that are over are used again, so that a session for
// which one request comes at a time costs no allocation. The zero lines is ready.
type lines struct {
	buckets [buckets]bucket
	free    *line
}

// seed is of hashes that never leave the process.
var seed = maphash.MakeSeed()

// bucket returns where the line of key is.
func (x *lines) bucket(key any) *bucket { return &x.buckets[maphash.Comparable(seed, key)%buckets] }

// line returns the line of key, and makes it if there is none.
func (x *lines) line(key any) *line {
	at := x.bucket(key)
	for l := at.first; l != nil; l = l.next {
		if l.key == key {
			return l
		}
	}
	l := x.free
	if l == nil {
		l = new(line)
	} else {
		x.free = l.next
	}
	l.key, l.at, l.next = key, at, at.first
	at.first = l
	return l
}

// put returns the place of t in l: behind the turn that holds the session, and behind those that
// act before t.
func (l *line) put(t *Turn) (at int) {
	at = len(l.turns)
	for at > 0 && l.turns[at-1].state != holding && t.before(l.turns[at-1]) {
		at--
	}
	l.turns = slices.Insert(l.turns, at, t)
	return at
}

// remove takes t out of l, which is over when it was the last there.
func (x *lines) remove(l *line, t *Turn) (over bool) {
	if i := slices.Index(l.turns, t); i >= 0 {
		l.turns = slices.Delete(l.turns, i, i+1)
	}
	if len(l.turns) > 0 {
		return false
	}
	p := &l.at.first
	for *p != l {
		p = &(*p).next
	}
	*p = l.next
	if cap(l.turns) > keepRoom {
		l.turns = nil
	}
	l.key, l.at, l.next = nil, nil, x.free
	x.free = l
	return true
}
