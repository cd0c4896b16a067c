// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A watch makes another goroutine lead when a turn of a reader takes longer than a tick. Its timer runs only while there are turns: one that went on
// would keep a server awake that has a request now and then.
type watch struct {
	r     *reader
	epoch time.Time
	timer *time.Timer
	armed atomic.Bool
	since atomic.Int64  // nanoseconds from epoch: when seen ran at the latest
	seen  atomic.Uint64 // the turn at the last look, or the first since there were turns

	mu   sync.Mutex // held while it looks
	over bool       // guarded by mu
}

// begin makes the watch of r, which looks at nothing yet.
func (w *watch) begin(r *reader) {
	w.r, w.epoch = r, time.Now()
	w.timer = time.AfterFunc(time.Hour, w.look)
	w.timer.Stop()
}

// arm has turn, which begins, looked at, and those that follow it.
func (w *watch) arm(turn uint64) {
	if !w.armed.Load() {
		w.note(turn, w.r.now)
		w.armed.Store(true)
		w.timer.Reset(watchTick)
	}
}

// note has a turn looked at again a tick later. The time first: who sees the turn sees a time that is no earlier.
func (w *watch) note(turn uint64, now time.Time) {
	w.since.Store(int64(now.Sub(w.epoch)))
	w.seen.Store(turn)
}

// rest ends that: the reader has nothing to handle.
func (w *watch) rest() {
	if w.armed.Load() {
		w.armed.Store(false)
		w.timer.Stop()
	}
}

// look hands over where a turn runs that ran a tick ago.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || !w.armed.Load() {
		return
	}
	now, turn := time.Now(), w.r.turn.Load()
	if turn&1 == 1 && turn == w.seen.Load() && int64(now.Sub(w.epoch))-w.since.Load() >= int64(watchTick*3/4) {
		// It may be ready to go on and have no core, a collection of garbage having them all say: whoever is ready goes first.
		runtime.Gosched()
		if w.r.turn.Load() == turn {
			w.r.tookLong(turn)
		}
	}
	w.note(turn, now)
	w.timer.Reset(watchTick)
}

// end returns when nobody looks any more, nor will.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.timer.Stop()
}
