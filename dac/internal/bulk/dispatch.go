// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// A burst is what the dispatcher sends with one look at the Run. It is taken with the lock held and
// sent without: the peers are copies, since an asker may write that of a queue meanwhile.
type burst[J, P any] struct {
	tasks  [2 * burstOf]*Task[J, P]
	queues [2 * burstOf]*queue[J, P] // of tasks
	peers  [2 * burstOf]P
	n      int
	turns  int   // the first of them, which have their turn
	send   []any // what was begun of those that have it
}

func (b *burst[J, P]) add(t *Task[J, P]) {
	b.tasks[b.n], b.queues[b.n], b.peers[b.n] = t, t.q, t.q.peer
	b.n++
}

// dispatch is the dispatcher. It holds the lock but while it sleeps and sends. What a burst took
// goes back where the Run was stopped before it was begun, and every queue of it is looked at once
// more: while it was out nothing else of it could be sent.
func (r *Run[J, P]) dispatch() {
	var b burst[J, P]
	r.mu.Lock()
	defer func() {
		r.stop(r.SendBroken) // where nothing else has
		r.sending = false
		r.running--
		r.wake(&r.consumer)
		r.mu.Unlock()
	}()
	for r.stopped == nil {
		now := r.host.Now()
		r.tick(now)
		if r.gather(&b, now); b.n == 0 {
			r.sleep(&r.dispatcher)
			continue
		}
		sent := r.sendBurst(&b)
		for _, t := range b.tasks[sent:b.n] {
			r.takeBack(t)
		}
		clear(b.tasks[:b.n])
		now = r.host.Now()
		for _, q := range b.queues[:b.n] {
			r.refresh(q, now)
		}
	}
}

// tick does what is due: alarms, and jobs to be tried again. The dispatcher calls it at each turn,
// so no event waits for the timer.
func (r *Run[J, P]) tick(now Instant) {
	for q := r.alarms.due(now); q != nil; q = r.alarms.due(now) {
		q.alarm = never
		r.refresh(q, now)
	}
	for t := r.again.due(now); t != nil; t = r.again.due(now) {
		t.q.retrying--
		r.waiting--
		r.enqueue(t.q, t, now)
	}
	r.arm(min(r.alarms.first(), r.again.first()), now)
}

// arm sees to it that the dispatcher looks at the time at the instant at, which lies ahead.
func (r *Run[J, P]) arm(at, now Instant) {
	if at >= r.armed || r.stopped != nil {
		return
	}
	r.armed = at
	if r.timer == nil {
		r.timer = time.AfterFunc(at-now, r.wakeOnTime)
	} else {
		r.timer.Reset(at - now)
	}
}

// wakeOnTime is what the timer calls.
func (r *Run[J, P]) wakeOnTime() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed = never // the dispatcher sets it again
	r.wake(&r.dispatcher)
}

// gather takes the next tasks: those that have their turn after a wait, and new ones of the NASes
// that may send, a turn of each. A NAS with more goes to the end of ready, so that one with many
// jobs does not keep back the others. Where the consumer takes nothing (done is full) nothing is
// begun: its outcomes would have to be kept.
func (r *Run[J, P]) gather(b *burst[J, P], now Instant) {
	b.n, b.send = 0, b.send[:0]
	for b.n < burstOf {
		t := r.granted.pop()
		if t == nil {
			break
		}
		b.add(t)
		b.send = append(b.send, t.begun)
		t.begun = nil
	}
	b.turns = b.n
	for b.n < burstOf && r.out < r.most && r.done.n < r.ahead {
		q := r.ready.pop()
		if q == nil {
			break
		}
		if !r.maySend(q, now) {
			continue
		}
		if now >= q.peerEnd {
			r.askFor(q, now)
			continue
		}
		for range burstOf {
			if r.out >= r.most || !r.maySend(q, now) {
				break
			}
			t := r.dequeue(q)
			q.begins(t, now, r)
			b.add(t)
		}
		if r.maySend(q, now) {
			r.ready.push(q)
		}
	}
}

// sendBurst begins and sends b without the lock, which it takes again. It returns how many of b are
// the host's: the others were not begun, since the Run has been stopped meanwhile. A Begin or Send
// that ends the goroutine leaves the lock held, for the deferred function of dispatch.
func (r *Run[J, P]) sendBurst(b *burst[J, P]) (sent int) {
	r.mu.Unlock()
	defer r.mu.Lock()
	for sent = b.turns; sent < b.n && r.ctx.Err() == nil; sent++ {
		if begun, granted := r.host.Begin(b.tasks[sent], b.queues[sent].nas, &b.peers[sent]); granted {
			b.send = append(b.send, begun)
		}
	}
	if len(b.send) > 0 {
		r.host.Send(b.send)
	}
	clear(b.peers[:b.n])
	clear(b.send)
	return sent
}

// takeBack puts t, which was to be begun and was not, where a stopped Run finds it.
func (r *Run[J, P]) takeBack(t *Task[J, P]) {
	q := t.q
	r.out--
	q.out--
	if q.probe == t {
		q.probe, q.state = nil, open
	}
	t.state = queued
	q.tasks.push(t)
	r.waiting++
	if q.suspect {
		r.stuck++
	}
}

