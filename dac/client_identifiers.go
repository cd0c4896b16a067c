// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"slices"
	"time"
)

// An instant is a time of a client's own clock: monotonic, since the client began.
type instant = time.Duration

// never is later than every instant.
const never = instant(1<<63 - 1)

// unansweredRest is how long an identifier rests whose request had no answer: for the duplicates that are still remembered, RFC 5080,
// section 2.2.2, gives up to 30 s.
const unansweredRest = 30 * time.Second

// identifiersOfPort is how many requests one source port can have under way (RFC 5176, section 2.3).
const identifiersOfPort = 256

// identifiers are the identifiers of one source port that are not in use: the free ones in order of their last use (RFC 5080, section 2.2.2:
// least recently used first), and those that rest.
type identifiers struct {
	ring  [identifiersOfPort]byte
	first uint8 // of the free ones in ring
	free  int
	rest  []resting // in order of until
}

// resting is an identifier that may not be used before until.
type resting struct {
	until instant
	id    byte
}

// reset frees all identifiers, first to come first.
func (s *identifiers) reset(first byte) {
	for i := range s.ring {
		s.ring[i] = first + byte(i)
	}
	s.first, s.free, s.rest = 0, identifiersOfPort, nil
}

// has reports whether there is a free identifier.
func (s *identifiers) has(now instant) bool {
	s.wake(now)
	return s.free > 0
}

// take returns the free identifier whose last use is the longest ago. There is one.
func (s *identifiers) take() byte {
	id := s.ring[s.first]
	s.first++
	s.free--
	return id
}

// put takes an identifier back, which is free at the instant until.
func (s *identifiers) put(id byte, until, now instant) {
	if until <= now {
		s.ring[s.first+uint8(s.free)] = id
		s.free++
		return
	}
	i := len(s.rest)
	for i > 0 && s.rest[i-1].until > until {
		i--
	}
	s.rest = slices.Insert(s.rest, i, resting{until, id})
}

// wake frees the identifiers that have rested.
func (s *identifiers) wake(now instant) {
	n := 0
	for n < len(s.rest) && s.rest[n].until <= now {
		s.ring[s.first+uint8(s.free)] = s.rest[n].id
		s.free++
		n++
	}
	if n > 0 {
		s.rest = slices.Delete(s.rest, 0, n)
	}
}

// next returns when the first resting identifier is free, or never.
func (s *identifiers) next() instant {
	if len(s.rest) == 0 {
		return never
	}
	return s.rest[0].until
}

// last returns when all of them are free.
func (s *identifiers) last() instant {
	if len(s.rest) == 0 {
		return 0
	}
	return s.rest[len(s.rest)-1].until
}
