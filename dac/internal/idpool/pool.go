// SPDX-License-Identifier: Apache-2.0

// Package idpool keeps the identifiers of a connection that are not in use: the free ones in order
// of their last use, least recently used first (RFC 5080, section 2.2.2), and those that rest,
// since a NAS may still remember a request that had them.
//
// A [Pool] is the 256 identifiers of one source port over UDP (RFC 5176, section 2.3). The client
// has one for each conn of package exchange. It has no lock and no clock: the lock of the conn's
// destination guards it, and the client says what time it is.
//
// A [Shared] is the identifiers, or the Tokens of RADIUS/1.1, of one connection that several
// senders use: package mux has one for each connection, and package exchange for one that is its
// own. It has a lock of its own, under which it calls nothing.
//
// It knows no exchange and no octets. What must never happen: one identifier given to two at once,
// or before it has rested; one that is neither free, nor resting, nor given, and so lost; a User
// that waits and is not told.
package idpool

import (
	"slices"
	"time"
)

// An Instant is a time of the client's own clock: monotonic, since the client began.
type Instant = time.Duration

// Never is later than every Instant.
const Never = Instant(1<<63 - 1)

// Size is how many identifiers there are.
const Size = 256

// A Pool is the identifiers that are not in use. Make it with New. Each of the identifiers is in
// ring, in rest, or with an exchange. The ring has room for all of them, and its indexes are
// octets, so that they wrap around at Size by themselves.
type Pool struct {
	ring  [Size]byte
	first uint8 // of the free ones in ring
	free  int
	rest  []resting // in order of until
}

// resting is an identifier that may not be used before until.
type resting struct {
	until Instant
	id    byte
}

// New returns a Pool in which all identifiers are free, first to come first. A client that restarts
// gives a random one: the first ones would be those that the NAS has seen last.
func New(first byte) *Pool { return newPool(0, first) }

// newPool returns a Pool of the identifiers from low on.
func newPool(low, first byte) *Pool {
	p := new(Pool)
	for i := range Size {
		if id := first + byte(i); id >= low {
			p.ring[p.free] = id
			p.free++
		}
	}
	return p
}

// Has reports whether an identifier is free.
func (p *Pool) Has(now Instant) bool {
	p.wake(now)
	return p.free > 0
}

// Take returns the free identifier whose last use is the longest ago. Has has said that there is
// one.
func (p *Pool) Take() byte {
	id := p.ring[p.first]
	p.first++
	p.free--
	return id
}

// Return takes back the identifier that Take gave last, which was not used: it is the next one
// again, since no NAS has seen it.
func (p *Pool) Return(id byte) {
	p.first--
	p.ring[p.first] = id
	p.free++
}

// Claim takes id, and reports whether it was free. Those before it in the ring move up and keep
// their order. It is for an exchange whose connection has ended, and so may take a while.
func (p *Pool) Claim(id byte, now Instant) bool {
	p.wake(now)
	for i := range p.free {
		if p.ring[p.first+uint8(i)] != id {
			continue
		}
		for ; i > 0; i-- {
			p.ring[p.first+uint8(i)] = p.ring[p.first+uint8(i-1)]
		}
		p.Take()
		return true
	}
	return false
}

// Put takes back an identifier that Take or Claim gave. It is free at the instant until, which may
// have passed. Most rests are of one length, so the place in rest is nearly always the end.
func (p *Pool) Put(id byte, until, now Instant) {
	if until <= now {
		p.ring[p.first+uint8(p.free)] = id
		p.free++
		return
	}
	i := len(p.rest)
	for i > 0 && p.rest[i-1].until > until {
		i--
	}
	p.rest = slices.Insert(p.rest, i, resting{until, id})
}

// rests reports whether id rests.
func (p *Pool) rests(id byte) bool {
	return slices.ContainsFunc(p.rest, func(r resting) bool { return r.id == id })
}

// wake frees the identifiers that have rested: behind those that are free, which were used longer
// ago.
func (p *Pool) wake(now Instant) {
	n := 0
	for n < len(p.rest) && p.rest[n].until <= now {
		p.ring[p.first+uint8(p.free)] = p.rest[n].id
		p.free++
		n++
	}
	if n > 0 {
		p.rest = slices.Delete(p.rest, 0, n)
	}
}

// Next returns when the first resting identifier is free, or Never.
func (p *Pool) Next() Instant {
	if len(p.rest) == 0 {
		return Never
	}
	return p.rest[0].until
}

// Last returns when all that rest are free, zero where none rests.
func (p *Pool) Last() Instant {
	if len(p.rest) == 0 {
		return 0
	}
	return p.rest[len(p.rest)-1].until
}
