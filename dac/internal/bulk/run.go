// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"iter"
	"net/netip"
	"sync"
	"time"
)

// A Run is one loop over many jobs. Make it with New, and call Each once.
type Run[J, P any] struct {
	Config
	host      Host[J, P]
	suspicion time.Duration
	ctx       context.Context // of Peers
	cancel    context.CancelFunc

	mu       sync.Mutex // guards what follows
	queues   map[netip.AddrPort]*queue[J, P]
	latest   *queue[J, P]      // of queues, that of the latest job: one NAS often has many in a row
	live     int               // of queues, those with jobs
	ahead    int               // jobs that may be drawn before they can be sent
	most     int               // in flight
	ready    list[queue[J, P]] // may send
	unasked  list[queue[J, P]] // wait for an asker
	idle     list[queue[J, P]] // answer, and have no job that waits
	suspects list[queue[J, P]]
	granted  list[Task[J, P]] // waited for their turn and have it
	done     list[Task[J, P]] // have ended
	alarms   timerHeap[queue[J, P]]
	again    timerHeap[Task[J, P]]
	timer    *time.Timer
	armed    Instant // when timer fires
	free     []*Task[J, P]
	spare    *Task[J, P]   // for the next job: the puller's, without the lock
	all      []*Task[J, P] // that were made

	waiting      int // jobs in queues and in again
	stuck        int // of those, in queues of suspects
	out          int // begun
	inside       int // drawn, and not done with by the consumer
	withConsumer int // of those, the consumer's
	draws        int
	askers       int
	hung         int // askers that were given up and have not returned

	running                      int  // goroutines
	sending                      bool // the dispatcher is one of them
	drained                      bool // jobs has no more
	panicked                     any  // what jobs panicked with
	stopped                      error
	collected                    bool // everything that was drawn has ended
	puller, dispatcher, consumer sleeper
}

// A sleeper is a goroutine that sleeps while it has nothing to do. asleep is guarded by the lock of
// the Run; who clears it sends the one wake-up, so that none is lost and none is left over.
type sleeper struct {
	asleep bool
	wake   chan struct{} // has room for one
}

// New makes a Run.
func New[J, P any](host Host[J, P], c Config) *Run[J, P] {
	r := &Run[J, P]{
		Config: c, host: host, suspicion: c.Initial + c.Initial/8,
		queues: make(map[netip.AddrPort]*queue[J, P]), ahead: minAhead, most: c.InFlight, armed: never,
	}
	if r.most <= 0 {
		r.most = minInFlight
	}
	turn := func(q *queue[J, P]) *links[queue[J, P]] { return &q.turn }
	kind := func(q *queue[J, P]) *links[queue[J, P]] { return &q.kind }
	r.ready.at, r.unasked.at, r.idle.at, r.suspects.at = turn, turn, kind, kind
	r.granted.at, r.done.at = taskLine[J, P], taskLine[J, P]
	r.alarms.at = func(q *queue[J, P]) Instant { return q.alarm }
	r.alarms.index = func(q *queue[J, P]) *int { return &q.heapIndex }
	r.again.at = func(t *Task[J, P]) Instant { return t.at }
	r.again.index = func(t *Task[J, P]) *int { return &t.heapIndex }
	r.spare = r.newTask()
	for _, s := range []*sleeper{&r.puller, &r.dispatcher, &r.consumer} {
		s.wake = make(chan struct{}, 1)
	}
	return r
}

// taskLine says where the links of a task are: a task is in one list at a time, that of its queue,
// of granted ones or of outcomes.
func taskLine[J, P any](t *Task[J, P]) *links[Task[J, P]] { return &t.line }

// Each draws jobs, sends them and yields each once, in the order in which they end. It returns when
// all are done, when yield returns false, and when ctx is done or Stop was called: then with what
// was drawn, each job once. It waits a second at most for a job that jobs is about to yield, for
// Peers, and for the host to end what was begun. What jobs panics with it panics with, once what
// was drawn has come out.
func (r *Run[J, P]) Each(ctx context.Context, jobs iter.Seq[J], yield func(*J) bool) {
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer context.AfterFunc(ctx, func() { r.Stop(ctx.Err()) })()
	r.running, r.sending = 2, true
	go r.dispatch()
	go r.pull(jobs)
	defer func() { r.finally(context.Canceled) }()
	var batch []*Task[J, P]
	for over := false; !over; {
		batch, over = r.take(ctx, batch[:0])
		for _, t := range batch {
			if !yield(&t.Job) {
				return
			}
		}
	}
	r.finally(context.Canceled)
	if v := r.panicked; v != nil {
		panic(v)
	}
}

// pull is the puller. jobs is the host's and may wait for a database: no lock is held while it
// draws.
func (r *Run[J, P]) pull(jobs iter.Seq[J]) {
	defer func() { // jobs may have panicked, or ended the goroutine
		v := recover()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.panicked = v
		r.drained = true
		r.running--
		r.wake(&r.consumer)
	}()
	for j := range jobs {
		if !r.offer(j) {
			return
		}
	}
}

