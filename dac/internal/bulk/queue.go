// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"net/netip"
	"time"
)

// A queue is the jobs for one NAS, and what is known of the NAS. How many of them may be in flight
// depends on what the NAS does: it begins with as many as may be lost without harm, and each answer
// adds one. The lock of its Run guards it.
type queue[J, P any] struct {
	nas      netip.AddrPort
	tasks    list[Task[J, P]] // that wait to be sent
	out      int              // begun
	parked   int              // of out, those that wait for their turn
	dialing  int              // of parked, those that wait for a connection
	retrying int              // wait to be tried again
	drawn    int              // count of draws at the last one for this NAS

	window  int     // may be in flight
	since   Instant // of the latest answer, or of when it was first asked for one
	silent  int     // requests in a row that had no answer
	heard   bool    // it has answered
	suspect bool    // it has been silent for longer than a NAS that gets on

	state   breaker
	until   Instant     // how long jobs wait for an open one
	gaveUp  bool        // that has passed: they fail
	probe   *Task[J, P] // on its way
	probed  Instant     // when the latest probe was sent
	gap     time.Duration
	isLive  bool // has jobs
	peer    P
	peerEnd Instant // how long peer is taken for granted
	ask     *ask    // on its way
	hung    int     // askers that were given up and have not returned

	alarm     Instant            // when refresh looks at it again
	heapIndex int                // in the heap of alarms
	turn      links[queue[J, P]] // among those that may send, or wait for an asker
	kind      links[queue[J, P]] // among the idle ones, or the suspects
}

// A breaker is a state of the circuit breaker of a NAS.
type breaker uint8

const (
	closed   breaker = iota
	open             // Budget requests in a row had no answer: jobs wait for a probe
	halfOpen         // a probe is on its way
)

// An ask is one question to Peers.
type ask struct {
	until  Instant
	cancel context.CancelFunc
}

// pending reports whether the NAS, Peers or a Dial owes an answer. Requests that wait for their
// turn here do not count: that is no silence of the NAS.
func (q *queue[J, P]) pending() bool { return q.out > q.parked || q.dialing > 0 || q.ask != nil }

// settled reports whether no job of q is inside.
func (q *queue[J, P]) settled() bool { return q.tasks.n == 0 && q.out == 0 && q.retrying == 0 }

// startSilence begins the time of silence where nothing was owed before.
func (q *queue[J, P]) startSilence(before bool, now Instant) {
	if !before && q.silent == 0 && q.state == closed {
		q.since = now
	}
}

// queue returns the queue for nas.
func (r *Run[J, P]) queue(nas netip.AddrPort) *queue[J, P] {
	if q := r.latest; q != nil && q.nas == nas {
		return q
	}
	if q := r.queues[nas]; q != nil {
		r.latest = q
		return q
	}
	if len(r.queues) >= maxQueues {
		r.forget()
	}
	q := &queue[J, P]{nas: nas, window: r.patience(), alarm: never}
	q.tasks.at = taskLine[J, P]
	if r.Budget < 0 {
		q.window = r.most
	}
	r.queues[nas], r.latest = q, q
	return q
}

// forget makes room among a few queues that the map gives, which are random ones: those without
// jobs go, and what was learned with them, unless their NAS may be waiting for jobs.
func (r *Run[J, P]) forget() {
	seen := 0
	r.latest = nil
	for nas, q := range r.queues {
		if q.settled() && q.ask == nil && q.hung == 0 && !q.turn.in && (q.suspect || r.draws-q.drawn >= r.recent()) {
			if q.suspect {
				r.suspects.remove(q)
			} else {
				r.idle.remove(q)
			}
			r.alarms.remove(q)
			delete(r.queues, nas)
		}
		if seen++; seen == 64 {
			return
		}
	}
}

// recent is how many draws ago a job for a NAS was drawn that may be waiting for the next.
func (r *Run[J, P]) recent() int { return 2 * r.ahead }

// count counts the NASes that have jobs, and lets the number of jobs that are drawn ahead and in
// flight grow with them. It never shrinks: that would need jobs to be taken back.
func (r *Run[J, P]) count(q *queue[J, P]) {
	if live := !q.settled(); live != q.isLive {
		q.isLive = live
		if !live {
			r.live--
			return
		}
		r.live++
		turns := min(burstOf*r.live, maxInFlight)
		if r.InFlight == 0 {
			r.most = max(r.most, turns)
		}
		r.ahead = max(r.ahead, min(turns, r.most))
	}
}

