// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// A lane is the jobs for one NAS. How many of them may be in flight depends on what the NAS does: it begins with as many as may be lost
// without harm, and each answer adds one. The lock of its run guards it.
type lane struct {
	run   *eachRun
	nas   netip.AddrPort
	queue jobQueue
	out   int // in flight, or waiting for their turn
	drawn int // count of draws at the last one for this lane

	active  bool  // has jobs
	listed  bool  // in the ring of those that may send
	after   *lane // in the ring
	waiting int   // of out, those that wait for their turn

	window  int     // may be in flight
	since   instant // of the latest answer, or of the first transmission after there was nothing in flight
	mute    instant // the same, but that nothing in flight may be what was given up
	silent  int     // requests in a row that had no answer
	heard   bool    // it has answered
	doubted instant // since when it holds up others and has never answered; zero: it does not

	state  laneState
	until  instant       // how long it holds
	probed instant       // when the latest probe was sent
	gap    time.Duration // from there to the next

	known   Peer    // what Peers said last
	knownAt instant // when
	asking  bool    // they are being asked, and its jobs wait for the answer
}

// A laneState is what Each thinks of a NAS.
type laneState uint8

const (
	up      laneState = iota
	holding           // Budget requests in a row had no answer: one is sent now and then, the others wait
	down              // holding did not help: one is sent now and then, the others fail
)

// holdFor is how long the jobs of a NAS that fell silent wait while it is probed. One that has answered before is being restarted, as likely as not, and
// one restart must not fail all its jobs; one that never did gets the time of one request.
func (l *lane) holdFor() time.Duration {
	d := l.run.core.retry.Duration
	if l.heard {
		return 4 * d
	}
	return d
}

// nextProbe is when the next one may be sent. While the lane holds, the last ones have their full time before its end.
func (l *lane) nextProbe() instant {
	at := l.probed + l.gap
	if l.state == holding && at > l.until-l.run.core.retry.Duration {
		return l.until
	}
	return at
}

// maxLanes is how many NASes a run remembers without need.
const maxLanes = 1 << 13

// lane returns the lane for nas.
func (r *eachRun) lane(nas netip.AddrPort) *lane {
	if l := r.lanes[nas]; l != nil {
		return l
	}
	if len(r.lanes) >= maxLanes {
		r.forgetLanes()
	}
	l := &lane{run: r, nas: nas, window: r.patience()}
	if r.budget < 0 {
		l.window = r.most
	}
	r.lanes[nas] = l
	return l
}

// forgetLanes makes room among a few random lanes: those without jobs go, and what was learned with them.
func (r *eachRun) forgetLanes() {
	seen := 0
	for nas, l := range r.lanes {
		if !l.active {
			delete(r.lanes, nas)
			r.untrouble(l)
		}
		if seen++; seen == 64 {
			return
		}
	}
}

// enter and settle count the lanes that have jobs.

func (r *eachRun) enter(l *lane) {
	if !l.active {
		l.active = true
		r.active++
		turns := min(turnOfLane*r.active, maxInFlight)
		if r.grows {
			r.most = max(r.most, turns)
		}
		r.ahead = max(r.ahead, min(turns, r.most))
	}
}

func (r *eachRun) settle(l *lane) {
	if l.active && l.queue.n == 0 && l.out == 0 {
		l.active = false
		r.active--
	}
}

// share is how many of all in flight one NAS may have.
func (r *eachRun) share() int {
	most := identifiersOfPort
	if limit := r.core.perNAS.InFlight; limit > 0 {
		most = limit
	}
	return max(1, min(most, r.most/max(r.active, 1)))
}

// patience is how many a NAS may have that does not answer, or has not yet: so few that all of them together leave half of what may be
// in flight to those that do.
func (r *eachRun) patience() int {
	return max(1, min(max(r.budget, 1), r.most/(2*max(r.active, 1)), r.share()))
}

// quiet reports whether the NAS answers nothing any more: something was sent, and everything since has outlasted its first timeout.
func (l *lane) quiet(now instant) bool {
	rt := l.run.core.retry.Initial
	return l.out > l.waiting && now-l.since > rt+rt/8
}

// maySend reports whether a job of the lane may be sent now.
func (l *lane) maySend(now instant) bool {
	r := l.run
	switch {
	case l.queue.n == 0 || l.waiting > 0 || l.asking:
		return false
	case l.state != up:
		return now >= l.nextProbe()
	case r.budget > 0 && l.quiet(now):
		return l.out < max(1, r.patience()-l.silent)
	}
	return l.out < min(l.window, r.share())
}

// refresh lets the lane send if it may.
func (r *eachRun) refresh(l *lane, now instant) {
	switch {
	case l.listed, l.asking:
	case l.maySend(now):
		r.ready.push(l)
		r.wakeSender()
	case l.state != up && l.queue.n > 0:
		r.remindAt(l.nextProbe(), now)
	}
}

