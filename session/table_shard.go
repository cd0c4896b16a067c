// SPDX-License-Identifier: Apache-2.0

package session

import (
	"sync"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/internal/pages"
)

// A record is a session in the table of its shard. The host's value stands with the identity: the
// garbage collector would walk all of the table for it. The zero record is an empty place.
type record struct {
	order   uint64 // among all sessions, in which Find returns them
	version uint64 // changes with each Put
	tag     tag    // of its name
	ref     ref    // where its identity is
	name    name
}

// A name is a Context and Acct-Session-Id that are short enough to stand in the record, so that a
// look-up by them reads one place in memory and no more; a record is a cache line with it. The zero
// name is one that is not.
type name [40]byte

// nameOf is the name that two texts have. Their lengths stand before them, so that no two pairs
// have one name.
func nameOf(context, acctSessionID string) (n name) {
	if len(context)+len(acctSessionID) <= len(n)-2 {
		n[0], n[1] = byte(len(context)), byte(len(acctSessionID))
		copy(n[2+copy(n[2:], context):], acctSessionID)
	}
	return n
}

// A shard is a part of the sessions: a hash table with linear probing of those whose names have
// hashes in its range. As in an index, the home of a tag grows with the tag.
type shard[S any] struct {
	mu        sync.RWMutex // guards what follows
	records   []record
	used      int
	blocks    blocks[S]
	published atomic.Pointer[[]record] // records, for those who look ahead without the lock
}

// homeOf is where the search for a tag begins, in a table of so many places.
func homeOf(places int, t tag) int { return int(uint64(t) * uint64(places) >> 32) }

func (s *shard[S]) home(t tag) int { return homeOf(len(s.records), t) }

func (s *shard[S]) next(i int) int {
	if i++; i < len(s.records) {
		return i
	}
	return 0
}

// find returns the record of a name, or nil.
func (s *shard[S]) find(t tag, context, acctSessionID string) *record {
	if s.used == 0 {
		return nil
	}
	n := nameOf(context, acctSessionID)
	for i := s.home(t); s.records[i].ref != 0; i = s.next(i) {
		r := &s.records[i]
		if r.tag != t || r.name != n {
			continue
		}
		if n != (name{}) {
			return r
		}
		if _, body := s.blocks.identity(r.ref); isNamed(body, context, acctSessionID) {
			return r
		}
	}
	return nil
}

// of returns the record of the session that has its identity at ref.
func (s *shard[S]) of(r ref, t tag) *record { return &s.records[s.place(r, t)] }

func (s *shard[S]) place(r ref, t tag) int {
	i := s.home(t)
	for s.records[i].ref != r {
		i = s.next(i)
	}
	return i
}

// insert takes in a session and returns its record; nil: there is no room.
func (s *shard[S]) insert(t tag, n name, body []byte, value S) *record {
	if (s.used+1)*100 > len(s.records)*growAt {
		s.resize(max(minPlaces, len(s.records)*2))
	}
	at := s.blocks.put(blockWhole, t, body)
	if at == 0 {
		return nil
	}
	*s.blocks.value(at) = value
	i := s.home(t)
	for s.records[i].ref != 0 {
		i = s.next(i)
	}
	s.used++
	s.records[i].tag, s.records[i].ref, s.records[i].name = t, at, n
	return &s.records[i]
}

// remove takes a session out.
func (s *shard[S]) remove(r ref, t tag) {
	s.blocks.remove(r)
	i := s.place(r, t)
	s.used--
	for j := s.next(i); s.records[j].ref != 0; j = s.next(j) {
		if mayMove(s.home(s.records[j].tag), i, j) {
			s.records[i] = s.records[j]
			i = j
		}
	}
	s.records[i] = record{}
	if n := len(s.records); n > 4*minPlaces && s.used*100 < n*shrinkAt {
		s.resize(max(minPlaces, s.used*3))
	}
}

// resize moves the records into a table of n places. It is called with the lock held.
func (s *shard[S]) resize(n int) {
	old := s.records
	s.records = pages.Many(make([]record, n))
	for k := range old {
		if old[k].ref == 0 {
			continue
		}
		i := s.home(old[k].tag)
		for s.records[i].ref != 0 {
			i = s.next(i)
		}
		s.records[i] = old[k]
	}
	now := s.records
	s.published.Store(&now)
	if n < len(old) {
		pages.Gone(old)
	}
}

// mayMove says whether what stands at j may move to i, an empty place before it: unless its home
// lies behind i, going round from i to j.
func mayMove(home, i, j int) bool {
	if i <= j {
		return home <= i || home > j
	}
	return home <= i && home > j
}

// A seen is a session as it was at a look.
type seen[S any] struct {
	body  string
	value S
}

// some appends a few sessions from a place in the memory of the shard on, and returns the place
// behind them and whether there is more. Sessions do not move in that memory, so one that stays is
// seen once.
func (s *shard[S]) some(dst []seen[S], from ref) (_ []seen[S], next ref, more bool) {
	const few = 64
	s.mu.RLock()
	defer s.mu.RUnlock()
	for r := range s.blocks.from(from) {
		if len(dst) == few {
			return dst, r, true
		}
		if _, body := s.blocks.identity(r); body != nil {
			dst = append(dst, seen[S]{string(body), *s.blocks.value(r)})
		}
	}
	return dst, 0, false
}