// share is how many of all in flight one NAS may have.
func (r *Run[J, P]) share() int { return max(1, min(r.OfNAS, r.most/max(r.live, 1))) }

// patience is how many a NAS may have that does not answer, or has not yet: so few that all of them
// together leave half of what may be in flight to those that do.
func (r *Run[J, P]) patience() int {
	return max(1, min(max(r.Budget, 1), r.most/(2*max(r.live, 1)), r.share()))
}

// limit is how many q may have in flight while it is closed. What was lost already counts: after
// all but one of Budget were silent, one more is sent, and no full window.
func (r *Run[J, P]) limit(q *queue[J, P]) int {
	n := min(q.window, r.share())
	if r.Budget < 0 {
		return n
	}
	if q.suspect {
		n = min(n, r.patience()-q.silent)
	}
	if q.silent > 0 {
		n = min(n, r.Budget-q.silent)
	}
	return max(n, 1)
}

// nextProbe is when the next probe may be sent. One that has not its full time before q is given up
// is not sent before that.
func (r *Run[J, P]) nextProbe(q *queue[J, P]) Instant {
	at := q.probed + q.gap
	if !q.gaveUp && at > q.until-r.Span {
		return q.until
	}
	return at
}

// maySend reports whether a job of q may be sent now.
func (r *Run[J, P]) maySend(q *queue[J, P], now Instant) bool {
	if q.tasks.n == 0 || q.parked > 0 || q.ask != nil {
		return false
	}
	switch q.state {
	case closed:
		return q.out < r.limit(q)
	case open:
		return now >= r.nextProbe(q)
	}
	return false
}

// refresh is called after every event at q, and when its alarm rings: it looks at what the time
// says of q, lets it send if it may, and sets the alarm to when the time will say something else.
// It is called with the lock held, and alone decides, so that no event has to know what follows
// from it.
func (r *Run[J, P]) refresh(q *queue[J, P], now Instant) {
	r.count(q)
	r.updateState(q, now)
	r.updateIdle(q)
	if !q.turn.in && r.maySend(q, now) {
		r.ready.push(q)
		r.wake(&r.dispatcher)
	}
	if at := r.nextAlarm(q, now); at < q.alarm {
		q.alarm = at
		r.alarms.set(q)
		r.arm(at, now)
	}
}

// nextAlarm is the next instant at which the time changes something for q. It lies ahead: what has
// come already is no reason to look again.
func (r *Run[J, P]) nextAlarm(q *queue[J, P], now Instant) Instant {
	at := never
	look := func(when Instant) {
		if when > now {
			at = min(at, when)
		}
	}
	if !q.suspect && q.pending() {
		look(q.since + r.suspicion)
	}
	if q.ask != nil {
		look(q.ask.until)
	}
	if q.state == closed || q.tasks.n == 0 {
		return at
	}
	if !q.gaveUp {
		look(q.until)
	}
	if q.state == open {
		look(r.nextProbe(q))
	}
	return at
}

// updateState looks at what the time says of q: an asker that is given up, an open breaker whose
// time has passed and whose jobs fail, a NAS that becomes suspected or is so no more.
func (r *Run[J, P]) updateState(q *queue[J, P], now Instant) {
	if q.ask != nil && now >= q.ask.until {
		r.giveUpAsking(q, now)
	}
	if q.state != closed && !q.gaveUp && now >= q.until && q.ask == nil && (q.probe == nil || q.probe.parked) {
		q.gaveUp, q.probed = true, now
	}
	if q.gaveUp {
		for q.tasks.n > 1 || q.tasks.n > 0 && (q.state != open || now < r.nextProbe(q)) {
			r.failUnsent(q, now, false)
		}
	}
	suspect := q.state != closed || (q.silent > 0 || q.pending()) && now-q.since >= r.suspicion
	if suspect != q.suspect {
		q.suspect = suspect
		if suspect {
			r.stuck += q.tasks.n
			r.idle.remove(q)
			r.suspects.push(q)
			r.wake(&r.puller) // its jobs keep nothing back any more
		} else {
			r.stuck -= q.tasks.n
			r.suspects.remove(q)
		}
	}
}

// updateIdle keeps the list of the NASes that answer and have no job that waits.
func (r *Run[J, P]) updateIdle(q *queue[J, P]) {
	switch {
	case q.suspect:
	case q.tasks.n > 0:
		r.idle.remove(q)
	case !q.kind.in && r.draws-q.drawn < r.recent():
		r.idle.push(q)
		if r.stuck >= r.mostStuck() {
			r.wake(&r.puller) // which may look whether that is for want of room
		}
	}
}