// Queued is told that t, which was begun, waits for its turn; dialing: for a connection that is
// being opened. A lock of the host may be held.
func (r *Run[J, P]) Queued(t *Task[J, P], dialing bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.state != inFlight || t.parked && t.dials == dialing {
		return
	}
	now, q := r.host.Now(), t.q
	r.unpark(t)
	before := q.out-1 > q.parked || q.dialing > 0 || q.ask != nil // by others
	t.parked, t.dials = true, dialing
	q.parked++
	if dialing {
		q.dialing++
		q.startSilence(before, now)
	}
	r.refresh(q, now)
}

// Granted is told that t, which was Queued, has its turn: begun, what Begin began for it, comes
// with the next Send. A lock of the host may be held.
func (r *Run[J, P]) Granted(t *Task[J, P], begun any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.state != inFlight {
		return
	}
	q := t.q
	// Where the connection has come, the NAS has its time from now on.
	before := q.out > q.parked && !t.dials
	r.unpark(t)
	q.startSilence(before, r.host.Now())
	t.begun = begun
	r.granted.push(t)
	r.wake(&r.dispatcher)
}

// unpark is told that t does not wait for its turn any more.
func (r *Run[J, P]) unpark(t *Task[J, P]) {
	if t.parked {
		t.q.parked--
		if t.dials {
			t.q.dialing--
		}
		t.parked, t.dials = false, false
	}
}

// Ended is told that all, tasks of this Run, have ended: end notes in the job of each what became
// of it, and says how it ended. It is called with the lock held. No lock of the host is.
func (r *Run[J, P]) Ended(all []*Task[J, P], end func(i int) End) {
	now := r.host.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, t := range all {
		if t.state == inFlight {
			r.end(t, end(i), now)
		}
	}
	if r.stopped != nil && r.out == 0 {
		r.wake(&r.consumer)
	}
	if r.ready.first != nil {
		r.wake(&r.dispatcher)
	}
}

// end makes an outcome of what became of t, or has it tried again. It is called with the lock held.
func (r *Run[J, P]) end(t *Task[J, P], end End, now Instant) {
	q := t.q
	r.unpark(t)
	r.granted.remove(t)
	r.out--
	q.out--
	t.begun = nil
	r.noteEnd(q, t, end, now)
	if end == Passing && t.tries < r.Retries && r.stopped == nil {
		t.state = later
		t.tries++
		t.wait = max(r.Wait(t.wait), 1)
		t.at = now + t.wait
		q.retrying++
		r.waiting++
		r.again.set(t)
		r.arm(t.at, now)
	} else {
		r.finish(t)
	}
	r.refresh(q, now)
}

// askFor asks Peers for the NAS of q, which may take long: other NASes go on. Askers that were
// given up and have not returned are bounded too: beyond, a job fails without asking, since each
// would cost one more goroutine that hangs.
func (r *Run[J, P]) askFor(q *queue[J, P], now Instant) {
	switch {
	case r.hung >= mostHung:
		r.failAll(q, r.AskExpired)
		r.refresh(q, now)
		return
	case r.askers >= mostAskers:
		r.unasked.push(q)
		return
	}
	ctx, cancel := context.WithTimeout(r.ctx, r.Ask)
	a := &ask{until: now + r.Ask, cancel: cancel}
	before := q.pending()
	q.ask = a
	q.startSilence(before, now)
	r.askers++
	r.running++
	go r.asker(ctx, q, a)
	r.refresh(q, now)
}

// asker is the goroutine that asks. Peers are the host's: they may panic, or end it.
func (r *Run[J, P]) asker(ctx context.Context, q *queue[J, P], a *ask) {
	var p P
	err := r.AskBroken
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: panic: %v\n%s", r.AskBroken, v, debug.Stack())
		}
		a.cancel()
		r.asked(q, a, p, err)
	}()
	p, err = r.host.Peer(ctx, q.nas)
}

// asked takes the answer of Peers. An error is that of all jobs that wait for it.
func (r *Run[J, P]) asked(q *queue[J, P], a *ask, p P, err error) {
	now := r.host.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
	switch {
	case r.stopped != nil || r.ctx.Err() != nil: // the jobs come out with the reason of that
		r.wake(&r.consumer)
		return
	case q.ask != a:
		r.hung--
		q.hung--
		return
	}
	r.askers--
	q.ask = nil
	if err != nil {
		r.failAll(q, err)
	} else {
		q.peer, q.peerEnd = p, now+peerAge
		q.until += now - (a.until - r.Ask) // no probe could be sent meanwhile
	}
	if q.out == q.parked && q.silent == 0 {
		q.since = now
	}
	r.refresh(q, now)
	r.askNext(now)
}

// giveUpAsking leaves an asker behind. Where it returns after all, what it says is not heard. Peers
// that hang count as a NAS that is silent.
func (r *Run[J, P]) giveUpAsking(q *queue[J, P], now Instant) {
	q.ask = nil
	r.askers--
	r.hung++
	q.hung++
	r.failAll(q, r.AskExpired)
	r.missed(q, now)
	r.askNext(now)
}

// askNext lets the next NAS that waits for an asker have one.
func (r *Run[J, P]) askNext(now Instant) {
	if q := r.unasked.pop(); q != nil {
		r.refresh(q, now)
	}
}

// failAll fails all tasks of q that are not sent, because of err. It is called with the lock held.
func (r *Run[J, P]) failAll(q *queue[J, P], err error) {
	for q.tasks.n > 0 {
		t := r.dequeue(q)
		r.host.Failed(&t.Job, q.nas, err)
		r.finish(t)
	}
}
