// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"iter"
	"net/netip"
	"sync"
	"time"
)

// How many jobs Each draws before they can be sent, and how many it has in flight where InFlight does not say another number. Of more than 128
// NASes it is a turn of each, up to a bound: what goes to one NAS, and comes from it, is cheaper together.
const (
	minAhead    = 4096
	minInFlight = 4096
	maxInFlight = 1 << 16
)

// An eachJob is a Job on its way through Each: drawn, queued in the lane of its NAS, sent, done. It is pooled.
type eachJob struct {
	job    Job
	run    *eachRun
	lane   *lane
	x      *exchange
	tries  int           // of a retryable cause
	wait   time.Duration // before the last of them
	at     instant       // when it is to be tried again
	queued bool          // waits for its turn
	turn   bool          // in turns
	resp   *Response
	err    error

	behind      *eachJob // in the queue of its lane, or in turns
	prev, after *eachJob // in flight
}

var eachJobs = sync.Pool{New: func() any { return new(eachJob) }}

func (j *eachJob) outcome() Outcome { return Outcome{Job: j.job, Response: j.resp, Err: j.err} }

func (j *eachJob) recycle() {
	*j = eachJob{}
	eachJobs.Put(j)
}

// An eachRun is one loop over Each. Five parties work on it: the puller draws jobs, the sender sends them once somebody has asked Peers for their NAS,
// whoever reads a port or watches its time ends them, and the consumer takes the outcomes. Puller, sender and consumer each sleep on a channel of
// their own when they have nothing to do, and are woken once.
type eachRun struct {
	client  *Client
	core    *clientCore
	ctx     context.Context // of Peers
	cancel  context.CancelFunc
	ahead   int  // may be drawn before they can be sent
	most    int  // in flight
	grows   bool // most grows with NASes: nobody has set it
	budget  int  // negative: none
	retries int  // of a retryable cause

	room, work, have chan struct{}  // wake the puller, the sender, the consumer
	sender           sync.WaitGroup // and those who ask Peers
	pulled           chan struct{}  // closed when the puller is done

	mu        sync.Mutex // guards what follows; it may be taken with the lock of a target held, never the other way round
	lanes     map[netip.AddrPort]*lane
	active    int // lanes with jobs
	ready     laneRing
	unasked   laneRing // those that Peers are to be asked for, once they have answered for others
	asking    int      // lanes that they are being asked for
	turns     jobQueue // jobs that waited for their turn and have it
	flying    *eachJob
	again     retries
	troubled  []*lane
	timer     *time.Timer
	alarm     instant
	done      []*eachJob
	spare     []*eachJob
	queued    int // jobs in lanes and in again
	out       int // jobs in flight, or waiting for their turn
	inside    int // jobs drawn whose outcome the consumer has not done with
	inHand    int // those of them that the consumer has
	draws     int
	shedAt    instant // when shed looks again
	drained   bool    // jobs has no more
	stopped   error   // why nothing is drawn or sent any more
	collected bool    // all that was drawn is done
	dozing    struct{ puller, sender, consumer bool }
}

func newEachRun(ctx context.Context, c *Client) *eachRun {
	r := &eachRun{
		client: c, core: c.core(), most: c.InFlight, budget: c.Budget, retries: c.RetryCauses,
		room: make(chan struct{}, 1), work: make(chan struct{}, 1), have: make(chan struct{}, 1), pulled: make(chan struct{}),
		lanes: make(map[netip.AddrPort]*lane), alarm: never,
	}
	if r.most <= 0 {
		r.most, r.grows = minInFlight, true
	}
	if r.budget == 0 {
		r.budget = 16
	}
	r.ahead = minAhead
	r.ctx, r.cancel = context.WithCancel(ctx)
	return r
}

// begin starts the puller and the sender.
func (r *eachRun) begin(jobs iter.Seq[Job]) {
	r.sender.Go(r.send)
	go func() {
		defer close(r.pulled)
		for j := range jobs {
			if !r.offer(j) {
				return
			}
		}
		r.mu.Lock()
		r.drained = true
		r.wakeConsumer()
		r.mu.Unlock()
	}()
}

// The wakers are called with the lock held.

func (r *eachRun) wakePuller() {
	if r.dozing.puller {
		r.dozing.puller = false
		r.room <- struct{}{}
	}
}

func (r *eachRun) wakeSender() {
	if r.dozing.sender {
		r.dozing.sender = false
		r.work <- struct{}{}
	}
}

func (r *eachRun) wakeConsumer() {
	if r.dozing.consumer {
		r.dozing.consumer = false
		r.have <- struct{}{}
	}
}

// full reports whether the puller has to wait.
func (r *eachRun) full() bool {
	return r.queued >= r.ahead || r.inside >= r.ahead+r.most
}