// enqueue puts t into q.
func (r *Run[J, P]) enqueue(q *queue[J, P], t *Task[J, P], now Instant) {
	t.state = queued
	q.tasks.push(t)
	r.waiting++
	if q.suspect {
		r.stuck++
	}
	r.refresh(q, now)
}

// dequeue takes the oldest task out of q.
func (r *Run[J, P]) dequeue(q *queue[J, P]) *Task[J, P] {
	t := q.tasks.pop()
	r.waiting--
	if q.suspect {
		r.stuck--
	}
	r.room()
	return t
}

// failUnsent fails the oldest task of q, which is not sent.
func (r *Run[J, P]) failUnsent(q *queue[J, P], now Instant, crowded bool) {
	t := r.dequeue(q)
	t.Job = r.host.Fresh(&t.Job)
	r.host.Unsent(&t.Job, Unsent{NAS: q.nas, Silent: q.silent, For: now - q.since, InFlight: q.out - q.parked, Crowded: crowded})
	r.finish(t)
}

// mostStuck is how many jobs for NASes that are suspected may wait, beside the others.
func (r *Run[J, P]) mostStuck() int { return 2 * r.ahead }

// full reports whether the puller has to wait: for jobs that can be sent, for those of suspects,
// which must not keep back the others, and for the consumer.
func (r *Run[J, P]) full() bool {
	return r.waiting-r.stuck >= r.ahead || r.stuck >= r.mostStuck() || r.inside-r.stuck >= r.ahead+r.most
}

// makeRoom makes room where jobs for NASes that are suspected fill the queue and another NAS has
// nothing to do: the oldest of the suspect with the most jobs fail. It reports whether there is
// room. Without it a few NASes that are down would stop a campaign for all others, whose jobs stand
// behind theirs in the sequence.
func (r *Run[J, P]) makeRoom(now Instant) bool {
	if r.Budget < 0 || r.stuck < r.mostStuck() || !r.someIdle() {
		return false
	}
	most := r.suspects.first
	for q := most; q != nil; q = q.kind.next {
		if q.tasks.n > most.tasks.n {
			most = q
		}
	}
	for range min(most.tasks.n, failedAtOnce) {
		r.failUnsent(most, now, true)
	}
	r.refresh(most, now)
	return !r.full()
}

// someIdle reports whether a NAS that answers has nothing to do, though jobs for it were drawn a
// moment ago.
func (r *Run[J, P]) someIdle() bool {
	for q := r.idle.first; q != nil; q = r.idle.first {
		if r.draws-q.drawn < r.recent() {
			return true
		}
		r.idle.remove(q)
	}
	return false
}

// begins is told that t is being sent. One that an open breaker lets through is the probe. The gaps
// between probes double, up to half the longest timeout.
func (q *queue[J, P]) begins(t *Task[J, P], now Instant, r *Run[J, P]) {
	before := q.pending()
	t.state = inFlight
	q.out++
	r.out++
	q.startSilence(before, now)
	if q.state == open {
		q.state, q.probe, q.probed = halfOpen, t, now
		q.gap = min(max(2*q.gap, r.Initial), max(r.Max/2, r.Initial))
	}
}

// noteEnd is told how t, a task of q, ended. Any answer closes the breaker, a NAK too: the NAS is
// there.
func (r *Run[J, P]) noteEnd(q *queue[J, P], t *Task[J, P], end End, now Instant) {
	isProbe := q.probe == t
	if isProbe {
		q.probe, q.state = nil, open
	}
	switch end {
	case Answered, Passing:
		q.heard, q.silent, q.since = true, 0, now
		q.window = min(q.window+1, r.most)
		q.state, q.gaveUp, q.probe = closed, false, nil
	case Silent:
		r.missed(q, now)
	}
}

// missed is told that q did not answer once more: a request, Peers or a connection.
func (r *Run[J, P]) missed(q *queue[J, P], now Instant) {
	q.silent++
	if q.state == closed && r.Budget >= 0 && q.silent >= r.Budget {
		r.trip(q, now)
	}
}

// trip opens the breaker of q. A NAS that has answered before is being restarted, as likely as not,
// and one restart must not fail all its jobs; one that never did gets the time of one request. The
// first probe leaves at once, so that it has its full time.
func (r *Run[J, P]) trip(q *queue[J, P], now Instant) {
	hold := r.Span
	if q.heard {
		hold *= 4
	}
	q.state, q.until, q.gaveUp, q.window = open, now+hold, false, r.patience()
	q.gap, q.probed = 0, now
}
