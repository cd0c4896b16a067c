// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"sync"
	"time"
)

// What a host does with a job while its handler waits, and what it needs of one that it ends
// itself: that of a proxy, which waits for its next hop.
//
// A handler that blocks calls Yield, or Await and Resume, and goes on in its goroutine. A host that
// has no goroutine wait returns IsDeferred from Task.Handle, having called Later and GiveAway, and
// Unsent where there is something to send with the batch. The job is then its own: it calls Finish
// for each of several, SendAnswers once for each listener, and then Leave for each, so that a
// listener that drains waits until the answers are out; or End for one.

// Context is that of the handler.
func (j *Job) Context() *Context { return j.ctx }

// ListenerContext ends when the listener has drained.
func (j *Job) ListenerContext() context.Context { return j.l.ctx }

// Host is the host of the engine.
func (j *Job) Host() Host { return j.l.host }

// Reliable reports whether the sender does not send again.
func (j *Job) Reliable() bool { return j.l.reliable() }

// ByWorker reports whether a worker runs the handler, and not the read loop.
func (j *Job) ByWorker() bool { return j.ctx.turns == nil }

// SameListener reports whether j and k came to one listener.
func (j *Job) SameListener(k *Job) bool { return j.l == k.l }

// Yield gives the place of j back until resume is called.
func (j *Job) Yield() (resume func()) {
	if !j.Await() {
		return func() {}
	}
	return sync.OnceFunc(j.Resume)
}

// Await gives the place of j back until Resume; false: it has none. The read loop that runs the
// handler, if one does, is led by another goroutine from then on.
func (j *Job) Await() bool {
	st := j.l.st
	next, ok := st.places.Yield(&j.ticket, false)
	if !ok {
		return false
	}
	if j.ctx.turns == nil {
		j.l.spells.yielded()
	} else if j.ctx.turns.handOff(j.ctx.turn) && j.ctx.turns.often(j.ctx.turn) {
		// Where more than a few wait, a proxy's say, which all wait for a next hop, workers run
		// them: that costs one switch of goroutines, and this one more.
		j.l.spells.begin(time.Now())
	}
	if next != nil {
		st.workers.Run(next)
	}
	return true
}

// Resume takes a place for j again, and waits for it.
func (j *Job) Resume() { j.l.st.places.Resume(&j.ticket) }

// SentOnce reports whether Sends was called for one Sent, and for no other, while a connection
// waits for j.
func (j *Job) SentOnce() bool { return j.wait != nil && j.l.st.waits.sentOnce(j.wait) }

// Later says whether the job was sent on and is ended by End or Finish, by who ends that.
func (j *Job) Later(is bool) { j.later = is }

// Sends stops x, by which j was sent on, while no connection waits for j, and does nothing where j
// came as a datagram.
func (j *Job) Sends(x Sent) {
	if j.wait != nil {
		j.l.st.waits.sends(j.wait, x)
	}
}

// Unsent has o sent on once Handle has returned IsDeferred.
func (j *Job) Unsent(o Forward) { j.forward, j.unsent = o, true }

// GiveAway gives the place of j back. From then on the listener gives o, if there is one, up when
// it has drained.
func (j *Job) GiveAway(o Forward) {
	if o != nil {
		j.forward = o
	}
	next, _ := j.l.st.places.Yield(&j.ticket, o != nil)
	if next != nil {
		j.l.st.workers.Run(next)
	}
	if err := j.l.ctx.Err(); err != nil && o != nil { // it has drained a moment ago
		o.GiveUp(err)
	}
}

// Go runs f, which ends a job, in a goroutine that Serve waits for.
func (j *Job) Go(f func()) { j.l.st.workers.Spawn(f) }

// Finish answers j as o says, at the next SendAnswers of its listener.
func (j *Job) Finish(o Outcome) { j.finish(o) }

// SendAnswers sends what Finish has kept of the jobs of the listener of j.
func (j *Job) SendAnswers() { j.l.coalescer.Send() }
