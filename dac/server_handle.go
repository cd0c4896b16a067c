// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"runtime/debug"
	"time"
)

// handleAll runs the handlers of those that have arrived. lost: another goroutine leads by now, and goes on with the rest.
func (r *reader) handleAll() (lost bool) {
	if r.l.st.lookahead != nil && len(r.ready) > 1 && len(r.told) == 0 {
		r.lookAhead()
	}
	for r.handled < len(r.ready) {
		j := r.ready[r.handled]
		r.handled++
		if r.l.slow(r.now) {
			j.dispatch(placed)
		} else if r.handle(j) {
			return true
		}
	}
	clear(r.ready)
	clear(r.told)
	r.ready, r.told, r.handled = r.ready[:0], r.told[:0], 0
	return false
}

// lookAhead tells the Handler what is about to be handled, once.
func (r *reader) lookAhead() {
	for _, j := range r.ready {
		r.told = append(r.told, j.req)
	}
	defer func() {
		if p := recover(); p != nil {
			r.l.st.log.Error("dac: Lookahead.Ahead panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	r.l.st.lookahead.Ahead(r.told)
}

// handle runs a handler here. lost: another goroutine leads by now.
func (r *reader) handle(j *job) (lost bool) {
	mine, over := r.lost, false
	turn := r.newTurn()
	j.reader, j.turn, j.lost = r, turn, mine
	defer func() {
		if !over && !j.handed { // a Trace of the host's has ended this goroutine
			j.leave()
		}
	}()
	r.begin(turn)
	resp, err := j.call()
	lost = !r.turn.CompareAndSwap(turn, turn-1)
	if lost {
		*mine = true
	}
	switch {
	case err == errLater:
		over = true
		r.sendOn(j.unsent, lost)
		return lost
	case lost:
		over = true
		j.end(resp, err)
		return true
	}
	j.finish(resp, err, r)
	if j.after != nil {
		r.flush() // what follows the answer follows it
		over = true
		r.l.st.workers.run(j)
		return false
	}
	over = true
	j.leave()
	return false
}

func (r *reader) newTurn() uint64 {
	r.turns++
	return r.turns<<1 | 1
}

// begin notes that a turn begins, for the watch to look at.
func (r *reader) begin(turn uint64) {
	r.turn.Store(turn)
	r.watch.arm(turn)
}

// early reports that the handler of j runs in the read loop still, which the watch would have ended after a tick or two.
func (j *job) early() bool {
	return j.reader != nil && j.st.timeout >= time.Second && j.reader.turn.Load() == j.turn
}

// handOver makes another goroutine lead, where turn is still running.
func (r *reader) handOver(turn uint64) bool {
	if !r.turn.CompareAndSwap(turn, turn-1) {
		return false
	}
	r.l.readers.Go(r.lead)
	return true
}

// tookLong ends the lead of a goroutine whose turn takes longer than a tick.
func (r *reader) tookLong(turn uint64) {
	if r.asking.Load() {
		if r.l.asides.Add(1) > mostAsides || !r.handOver(turn) {
			r.l.asides.Add(-1)
		}
		return
	}
	r.l.markSlow(time.Now())
	r.handOver(turn)
}

// waited notes that the handler of turn gave its place back and another goroutine leads. Where more than a few do, a proxy's say, which all
// wait for somebody else, workers run them: that costs one switch of goroutines, and this one more.
func (r *reader) waited(turn uint64) {
	if before := r.yielded.Swap(turn); turn-before <= slowShare<<1 {
		r.l.markSlow(time.Now())
	}
}
