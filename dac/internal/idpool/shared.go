// SPDX-License-Identifier: Apache-2.0

package idpool

import (
	"math"
	"slices"
	"sync"
	"time"
)

// An ID is an Identifier, or a Token of RADIUS/1.1.
type ID = uint32

// A User draws identifiers from a Shared. It must be comparable: it is found again by ==.
type User interface {
	// IdentifierFree is called once after a Take or a Claim that failed, when that may succeed. It
	// is called in a goroutine of its own. Another User may have been faster.
	IdentifierFree()
}

// A Shared is the identifiers of one connection, which several Users draw from. It is safe for
// concurrent use, and its lock is a leaf: nothing is called with it held. It tells the Users in
// goroutines of their own, since each of them takes a lock that may be held while it calls Take.
type Shared struct {
	began time.Time

	mu      sync.Mutex // guards what follows
	pool    *Pool      // nil: Tokens
	token   ID         // the next one
	users   map[ID]User
	waiting []waiter
	timer   *time.Timer // for an identifier that rests while a User waits
}

// A waiter is a User that waits for an identifier: for id, or for any.
type waiter struct {
	user User
	id   int64
}

// anyID is the id of a waiter that takes what comes.
const anyID = -1

// NewIdentifiers returns the Identifiers from low to 255 as a Shared, first to come first. low is 1
// where 0 is kept for the Status-Server of a watchdog.
func NewIdentifiers(low, first byte) *Shared {
	return &Shared{began: time.Now(), pool: newPool(low, first), users: make(map[ID]User)}
}

// NewTokens returns the Tokens of a connection of RADIUS/1.1 as a Shared, first to come first (RFC
// 9765, section 4.2.1). Each one is used again after all others, so that none has to rest.
func NewTokens(first ID) *Shared {
	return &Shared{began: time.Now(), token: first, users: make(map[ID]User)}
}

// Take gives u the identifier whose last use is the longest ago. Where none is free it notes that u
// waits: under the same lock, so that one which comes free meanwhile is not missed.
func (s *Shared) Take(u User) (id ID, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.pool == nil:
		for id = s.token; s.users[id] != nil; {
			id++
		}
		s.token = id + 1
	case s.pool.Has(s.now()):
		id = ID(s.pool.Take())
	default:
		s.note(waiter{u, anyID})
		return 0, false
	}
	s.users[id] = u
	return id, true
}

// Claim gives u the identifier id, which octets that are already signed have. Where it is not free
// Claim notes that u waits for it.
func (s *Shared) Claim(u User, id ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	free := s.users[id] == nil
	if s.pool != nil {
		if id >= Size {
			return false
		}
		free = free && s.pool.Claim(byte(id), s.now())
	}
	if !free {
		s.note(waiter{u, int64(id)})
		return false
	}
	s.users[id] = u
	return true
}

// Put takes back id, which u had from Take or Claim. It is free again after rest. An id that u does
// not have stays as it is: a View that was closed may have given it back already, and another User
// may have it since.
func (s *Shared) Put(u User, id ID, rest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[id] != u {
		return
	}
	delete(s.users, id)
	if s.pool != nil {
		now := s.now()
		s.pool.Put(byte(id), now+max(rest, 0), now)
		if rest > 0 {
			s.arm(now)
			return
		}
	}
	s.wake(func(w waiter) bool { return w.id == anyID || w.id == int64(id) })
}

// User returns who has id: to whom an answer with it belongs.
func (s *Shared) User(id ID) (u User, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok = s.users[id]
	return u, ok
}

// Forget forgets that u waits.
func (s *Shared) Forget(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = slices.DeleteFunc(s.waiting, func(w waiter) bool { return w.user == u })
}

// Size is how many identifiers there are.
func (s *Shared) Size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool == nil {
		return math.MaxInt32 // as many as memory holds
	}
	return s.pool.free + len(s.pool.rest) + len(s.users)
}

func (s *Shared) now() Instant { return time.Since(s.began) }

// note notes a waiter once. It is called with the lock held, as arm and wake are.
func (s *Shared) note(w waiter) {
	if !slices.Contains(s.waiting, w) {
		s.waiting = append(s.waiting, w)
	}
	s.arm(s.now())
}

// arm sees to it that those who wait are told when the first identifier has rested. Without a User
// that waits no timer runs, and Take looks at the time itself.
func (s *Shared) arm(now Instant) {
	if s.pool == nil || len(s.waiting) == 0 || s.pool.Next() == Never {
		return
	}
	if in := s.pool.Next() - now; s.timer == nil {
		s.timer = time.AfterFunc(in, s.rested)
	} else {
		s.timer.Reset(in)
	}
}

// rested is called when an identifier has rested.
func (s *Shared) rested() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.pool.wake(now)
	s.wake(func(w waiter) bool { return w.id == anyID || !s.pool.rests(byte(w.id)) && s.users[ID(w.id)] == nil })
	s.arm(now)
}

// wake tells those who wait and are meant. It is called with the lock held. All are told, also for
// one identifier: which of them still wants it is not known here.
func (s *Shared) wake(meant func(waiter) bool) {
	s.waiting = slices.DeleteFunc(s.waiting, func(w waiter) bool {
		if !meant(w) {
			return false
		}
		go w.user.IdentifierFree()
		return true
	})
}