// offer takes a job that was drawn. It reports false when no more are wanted. A job that was drawn
// comes out, also where the Run was stopped meanwhile; once the Run is collected its consumer takes
// no more.
func (r *Run[J, P]) offer(j J) bool {
	t := r.spare
	t.Job = j
	nas, ok := r.host.Address(&t.Job)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.collected {
		return false
	}
	r.spare = r.newTask()
	r.inside++
	for r.stopped == nil && r.full() && !r.makeRoom(r.host.Now()) {
		r.sleep(&r.puller)
	}
	switch {
	case !ok:
		r.finish(t)
	case r.stopped != nil:
		r.host.Stopped(&t.Job, nas, r.stopped, false)
		r.finish(t)
	default:
		t.q = r.queue(nas)
		r.draws++
		t.q.drawn = r.draws
		r.enqueue(t.q, t, r.host.Now())
	}
	return r.stopped == nil
}

// newTask returns one that is free. It is called with the lock held.
func (r *Run[J, P]) newTask() (t *Task[J, P]) {
	if last := len(r.free) - 1; last >= 0 {
		t, r.free = r.free[last], r.free[:last]
	} else {
		t = new(Task[J, P])
		r.all = append(r.all, t)
	}
	return t
}

// finish gives the outcome of t to the consumer. It is called with the lock held.
func (r *Run[J, P]) finish(t *Task[J, P]) {
	t.state = ended
	r.done.push(t)
	r.wake(&r.consumer)
}

// wake wakes s where it sleeps. It is called with the lock held.
func (r *Run[J, P]) wake(s *sleeper) {
	if s.asleep {
		s.asleep = false
		s.wake <- struct{}{}
	}
}

// sleep lets the caller, which is s, sleep until it is woken. It is called with the lock held,
// which it gives away meanwhile.
func (r *Run[J, P]) sleep(s *sleeper) {
	s.asleep = true
	r.mu.Unlock()
	defer r.mu.Lock()
	<-s.wake
}

// room wakes the puller where there is room.
func (r *Run[J, P]) room() {
	if r.puller.asleep && !r.full() {
		r.wake(&r.puller)
	}
}

// take gives the consumer the outcomes that there are, in place of those of batch, which it is done
// with, and whether there will be no more. It waits for some, and brings the Run to its end where
// it was stopped.
func (r *Run[J, P]) take(ctx context.Context, batch []*Task[J, P]) (_ []*Task[J, P], over bool) {
	if err := ctx.Err(); err != nil {
		r.Stop(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recycle(batch[:r.withConsumer])
	for {
		if r.stopped != nil && !r.collected {
			r.collect()
		}
		for t := r.done.pop(); t != nil; t = r.done.pop() {
			batch = append(batch, t)
		}
		r.withConsumer = len(batch)
		over = r.collected || r.drained && r.inside == r.withConsumer
		if len(batch) > 0 || over {
			break
		}
		r.sleep(&r.consumer)
	}
	if r.ready.first != nil {
		r.wake(&r.dispatcher)
	}
	return batch, over
}

// recycle takes back the tasks that the consumer is done with.
func (r *Run[J, P]) recycle(batch []*Task[J, P]) {
	for i, t := range batch {
		*t = Task[J, P]{}
		r.free = append(r.free, t)
		batch[i] = nil
	}
	r.inside -= len(batch)
	r.withConsumer = 0
	r.room()
}

// Stop ends the Run because of err: nothing is drawn or sent any more.
func (r *Run[J, P]) Stop(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop(err)
}

// stop is Stop with the lock held. The first err stands.
func (r *Run[J, P]) stop(err error) {
	if r.stopped == nil {
		r.stopped = err
		r.wake(&r.puller)
		r.wake(&r.dispatcher)
		r.wake(&r.consumer)
	}
}

// finally ends the Run because of err, where nothing else has ended it, and waits for its
// goroutines.
func (r *Run[J, P]) finally(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop(err)
	if !r.collected {
		r.collect()
	}
}

// collect makes an outcome of everything that was drawn, and waits for the goroutines of the Run,
// for a second at most. It is called by the consumer with the lock held, which it gives away
// meanwhile.
func (r *Run[J, P]) collect() {
	err := r.stopped
	late := false
	timer := time.AfterFunc(grace, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		late = true
		r.wake(&r.consumer)
	})
	defer timer.Stop()
	r.mu.Unlock()
	r.cancel() // Peers
	r.mu.Lock()
	for r.sending && !late {
		r.sleep(&r.consumer)
	}
	if r.out > 0 {
		r.mu.Unlock()
		r.host.CancelAll(err)
		r.mu.Lock()
	}
	for (r.out > 0 || r.running > 0) && !late {
		r.sleep(&r.consumer)
	}
	r.collected = true
	if r.timer != nil {
		r.timer.Stop()
	}
	for _, q := range r.queues {
		for q.tasks.n > 0 {
			t := r.dequeue(q)
			if t.tries == 0 { // else the refusal that it had stands
				r.host.Stopped(&t.Job, q.nas, err, false)
			}
			r.finish(t)
		}
	}
	for _, t := range r.again.all {
		r.finish(t) // with the refusal that it had
	}
	r.again.all = nil
	if r.out > 0 {
		r.abandon(err)
	}
}

// abandon makes outcomes of tasks that were begun and whose end the host has not told in time. What
// it tells later is not heard.
func (r *Run[J, P]) abandon(err error) {
	for _, t := range r.all {
		if t.state != inFlight {
			continue
		}
		t.state = abandoned
		r.granted.remove(t)
		out := &Task[J, P]{Job: r.host.Fresh(&t.Job)}
		r.host.Stopped(&out.Job, t.q.nas, err, true)
		r.finish(out)
	}
	r.out = 0
}
