// SPDX-License-Identifier: Apache-2.0

package session

import (
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
)

// atOnce is how many reads are on their way at a time: memory answers that many in hardly more time than one.
const atOnce = 16

// Ahead has what Find will read for each of next brought near, for all of them at once: most of the time of a look-up in a large Table is
// waiting for memory. It changes nothing; a Dispatcher calls it with the requests that it has and that are handled next.
func (t *Table[S]) Ahead(next []*attrs.Identity) {
	if st := t.store.Load(); st != nil && len(next) > 1 {
		for some := range slices.Chunk(next, atOnce) {
			st.ahead(some)
		}
	}
}

func (st *store[S]) ahead(next []*attrs.Identity) {
	var (
		nameRoom [atOnce]key
		bodyRoom [atOnce]*byte
	)
	names, bodies := nameRoom[:0], bodyRoom[:0]
	for _, id := range next {
		if id.AcctSessionID == "" {
			var room [fewKeys]key
			st.warm(st.keys(room[:0], id))
			continue
		}
		names = append(names, st.name(id.Context, id.AcctSessionID))
	}
	for _, k := range names {
		st.shard(k).warm(k.tag())
	}
	for _, k := range names { // what Find looks at next, now that the records are here
		if b := st.shard(k).body(k.tag()); b != nil {
			bodies = append(bodies, b)
		}
	}
	for _, b := range bodies {
		touch(b)
	}
}

// warm reads the home of a tag for nothing but to have it near. It needs no lock.
func (s *shard[S]) warm(t tag) {
	if p := s.published.Load(); p != nil && len(*p) > 0 {
		touchWord(&(*p)[homeOf(len(*p), t)].version)
	}
}

// body returns where the identity of the first session that has a tag begins; nil: there is none.
func (s *shard[S]) body(t tag) *byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.used == 0 {
		return nil
	}
	for i := s.home(t); s.records[i].ref != 0; i = s.next(i) {
		if s.records[i].tag == t {
			return s.blocks.start(s.records[i].ref)
		}
	}
	return nil
}

// touch reads an octet that somebody may be writing, and nobody looks at what was read.
//
//go:norace
//go:noinline
func touch(b *byte) byte { return *b }

//go:norace
//go:noinline
func touchWord(w *uint64) uint64 { return *w }
