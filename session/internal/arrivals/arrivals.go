// SPDX-License-Identifier: Apache-2.0

// Package arrivals keeps what a dac.Sequencer has made of requests that have arrived, until they
// are handled.
//
// It knows requests by their address alone. A Dispatcher and an InOrder put one value for each
// Arrive and take it in Handle.
package arrivals

import (
	"sync"

	"github.com/radius-dynauth/dynauth/dac"
)

// A Set is what stands for the requests that have arrived. The zero Set is ready; it is safe for
// concurrent use.
type Set[V any] struct {
	mu     sync.Mutex
	recent [32]entry[V]       // by number; those for which there is room
	more   map[*dac.Request]V // the others
}

type entry[V any] struct {
	set     bool
	request *dac.Request
	value   V
}

// place returns where r stands among the recent ones, if it does.
func (s *Set[V]) place(r *dac.Request) *entry[V] {
	if r == nil {
		return &s.recent[0]
	}
	return &s.recent[r.Seq%uint64(len(s.recent))]
}

// Put has v stand for r, and returns what stood for it before.
func (s *Set[V]) Put(r *dac.Request, v V) (old V, had bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, had = s.take(r)
	if at := s.place(r); !at.set {
		*at = entry[V]{true, r, v}
		return old, had
	}
	if s.more == nil {
		s.more = make(map[*dac.Request]V)
	}
	s.more[r] = v
	return old, had
}

// Take returns what stands for r, and forgets it.
func (s *Set[V]) Take(r *dac.Request) (v V, had bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(r)
}

func (s *Set[V]) take(r *dac.Request) (v V, had bool) {
	if at := s.place(r); at.set && at.request == r {
		v = at.value
		*at = entry[V]{}
		return v, true
	}
	if len(s.more) == 0 {
		return v, false
	}
	v, had = s.more[r]
	delete(s.more, r)
	return v, had
}

// Look calls see with what stands for those of requests that are recent, and takes nothing. No
// value is taken while see runs, which must not use s.
func (s *Set[V]) Look(requests []*dac.Request, see func(v V)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range requests {
		if at := s.place(r); at.set && at.request == r {
			see(at.value)
		}
	}
}

// Len returns how many requests something stands for.
func (s *Set[V]) Len() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.recent {
		if s.recent[i].set {
			n++
		}
	}
	return n + len(s.more)
}
