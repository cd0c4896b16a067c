// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"sync/atomic"
	"time"
)

const (
	slowSpell   = 100 * time.Millisecond
	slowHandler = 500 * time.Microsecond // what counts as slow for a worker
	slowShare   = 64                     // a spell goes on where one of so many was slow
)

// spells are the times in which the handlers of a listener are left to workers from the start: for
// a while after one has held up the read loop, and for as long as enough of them are slow. A
// handler is quick or slow for reasons of its own, a database that is restarted say, so that is
// measured and nothing that is configured. It is safe for concurrent use.
type spells struct {
	until   atomic.Int64 // Unix nanoseconds; zero: there is no spell
	handled atomic.Int64 // by workers in this spell
	slow    atomic.Int64 // of those
}

// last reports whether there is a spell, and ends it or has it go on when its time is over. It is
// for the read loop to ask, before each handler.
func (s *spells) last(now time.Time) bool {
	until := s.until.Load()
	switch {
	case until == 0:
		return false
	case now.UnixNano() < until:
		return true
	case s.slow.Swap(0)*slowShare > s.handled.Swap(0):
		s.until.Store(now.Add(slowSpell).UnixNano())
		return true
	}
	s.until.CompareAndSwap(until, 0)
	return false
}

// begin begins a spell.
func (s *spells) begin(now time.Time) { s.until.Store(now.Add(slowSpell).UnixNano()) }

// worked counts a handler that a worker has run.
func (s *spells) worked(took time.Duration) {
	s.handled.Add(1)
	if took > slowHandler {
		s.slow.Add(1)
	}
}

// yielded counts one that a worker runs and that waits for something else.
func (s *spells) yielded() { s.slow.Add(1) }
