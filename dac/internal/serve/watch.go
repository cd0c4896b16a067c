// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Who leads a read loop. One goroutine does at a time, and the reader with its buffers is its own.
// When it calls the host, a Handler or Peers, that is a turn: while the turn runs, another
// goroutine may be made to lead, which the turn learns when it ends. So a handler that is quick
// costs no switch of goroutines, and one that is slow does not keep the socket from being read.
//
// The one word that decides is turns.now: who changes it from the number of a running turn to that
// of none leads from then on. That is the goroutine of the turn when it ends in time; else the
// watch (a turn that takes longer than a tick), the handler that yields, or a deferred function
// where the host has ended the goroutine. It must never happen that two change it for one turn, so
// all of them do it by compare-and-swap.

// The turns of one read loop.
type turns struct {
	begun   uint64        // so many; of the goroutine that leads
	now     atomic.Uint64 // twice the number of the turn, and one while it runs
	yielded atomic.Uint64 // the latest turn of a handler that gave its place back
	asking  atomic.Bool   // the turn is a question to the host's Peers, not a handler
	// Of the goroutine that leads: it has ceased to. It is that goroutine's own, which lets a
	// deferred function of it know after the field is another's.
	lost *bool
	next func() // has another goroutine lead
}

// number returns the number of the next turn, which the goroutine that leads begins.
func (t *turns) number() uint64 {
	t.begun++
	return t.begun<<1 | 1
}

// begin notes that a turn runs.
func (t *turns) begin(turn uint64) { t.now.Store(turn) }

// end ends a turn; lost: another goroutine leads by now, and nothing of the reader may be touched.
func (t *turns) end(turn uint64) (lost bool) { return !t.now.CompareAndSwap(turn, turn-1) }

// running reports whether a turn has not ended, and its goroutine leads.
func (t *turns) running(turn uint64) bool { return t.now.Load() == turn }

// handOff makes another goroutine lead, where turn is still running.
func (t *turns) handOff(turn uint64) bool {
	if t.end(turn) {
		return false
	}
	t.next()
	return true
}

// often reports whether turn, the handler of which has given its place back so that another
// goroutine leads, is no exception: another one of the last few has.
func (t *turns) often(turn uint64) bool {
	before := t.yielded.Swap(turn)
	return turn-before <= slowShare<<1
}

// WatchTick is the time after which a handler that the read loop runs is on its own.
const WatchTick = time.Millisecond

// A watch makes another goroutine lead when a turn of a read loop takes longer than a tick. Its
// timer runs only while there are turns: one that went on would keep a server awake that has a
// request now and then. The goroutine that leads arms it and puts it to rest; it looks in a
// goroutine of its timer.
type watch struct {
	turns *turns
	late  func(turn uint64) // is told of a turn that takes longer than a tick, in that goroutine
	epoch time.Time
	timer *time.Timer
	armed atomic.Bool
	since atomic.Int64  // nanoseconds from epoch: when seen ran at the latest
	seen  atomic.Uint64 // the turn at the last look, or the first since there were turns

	mu   sync.Mutex // held while it looks
	over bool       // guarded by mu
}

// begin makes the watch of t, which looks at nothing yet.
func (w *watch) begin(t *turns, late func(turn uint64)) {
	w.turns, w.late, w.epoch = t, late, time.Now()
	w.timer = time.AfterFunc(time.Hour, w.look)
	w.timer.Stop()
}

// arm has turn, which begins, looked at, and those that follow it. now is when the batch was read:
// a clock is not asked for each turn.
func (w *watch) arm(turn uint64, now time.Time) {
	if !w.armed.Load() {
		w.note(turn, now)
		w.armed.Store(true)
		w.timer.Reset(WatchTick)
	}
}

// note has a turn looked at again a tick later. The time first: who sees the turn sees a time that
// is no earlier.
func (w *watch) note(turn uint64, now time.Time) {
	w.since.Store(int64(now.Sub(w.epoch)))
	w.seen.Store(turn)
}

// rest ends that: the read loop has nothing to handle.
func (w *watch) rest() {
	if w.armed.Load() {
		w.armed.Store(false)
		w.timer.Stop()
	}
}

// look tells of a turn that runs and ran a tick ago.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || !w.armed.Load() {
		return
	}
	now, turn := time.Now(), w.turns.now.Load()
	if turn&1 == 1 && turn == w.seen.Load() && int64(now.Sub(w.epoch))-w.since.Load() >= int64(WatchTick*3/4) {
		// It may be ready to go on and have no core, a collection of garbage having them all say:
		// what is ready goes first.
		runtime.Gosched()
		if w.turns.running(turn) {
			w.late(turn)
		}
	}
	w.note(turn, now)
	w.timer.Reset(WatchTick)
}

// end returns once the watch has stopped looking for good.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.timer.Stop()
}
