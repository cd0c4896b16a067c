// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"net"
	"time"
)

// A burst is what the sender signs and sends with one look at the run.
type burst struct {
	jobs  [linkBatch + turnOfLane]*eachJob
	lanes [linkBatch + turnOfLane]*lane     // of the jobs, which may be gone when they are sent
	turns [linkBatch + turnOfLane]*exchange // of those that had their turn when they were taken
	n     int
	out   mailer
}

// send is the sender.
func (r *eachRun) send() {
	var b burst
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.stopped == nil {
		now := r.core.now()
		r.remind(now)
		r.gather(&b, now)
		if b.n == 0 {
			r.dozing.sender = true
			r.mu.Unlock()
			<-r.work
			r.mu.Lock()
			continue
		}
		r.mu.Unlock()
		r.sendBurst(&b, now)
		r.mu.Lock()
		for _, l := range b.lanes[:b.n] {
			r.refresh(l, now)
		}
	}
}

// gather takes the next jobs: those that have their turn after a wait, and new ones of the lanes that may send, a turn of each.
func (r *eachRun) gather(b *burst, now instant) {
	b.n = 0
	for j := r.turns.pop(); j != nil; j = r.turns.pop() {
		j.turn = false
		b.add(j, j.x)
		if b.n == linkBatch {
			return
		}
	}
	for b.n < linkBatch && r.out < r.most && len(r.done) < r.ahead {
		l := r.ready.pop()
		if l == nil {
			break
		}
		if !l.knows(now) {
			r.ask(l)
			continue
		}
		for range turnOfLane {
			if r.out >= r.most || !l.maySend(now) {
				break
			}
			j := l.queue.pop()
			r.queued--
			r.out++
			l.sending(now)
			r.fly(j)
			b.add(j, nil)
		}
		if l.maySend(now) {
			r.ready.push(l)
		}
	}
	if !r.full() {
		r.wakePuller()
	}
}

// turnOfLane is how many jobs of one NAS are sent before the next NAS has its turn.
const turnOfLane = linkBatch

func (b *burst) add(j *eachJob, x *exchange) {
	b.jobs[b.n], b.lanes[b.n], b.turns[b.n] = j, j.lane, x
	b.n++
}

// sendBurst signs and sends b, what goes from one port together.
func (r *eachRun) sendBurst(b *burst, now instant) {
	for i, j := range b.jobs[:b.n] {
		x := b.turns[i]
		if x == nil {
			if x = r.start(j, now); x == nil {
				continue
			}
		}
		b.out.add(x)
	}
	b.out.flush()
	clear(b.turns[:b.n])
}

// start begins the exchange of j and returns it if it has its turn. Else whoever gives it the turn, or ends it, calls. Either way j is no longer
// the sender's.
func (r *eachRun) start(j *eachJob, now instant) *exchange {
	x := r.core.newExchange(j.lane.known, j.job.Request, now)
	x.job, j.x = j, x
	x.holds.Store(2)
	hasTurn, err := r.core.enter(j.lane.nas, x)
	if err != nil {
		r.ended(j, err)
		return nil
	}
	if !hasTurn {
		return nil
	}
	return x
}

// waits is told that j waits for its turn, and granted that it has it. The lock of the target is held.

func (j *eachJob) waits() {
	j.run.mu.Lock()
	defer j.run.mu.Unlock()
	j.queued = true
	j.lane.waiting++
}

func (j *eachJob) granted() {
	r := j.run
	r.mu.Lock()
	defer r.mu.Unlock()
	j.lane.waiting--
	j.queued, j.turn = false, true
	r.turns.push(j)
	r.wakeSender()
}

// endJobs is told that all, exchanges of Each, have ended.
func endJobs(all []*exchange) {
	for _, x := range all {
		j := x.job
		if j.resp, j.err = x.result(); j.resp != nil {
			j.err = j.resp.Err()
		}
	}
	for rest := all; len(rest) > 0; {
		rest = rest[rest[0].job.run.endSome(rest):]
	}
	for _, x := range all {
		x.drop()
	}
}

// endSome takes what became of the first of all, those that are of this run, and returns how many they are.
func (r *eachRun) endSome(all []*exchange) int {
	now := r.core.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, x := range all {
		if x.job.run != r {
			return i
		}
		r.end(x.job, now)
	}
	return len(all)
}

// ended takes what became of j without the network.
func (r *eachRun) ended(j *eachJob, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j.err = err
	r.end(j, r.core.now())
}

// end makes an outcome of what became of j, or has it tried again. It is called with the lock held.
func (r *eachRun) end(j *eachJob, now instant) {
	l, resp, err := j.lane, j.resp, j.err
	if j.turn {
		j.turn = false
		r.turns.remove(j)
	}
	r.land(j)
	r.out--
	l.out--
	if j.queued {
		j.queued = false
		l.waiting--
	}
	j.x = nil
	if resp != nil && err != nil && j.tries < r.retries && r.stopped == nil && resp.Cause().Retryable() {
		r.tryAgain(j, now)
	} else {
		r.finish(j)
	}
	l.learn(resp, err, now)
	r.refresh(l, now)
	r.settle(l)
	if r.ready.first != nil {
		r.wakeSender()
	}
	if r.stopped == nil && errors.Is(err, net.ErrClosed) {
		r.halt(net.ErrClosed)
	}
}

// finish hands the outcome of j to the consumer.
func (r *eachRun) finish(j *eachJob) {
	r.done = append(r.done, j)
	r.wakeConsumer()
}

// tryAgain keeps j, which met a cause that passes, for a later attempt: a new request, with an identifier and a timestamp of its own.
func (r *eachRun) tryAgain(j *eachJob, now instant) {
	j.tries++
	j.wait = r.core.retry.timeout(j.wait, r.core.random)
	j.at = now + j.wait
	r.again.push(j)
	r.queued++
	r.remindAt(j.at, now)
}

// remindAt has the sender look at the instant at, at the latest, at what waits for its time.
func (r *eachRun) remindAt(at, now instant) {
	if at >= r.alarm || r.stopped != nil {
		return
	}
	r.alarm = at
	if r.timer == nil {
		r.timer = time.AfterFunc(max(at-now, 0), r.ring)
	} else {
		r.timer.Reset(max(at-now, 0))
	}
}

func (r *eachRun) ring() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wakeSender()
}

// remind queues what is to be tried again now, and lets the lanes of silent NASes probe.
func (r *eachRun) remind(now instant) {
	if now < r.alarm {
		return
	}
	r.alarm = never
	for j := r.again.due(now); j != nil; j = r.again.due(now) {
		r.enter(j.lane)
		j.lane.queue.push(j)
		r.refresh(j.lane, now)
	}
	if len(r.again) > 0 {
		r.remindAt(r.again[0].at, now)
	}
	for _, l := range r.troubled {
		l.judge(now)
		r.refresh(l, now)
	}
}
