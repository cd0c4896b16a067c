// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"sync"
	"time"
)

// requestSums signs requests together. The zero one is ready.
type requestSums struct {
	hasher manyHasher
	all    []*exchange
	owed   []summed
}

// add has x signed, which is built.
func (s *requestSums) add(x *exchange) {
	s.all = append(s.all, x)
	s.owed = append(s.owed, summed{b: x.wire, key: x.key})
}

// sign signs what was added, takes answers to it from now on and returns it, until the next add.
func (s *requestSums) sign() []*exchange {
	s.hasher.sign(s.owed)
	now := time.Now()
	for _, x := range s.all {
		x.signed(now)
	}
	all := s.all
	clear(s.owed)
	s.owed, s.all = s.owed[:0], s.all[:0]
	return all
}

// replySums is what the replies of one read were hashed to before the first of them is checked. That decides nothing.
type replySums struct {
	hasher manyHasher
	all    []summed
}

var replySumsPool = sync.Pool{New: func() any { return new(replySums) }}

// sumReplies hashes in, where they are worth it, for the secrets of their exchanges. What it returns is to be given back once they are checked.
func sumReplies(in []reply) *replySums {
	if !hashesMany || len(in) < fewest {
		return nil
	}
	s := replySumsPool.Get().(*replySums)
	for _, r := range in {
		var sum summed
		if r.x != nil && len(r.packet) <= maxAhead {
			sum = summed{b: r.packet, field: [len(zeros)]byte(r.x.wire[4:headerLen]), key: r.x.key}
		}
		s.all = append(s.all, sum)
	}
	s.hasher.sums(s.all)
	for i := range in {
		if s.all[i].b != nil {
			in[i].sum = &s.all[i]
		}
	}
	return s
}

func (s *replySums) giveBack() {
	if s != nil {
		clear(s.all)
		s.all = s.all[:0]
		replySumsPool.Put(s)
	}
}

// verify is verifyResponse for x, by sum where there is one.
func (x *exchange) verify(b []byte, sum *summed) error {
	if sum != nil {
		return sum.verify()
	}
	return verifyResponse(b, x.wire, x.peer.Secret)
}