// offer takes a job that was drawn. It reports false when no more are wanted.
func (r *eachRun) offer(job Job) bool {
	j := eachJobs.Get().(*eachJob)
	j.job, j.run = job, r
	nas, err := job.NAS, job.Err
	if err == nil {
		nas, err = r.client.address(nas)
	}
	if err == nil {
		err = canSend(job.Request)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inside++
	for r.stopped == nil && r.full() {
		if !r.shed() {
			r.awaitRoom()
		}
	}
	switch {
	case err != nil:
		j.err = err
		r.finish(j)
	case r.stopped != nil:
		j.err = &NoAnswerError{NAS: nas, Err: r.stopped}
		r.finish(j)
	default:
		r.enqueue(j, nas)
	}
	return r.stopped == nil
}

// awaitRoom lets the puller sleep until there is room, and look anew now and then: a NAS goes silent without any event.
func (r *eachRun) awaitRoom() {
	r.dozing.puller = true
	doze := 50 * time.Millisecond
	if early := r.shedAt - r.core.now(); early > 0 {
		doze = min(doze, early)
	}
	r.mu.Unlock()
	look := time.NewTimer(doze)
	select {
	case <-r.room:
	case <-look.C:
	}
	look.Stop()
	r.mu.Lock()
	if r.dozing.puller = false; len(r.room) > 0 {
		<-r.room
	}
}

// enqueue puts j into the lane of its NAS.
func (r *eachRun) enqueue(j *eachJob, nas netip.AddrPort) {
	l := r.lane(nas)
	j.lane = l
	r.draws++
	l.drawn = r.draws
	now := r.core.now()
	if l.failing(now) {
		j.err = l.unsent(now)
		r.finish(j)
		return
	}
	r.enter(l)
	l.queue.push(j)
	r.queued++
	r.refresh(l, now)
}

// take gives the consumer the outcomes that there are, and whether there will be no more. It waits for some, and brings the run to its end
// when ctx is done or the client is closed.
func (r *eachRun) take(ctx context.Context) (done []*eachJob, over bool) {
	for {
		if err := ctx.Err(); err != nil {
			r.stop(err)
		}
		done, over, halted := r.taken()
		switch {
		case len(done) > 0 || over:
			return done, over
		case halted:
			r.stop(nil)
			continue
		}
		select {
		case <-r.have:
		case <-ctx.Done():
		}
	}
}

func (r *eachRun) taken() (done []*eachJob, over, halted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	done = r.done
	r.done, r.spare = r.spare[:0], done
	r.inside -= r.inHand
	r.inHand = len(done)
	over = r.drained && r.inside == r.inHand || r.collected
	halted = r.stopped != nil
	r.dozing.consumer = len(done) == 0 && !over && !halted
	if !r.full() {
		r.wakePuller()
	}
	if r.ready.first != nil {
		r.wakeSender()
	}
	return done, over, halted
}

// halt stops drawing and sending because of err. It is called with the lock held.
func (r *eachRun) halt(err error) {
	if r.stopped == nil {
		r.stopped = err
		r.wakePuller()
		r.wakeSender()
		r.wakeConsumer()
	}
}

// stop halts the run, because of err if it was not halted yet, and makes an outcome of everything that was drawn, without waiting for the
// network.
func (r *eachRun) stop(err error) {
	r.mu.Lock()
	r.halt(err)
	err, collected := r.stopped, r.collected
	r.mu.Unlock()
	if collected {
		return
	}
	r.cancel()
	r.sender.Wait()
	for _, x := range r.holdFlying() {
		if x.to.cancel(x, err) {
			r.ended(x.job, x.err)
		}
		x.drop()
	}
	r.awaitLanding()
	r.awaitPuller()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lanes {
		for j := l.queue.pop(); j != nil; j = l.queue.pop() {
			j.err = &NoAnswerError{NAS: l.nas, Err: err}
			r.finish(j)
		}
	}
	for _, j := range r.again {
		r.finish(j) // with the refusal that it had
	}
	r.again, r.queued, r.collected = nil, 0, true
	if r.timer != nil {
		r.timer.Stop()
	}
}

// holdFlying returns what is in flight, held so that none of it is recycled: each is to be dropped.
func (r *eachRun) holdFlying() (flying []*exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for j := r.flying; j != nil; j = j.after {
		j.x.holds.Add(1)
		flying = append(flying, j.x)
	}
	return flying
}

// awaitLanding waits for what somebody else was ending when it was to be cancelled.
func (r *eachRun) awaitLanding() {
	for {
		r.mu.Lock()
		out := r.out
		r.dozing.consumer = out > 0
		r.mu.Unlock()
		if out == 0 {
			return
		}
		<-r.have
	}
}

// pullerGrace is how long jobs may take over its next one when no more are wanted.
const pullerGrace = time.Second

// awaitPuller waits until the puller is done. One that jobs keeps waiting is left behind, to end with the next job: Each could wait for it for
// ever.
func (r *eachRun) awaitPuller() {
	grace := time.NewTimer(pullerGrace)
	defer grace.Stop()
	select {
	case <-r.pulled:
	case <-grace.C:
	}
}

// fly and land keep the list of what is in flight.

func (r *eachRun) fly(j *eachJob) {
	j.after = r.flying
	if r.flying != nil {
		r.flying.prev = j
	}
	r.flying = j
}

func (r *eachRun) land(j *eachJob) {
	if j.prev == nil {
		r.flying = j.after
	} else {
		j.prev.after = j.after
	}
	if j.after != nil {
		j.after.prev = j.prev
	}
	j.prev, j.after = nil, nil
}
