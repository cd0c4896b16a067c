// SPDX-License-Identifier: Apache-2.0

package serve

import "github.com/radius-dynauth/dynauth/dac/internal/admission"

// handleAll runs the handlers of those that have arrived. lost: another goroutine leads by now, and
// goes on with the rest.
func (r *reader) handleAll() (lost bool) {
	if r.l.st.Lookahead && len(r.ready) > 1 && len(r.told) == 0 {
		for _, j := range r.ready {
			r.told = append(r.told, j.task)
		}
		r.loop.Ahead(r.told)
	}
	for r.handled < len(r.ready) {
		j := r.ready[r.handled]
		r.handled++ // first: the goroutine that leads next does not run it again
		if r.l.spells.last(r.now) {
			j.dispatch(admission.Placed)
		} else if r.handle(j) {
			return true
		}
	}
	clear(r.ready)
	clear(r.told)
	r.ready, r.told, r.handled = r.ready[:0], r.told[:0], 0
	return false
}

// handle runs a handler here. lost: another goroutine leads by now, and this one has ended j by
// itself, or has left that to the host.
func (r *reader) handle(j *Job) (lost bool) {
	mine, over := r.turns.lost, false
	turn := r.turns.number()
	j.ctx.turns, j.ctx.turn, j.lost = &r.turns, turn, mine
	defer func() {
		if !over && !j.handed { // a Trace of the host's has ended this goroutine
			j.Leave()
		}
	}()
	r.begin(turn)
	o := j.call()
	if lost = r.turns.end(turn); lost {
		*mine = true
	}
	switch {
	case o == IsDeferred:
		over = true
		r.sendOn(j, lost)
		return lost
	case lost:
		over = true
		j.End(o)
		return true
	}
	r.finish(j, o)
	if j.after != nil {
		r.flush() // what follows the answer follows it
		over = true
		r.l.st.workers.Run(&j.ticket)
		return false
	}
	over = true
	j.Leave()
	if !j.asked {
		r.l.host.Over(j.task)
	}
	return false
}

// begin notes that a turn begins, for the watch to look at. That comes last: from then on another
// goroutine may lead, and the fields of r are its own.
func (r *reader) begin(turn uint64) {
	r.watch.arm(turn, r.now)
	r.turns.begin(turn)
}

// sendOn sends what the host has made of j, if anything, with what else a batch sends on.
func (r *reader) sendOn(j *Job, lost bool) {
	switch {
	case !j.unsent:
	case lost:
		j.forward.Post()
	default:
		r.loop.Forward(j.forward)
	}
}

// finish answers j as o says, in the batch of r. The time is that of the batch: the handler took no
// longer than a tick, or r would have gone on without it.
func (r *reader) finish(j *Job, o Outcome) {
	start := len(r.octets)
	octets, cause, to := j.conclude(o, r.octets, r.now)
	if len(octets) == start {
		return // r.octets are the same, though what they had room for may have been written to
	}
	r.octets = octets
	r.answer(to, j.key, j.task.Wire(), start, wasSent, cause)
}
