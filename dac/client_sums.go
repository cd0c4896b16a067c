// SPDX-License-Identifier: Apache-2.0

package dac

import "time"

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

// verify is verifyResponse for x, by sum where there is one.
func (x *exchange) verify(b []byte, sum *summed) error {
	if sum != nil {
		return sum.verify()
	}
	return verifyResponse(b, x.wire, x.peer.Secret)
}
