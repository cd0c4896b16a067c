// SPDX-License-Identifier: Apache-2.0

package session

import (
	"slices"
	"unsafe"

	"github.com/radius-dynauth/dynauth/attrs"
)

// atOnce is how many reads are on their way at a time: memory answers that many in hardly more time
// than one.
const atOnce = 16

// Ahead has what Find will read for each of next brought near, for all of them at once: most of the
// time of a look-up in a large Table is waiting for memory. It changes nothing; a Dispatcher calls
// it with the requests that it has and that are handled next.
func (t *Table[S]) Ahead(next []*attrs.Identity) {
	if st := t.store.Load(); st != nil && len(next) > 1 {
		for some := range slices.Chunk(next, atOnce) {
			st.ahead(some)
		}
	}
}

// ahead goes through all of them step by step: each step knows where to read what the one before
// has brought near.
func (st *store[S]) ahead(next []*attrs.Identity) {
	var (
		nameRoom, keyRoom [atOnce]key
		spotRoom          [atOnce]spot[S]
	)
	names, firsts, spots := nameRoom[:0], keyRoom[:0], spotRoom[:0]
	for _, id := range next {
		if id.AcctSessionID != "" {
			names = append(names, st.name(id.Context, id.AcctSessionID))
			continue
		}
		var room [fewKeys]key
		if keys := st.keys(room[:0], id); len(keys) > 0 {
			st.warm(keys)
			firsts = append(firsts, keys[0])
		}
	}
	for _, k := range names {
		st.shard(k).warm(k.tag())
	}
	for _, k := range names {
		if one := st.shard(k).spot(k.tag()); one != (spot[S]{}) {
			spots = append(spots, one)
		}
	}
	for _, k := range firsts {
		if one := st.spot(k); one != (spot[S]{}) {
			spots = append(spots, one)
		}
	}
	for _, one := range spots {
		touch(one.body)
		touch(one.value)
	}
}

// A spot is where the identity of a session begins, and its value. The zero spot is that of none.
type spot[S any] struct {
	body  *byte
	value *S
}

// spot has the record of the first session that a key has brought near, and returns its spot.
func (st *store[S]) spot(k key) spot[S] {
	c := st.indexes[k.shard()].nearest(k.tag())
	if c.ref == 0 {
		return spot[S]{}
	}
	sh := st.shardOf(c.ref)
	sh.warm(c.name)
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	return sh.blocks.spot(c.ref)
}

// warm reads the home of a tag for nothing but to have it near. It needs no lock.
func (s *shard[S]) warm(t tag) {
	if p := s.published.Load(); p != nil && len(*p) > 0 {
		touch(&(*p)[homeOf(len(*p), t)].ref)
	}
}

// spot returns that of the first session that has a tag.
func (s *shard[S]) spot(t tag) spot[S] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.used == 0 {
		return spot[S]{}
	}
	for i := s.home(t); s.records[i].ref != 0; i = s.next(i) {
		if s.records[i].tag == t {
			return s.blocks.spot(s.records[i].ref)
		}
	}
	return spot[S]{}
}

// touch reads an octet that another goroutine may be writing; what was read is not used.
//
//go:norace
//go:noinline
func touch[T any](b *T) byte { return *(*byte)(unsafe.Pointer(b)) }