// sending is told that a job is being sent.
func (l *lane) sending(now instant) {
	if l.out == 0 {
		l.since = now
		if l.silent == 0 {
			l.mute = now
		}
	}
	l.out++
	if l.state != up {
		retry := &l.run.core.retry
		l.probed, l.gap = now, min(max(2*l.gap, retry.Initial), max(retry.Max/2, retry.Initial))
	}
}

// learn is told what became of a job.
func (l *lane) learn(resp *Response, err error, now instant) {
	r := l.run
	if resp != nil {
		l.heard, l.silent, l.since, l.mute = true, 0, now, now
		l.window = min(l.window+1, r.most)
		if l.state != up {
			l.state = up
			r.untrouble(l)
		}
		return
	}
	silent, ok := err.(*NoAnswerError)
	if !ok || silent.Sent == 0 || silent.Err != nil {
		return
	}
	l.silent++
	if l.state == up && r.budget > 0 && l.silent >= r.budget {
		l.state, l.until, l.window = holding, now+l.holdFor(), r.patience()
		l.gap, l.probed = 0, now
		r.troubled = append(r.troubled, l)
	}
	l.judge(now)
}

// judge gives a lane up that has held long enough.
func (l *lane) judge(now instant) {
	if l.state == holding && now >= l.until {
		l.state, l.probed = down, now
		for l.queue.n > 0 {
			l.run.failUnsent(l)
		}
		l.run.settle(l)
	}
}

func (r *eachRun) untrouble(l *lane) {
	if i := slices.Index(r.troubled, l); i >= 0 {
		r.troubled = slices.Delete(r.troubled, i, i+1)
	}
}

// failing reports whether a further job is to fail at once.
func (l *lane) failing(now instant) bool {
	return l.state == down && (l.queue.n > 0 || now < l.nextProbe())
}

// unsent is the error of a job that fails without being sent, because the NAS is silent.
func (l *lane) unsent(now instant) error {
	held := fmt.Sprintf("since %d requests in a row had no answer, for %v; the NAS is asked again now and then: try later, and look at whether it is up and reached", l.silent, brief(now-l.mute))
	if l.silent == 0 {
		held = fmt.Sprintf("since the NAS has been silent for %v with %d requests in flight, and its jobs held up those of others: try later, and look at whether it is up and reached", brief(now-l.since), l.out)
	}
	return &NoAnswerError{NAS: l.nas, held: held}
}

// failUnsent fails the oldest job that the lane has queued.
func (r *eachRun) failUnsent(l *lane) {
	r.fail(l, l.unsent(r.core.now()))
}

// fail makes an outcome of the oldest job that the lane has queued.
func (r *eachRun) fail(l *lane, err error) {
	j := l.queue.pop()
	r.queued--
	j.resp, j.err = nil, err // of a job that is tried again, the refusal is not the last that is known
	r.finish(j)
}

// shedding is how many jobs at a time shed fails.
const shedding = 64

// shed makes room in a full queue, where the jobs in it are for NASes that are silent and others, which were asked a moment ago, have nothing
// to do: the oldest of the silent NAS with the most jobs fail. It reports whether there is room.
func (r *eachRun) shed() bool {
	now := r.core.now()
	if r.budget < 0 || r.queued < r.ahead || now < r.shedAt {
		return false
	}
	var most *lane
	idle := false
	for _, l := range r.lanes {
		early := l.early(now)
		silent := l.state != up || l.quiet(now) || early && l.doubted != 0 && now-l.doubted >= secondLook
		switch {
		case silent && (most == nil || l.queue.n > most.queue.n):
			most = l
		case !silent && !early && l.queue.n == 0 && r.draws-l.drawn < 4*r.ahead:
			idle = true
		}
	}
	if idle {
		r.doubt(now)
	}
	if most == nil || !idle {
		end := r.core.now()
		r.shedAt = end + 20*(end-now) // it looks at every NAS: at a thousand, for each job, that would be a tenth of all work
		return false
	}
	n := min(most.queue.n, shedding)
	for range n {
		r.failUnsent(most)
	}
	r.settle(most)
	return n > 0
}

// early reports whether the NAS has not answered yet, though others mostly have by then.
func (l *lane) early(now instant) bool {
	return !l.heard && l.out > l.waiting && now-l.since > l.run.core.retry.Initial/4
}

// secondLook is how long a NAS that never answered is doubted before its jobs fail: where answers took long on their way, or this machine stood
// still, the first of them is seen a moment before the others.
const secondLook = 50 * time.Millisecond

// doubt notes since when NASes that have not answered yet have held up others.
func (r *eachRun) doubt(now instant) {
	for _, l := range r.lanes {
		if l.doubted == 0 && l.early(now) {
			l.doubted = now
		}
	}
}
