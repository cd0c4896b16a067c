// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// unansweredRest is how long an identifier rests whose request had no answer. The NAS may have it
// still, or its answer may be on its way: with the next request of that identifier either would be
// taken for a duplicate. RFC 5080, section 2.2.2, has duplicates remembered for up to 30 s.
const unansweredRest = 30 * time.Second

// An Exchange is one request on its way: the octets that were signed once, the conn and the
// identifier that it keeps, and what was seen of an answer. Exchanges are pooled, since no user
// holds one; one that another goroutine may still read when it ends is left to the collector.
//
// A goroutine that uses one without the lock has a hold on it (holds), which it got from one that
// had a hold.
type Exchange struct {
	body     Body
	peer     Peer
	code     radius.Code
	authOnly bool
	began    instant       // when the call was made
	span     time.Duration // for it; zero: what Retry says
	to       *destination
	key      *authn.Key // of the secret of peer

	// Written before live is set, and read by others only after; again by signAgain, where nothing
	// of it has left and live is false meanwhile.
	wire []byte // the octets, the same at every transmission
	live atomic.Bool

	written atomic.Bool // the first transmission is out

	holds          atomic.Int32 // goroutines that use it: it is recycled at zero
	inFlightBefore int          // on its conn, when it got its turn: for post

	// What follows is guarded by to.mu, until the exchange has ended: then it belongs to the
	// goroutine that began it.
	stage stage
	conn  *conn
	id    uint32
	sent  int
	first instant // transmission
	last  instant // transmission
	rt    time.Duration
	// Transmission, or the end; of one that has ended: when its identifier is free.
	next       instant
	deadline   instant
	readers    int  // replies that are being checked against wire, without the lock
	writing    bool // a transmission is under way, and the identifier waits for it to be out
	unwritten  bool // the writer has not come to it yet, or it could not be sent
	wireShared bool // another goroutine may read wire for longer than the exchange lasts
	handedOff  bool // the writer has it: from then on conn may become another one
	resent     bool // it was sent again, since its connection had ended
	quiet      bool // nothing of it is sent: see Quiet
	discards   *discards
	ahead      *Exchange // in the queue
	behind     *Exchange

	answer  []byte // its octets, verified and cut
	rtt     time.Duration
	failure Failure

	pool  *sync.Pool  // where it goes back to
	wake  chan wakeUp // of a blocking call; has room for one
	owner Owner       // is told of its turn and its end; nil for a blocking call
	tag   any         // the owner's own
	label any         // the caller's own Tag

	completion Completion // is told of the end; nil: a goroutine waits for it
}

// A stage is where an exchange stands. It goes down this list, and back from displaced to granted.
type stage uint8

const (
	stageNew       stage = iota
	stageQueued          // waits for its turn
	stageGranted         // has a conn and an identifier
	stageDisplaced       // was handed to a connection that has ended, and waits for another one
	stageEnded
)

// A wakeUp is what a blocking call is woken for. One that has had its turn may end before the call
// has seen that: then wakeEnded takes the first one out, so that one alone is ever on its way and
// none is left in an exchange that goes back to the pool.
type wakeUp bool

const (
	turnWake wakeUp = false // sent with the lock held
	endWake  wakeUp = true  // sent without, the last one
)

// A Call is what an Exchange is made of.
type Call struct {
	Body          Body
	Code          packet.Code
	AuthorizeOnly bool
	Span          time.Duration // for it; zero: what Retry says
	Label         any           // the caller's own
	Owner         Owner         // is told of its turn and its end; nil: a call that waits
	Tag           any           // the Owner's own
	Completion    Completion    // is told of its end; nil: none
}

// Make begins an exchange with peer, on which the caller has one hold. Exchanges are pooled in the
// engine and not for all clients: a channel that was made in a synctest bubble must not leave it.
func (engine *Engine) Make(peer *Peer, c *Call) *Exchange {
	x, _ := engine.exchanges.Get().(*Exchange)
	if x == nil {
		x = &Exchange{pool: &engine.exchanges, wake: make(chan wakeUp, 1)}
	}
	x.body, x.peer, x.began = c.Body, *peer, engine.Now()
	x.holds.Store(1)
	x.code, x.authOnly, x.span, x.label = c.Code, c.AuthorizeOnly, c.Span, c.Label
	x.owner, x.tag, x.completion = c.Owner, c.Tag, c.Completion
	return x
}

// Drop takes one hold off x, which is recycled when that was the last one. An exchange that another
// goroutine may still read is left to the collector: a reader of answers, or a Write of the host's.
func (x *Exchange) Drop() {
	if x.holds.Add(-1) == 0 && !x.wireShared {
		*x = Exchange{pool: x.pool, wire: x.wire[:0], wake: x.wake}
		x.pool.Put(x)
	}
}

// Await takes x, which has its turn or waits for it, through to its end. The goroutine of the call
// runs it, and signs and sends by itself.
func (x *Exchange) Await(ctx context.Context, granted bool) {
	done := ctx.Done()
	if !granted {
		over, err := x.turn(ctx)
		if over { // there is no socket to send from
			return
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil && x.isQuiet() {
			err = ErrUnwanted
		}
		if err != nil {
			x.cancelOrWait(err)
			return
		}
	}
	if x.sign() {
		x.conn.post(x)
	}
	if done == nil {
		<-x.wake
		return
	}
	select {
	case <-x.wake:
	case <-done:
		x.cancelOrWait(ctx.Err())
	}
}

// cancelOrWait ends x because of err. Where it has ended already it waits to be told: it is not the
// call's before.
func (x *Exchange) cancelOrWait(err error) {
	if x.to.cancel(x, err) {
		return
	}
	for <-x.wake != endWake { // it may have had its turn first
	}
}

// turn waits until x has its turn or has ended (over), or until it has waited for too long, and
// why. A ctx without a deadline of its own is bounded by span alone, since no timer of a conn runs
// yet.
func (x *Exchange) turn(ctx context.Context) (over bool, err error) {
	var late <-chan time.Time
	if x.span > 0 {
		timer := time.NewTimer(x.began + x.span - x.to.engine.Now())
		defer timer.Stop()
		late = timer.C
	}
	select {
	case why := <-x.wake:
		return why == endWake, nil
	case <-ctx.Done():
		return false, ctx.Err()
	case <-late:
		return false, context.DeadlineExceeded
	}
}

// until is when x, which is sent now, is given up. It is called with the lock held, as x gets its
// turn: what it has waited in the queue counts for span alone.
func (x *Exchange) until(now instant) instant {
	end := now + x.to.engine.Retry.Duration
	if x.span > 0 {
		end = min(end, x.began+x.span)
	}
	return end
}

// sign makes the octets of x, which has a conn and an identifier, and from then on takes answers to
// them. It reports false when x ended instead. It is called without the lock: a Body and Trace are
// the host's, and MD5 is slow. x may end meanwhile, with its conn or with the Client; then it is
// signed and sent for nothing, which does no harm.
func (x *Exchange) sign() bool {
	now := time.Now()
	if !x.build(now) {
		return false
	}
	if !x.conn.tokens() {
		authn.SignRequest(x.wire, x.key.Secret)
	}
	x.signed(now)
	return true
}

// build is the first half of sign: octets that are not signed yet. signed is the end of it; between
// the two a Batch signs many at once.
func (x *Exchange) build(now time.Time) bool {
	f := Form{ID: x.id, Secret: x.key.Secret, Tokens: x.conn.tokens(), MessageAuthenticator: !x.peer.OmitMessageAuthenticator, HideUserPassword: x.peer.HideUserPassword}
	if !x.peer.OmitEventTimestamp {
		f.EventTimestamp = now
	}
	wire, err := x.body.AppendTo(x.wire[:0], f)
	if err != nil {
		x.to.fail(x, err)
		return false
	}
	x.wire = wire
	return true
}

// signed makes x one that takes answers, and tells Trace that it leaves. live is set before
// anything is written, so that no answer comes too early.
func (x *Exchange) signed(now time.Time) {
	x.first = now.Sub(x.to.engine.epoch)
	x.last = x.first
	x.live.Store(true)
	if x.owner != nil { // it leaves in a goroutine of the Client's
		defer x.to.engine.survive()
	}
	x.to.engine.observe(Sent, x.conn, x.peer.Name, x.wire, nil, x.label)
}

// finish hands x, which has ended, to the goroutine that waits for it. Nothing of x may be touched
// after.
func (x *Exchange) finish() { finishAll([]*Exchange{x}) }

// finishAll is finish for all, which it clears. It is called without the lock: an Owner or a
// Completion may begin the next exchange at once. Those of one Owner that follow one another are
// told together.
func finishAll(all []*Exchange) {
	for _, x := range all {
		if x != nil && x.completion != nil {
			x.completion.EndAll(all)
		}
	}
	for i, x := range all {
		switch {
		case x == nil:
		case x.owner == nil:
			x.wakeEnded()
		default:
			n := i + 1
			for n < len(all) && all[n] != nil && all[n].owner == x.owner {
				n++
			}
			some := all[i:n]
			x.owner.Ended(some)
			clear(some)
		}
	}
	clear(all)
}

// wakeEnded wakes the call that waits for x, which has ended. What it has not seen of its turn is
// not worth seeing any more.
func (x *Exchange) wakeEnded() {
	x.forgetTurn()
	x.wake <- endWake
}

// forgetTurn takes out that x has its turn, where its call has not seen that.
func (x *Exchange) forgetTurn() {
	select {
	case <-x.wake:
	default:
	}
}

// discarded returns the discards of x, which has a place for them from the first one on: most
// exchanges need none. It is called with the lock held.
func (x *Exchange) discarded() *discards {
	if x.discards == nil {
		x.discards = new(discards)
	}
	return x.discards
}

// An exchangeQueue is those that wait for their turn, or for a connection, first come first served.
type exchangeQueue struct{ first, last *Exchange }

func (q *exchangeQueue) push(x *Exchange) {
	x.ahead = q.last
	if q.last == nil {
		q.first = x
	} else {
		q.last.behind = x
	}
	q.last = x
}

func (q *exchangeQueue) remove(x *Exchange) {
	if x.ahead == nil {
		q.first = x.behind
	} else {
		x.ahead.behind = x.behind
	}
	if x.behind == nil {
		q.last = x.ahead
	} else {
		x.behind.ahead = x.ahead
	}
	x.ahead, x.behind = nil, nil
}

// each calls f for all, of which f may remove the one that it gets.
func (q *exchangeQueue) each(f func(x *Exchange)) {
	for x := q.first; x != nil; {
		next := x.behind
		f(x)
		x = next
	}
}

// An Owner began exchanges whose ends no call waits for: a run of Each. Queued and Granted are
// called with the lock of the destination held: they call nothing of the Engine.
type Owner interface {
	// Queued: x waits for its turn; dialing: for a Dial that is under way. It may come more than
	// once.
	Queued(x *Exchange, dialing bool)
	Granted(x *Exchange)   // x has its turn, after it was queued
	Ended(all []*Exchange) // all of this Owner, which are not to be kept
}

// A Completion is told of the end of an exchange for which no goroutine waits: that of a Proxy.
type Completion interface {
	// EndAll is told that all have ended, and takes out of all those that no goroutine waits for.
	EndAll(all []*Exchange)
}

// fail notes how x, which ends now, has failed. It is called with the lock held, before x leaves.
func (x *Exchange) fail(kind FailureKind, err error, now instant) {
	x.failure = Failure{
		Kind: kind, Err: err, at: now, Left: x.live.Load() && !x.unwritten, Writing: x.unwritten,
		Lost: kind == FailedLost || x.stage == stageDisplaced, Via: x.to.via != nil,
	}
	if x.stage == stageQueued || x.stage == stageDisplaced && x.unwritten {
		x.failure.Dialing, x.failure.Dial = x.to.dialing, x.to.dialErr
	}
	if x.failure.Lost {
		x.failure.Again = x.to.dialErr
	}
}

// Result returns what became of x, which has ended.
func (x *Exchange) Result() Result {
	r := Result{Answer: x.answer, NAS: x.to.nas, Code: x.code, Label: x.label}
	if x.answer != nil {
		r.Waited, r.RTT = x.last-x.first+x.rtt, x.rtt
	} else {
		r.Failure = x.failure
		r.Waited = x.failure.at - x.began
	}
	if x.conn != nil {
		r.Failure.Info = x.conn.info
	}
	if x.answer != nil || x.failure.Left {
		r.Local, r.ID, r.Sent, r.Resent = x.conn.local, x.id, x.sent, x.resent
	}
	if x.failure.Left {
		r.Waited = x.failure.at - x.first
	}
	if x.discards != nil {
		r.Failure.ICMP, r.Failure.Send = x.discards.icmp, x.discards.send
		r.Failure.Refused = x.discards.refused == x.sent
		for _, k := range x.discards.kind {
			if k.n > 0 {
				r.Failure.Discarded = append(r.Failure.Discarded, Discarded{k.err, k.n})
			}
		}
	}
	return r
}

// Blamed reports whether x has failed in a way that says something of the NAS.
func (x *Exchange) Blamed() bool { return x.failure.Blames() }

// WhileDialing returns the NAS of x and how x has failed, where it ended before there was a
// connection to that; nil: it did not.
func (x *Exchange) WhileDialing() (nas netip.AddrPort, f *Failure) {
	if !x.failure.Dialing {
		return nas, nil
	}
	return x.to.nas, &x.failure
}

// Tag is what the Owner gave x.
func (x *Exchange) Tag() any { return x.tag }

// Completion is who is told of the end of x; nil: a goroutine waits for it.
func (x *Exchange) Completion() Completion { return x.completion }

// Hold takes one more hold on x, for Drop.
func (x *Exchange) Hold() { x.holds.Add(1) }

// Left reports whether x is signed, and takes answers.
func (x *Exchange) Left() bool { return x.live.Load() }

// Sign makes the octets of x, which has its turn. It reports false when x ended instead.
func (x *Exchange) Sign() bool { return x.sign() }

// Post sends x, which is signed, or has it sent with others.
func (x *Exchange) Post() { x.conn.post(x) }

// Blocks reports whether the conn of x may keep a Write waiting.
func (x *Exchange) Blocks() bool { return x.conn.blocks }

// Abandon ends x, of which nothing was sent.
func (x *Exchange) Abandon(err error) { x.to.fail(x, err) }

// Cancel ends x with err where it has not ended.
func (x *Exchange) Cancel(err error) {
	if x.to.cancel(x, err) {
		x.finish()
	}
}

// ErrUnwanted is the error of an exchange whose turn comes while it is quiet.
var ErrUnwanted = errors.New("dac: its sender waits no longer: its connection has ended, or has used the identifier for another request")

// Quiet has nothing of x sent any more, since its sender waits no longer: no retransmission, and
// no first transmission where x still waits for its turn, which ends it. Quiet of false lets them
// go on, when they are due. Its time runs on, and an answer that comes is taken. x has been
// entered.
func (x *Exchange) Quiet(on bool) {
	d := x.to
	now := d.engine.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	was := x.quiet
	x.quiet = on
	switch {
	case on || !was:
	case x.stage == stageDisplaced:
		d.grantQueued(now)
	case x.stage == stageGranted && x.live.Load() && !x.conn.reliable():
		x.next = min(max(now, x.last+x.rt), x.deadline)
		x.conn.earliest = min(x.conn.earliest, x.next)
		d.arm(x.next, now)
	}
}

func (x *Exchange) isQuiet() bool {
	d := x.to
	d.mu.Lock()
	defer d.mu.Unlock()
	return x.quiet
}

// Retake makes x, which waits for its turn and had a Completion, one that a goroutine waits for. It
// reports false where x has ended.
func (x *Exchange) Retake() bool {
	if x.to.retake(x) {
		return true
	}
	x.forgetTurn()
	return false
}

// A deferred is what is left to do once the lock of a destination is released, since it calls code
// of the host's or the system, or wakes goroutines. It is deferred before the lock is taken, so
// that it runs after the deferred unlock:
//
//	var after deferred
//	defer after.do()
//	d.mu.Lock()
//	defer d.mu.Unlock()
type deferred struct {
	resend  []transmission
	ended   []*Exchange // without an answer
	retired []*conn
}

// A transmission is an exchange to be sent once more by c. Its own conn may be another one by then:
// that of DTLS may have ended.
type transmission struct {
	c *conn
	x *Exchange
}

// do does them, all of them where Trace or Logger ends the goroutine too: octets leave first, Trace
// is told of the ends before the calls go on, and sockets are closed last.
func (after *deferred) do() {
	defer after.closeRetired()
	defer func() { finishAll(after.ended) }()
	defer observeEnded(after.ended)
	repeatAll(after.resend)
}

// repeatAll sends all again.
func repeatAll(all []transmission) {
	n := 0
	defer func() {
		if n < len(all) {
			repeatAll(all[n:])
		}
	}()
	for n < len(all) {
		again := all[n]
		n++
		again.c.repeat(again.x)
	}
}

// observeEnded tells of all, which have ended without an answer.
func observeEnded(all []*Exchange) {
	n := 0
	defer func() {
		if n < len(all) {
			observeEnded(all[n:])
		}
	}()
	for n < len(all) {
		x := all[n]
		n++
		if x.live.Load() {
			x.to.engine.gaveUp(x)
		}
	}
}

func (after *deferred) closeRetired() {
	for _, c := range after.retired {
		c.link.Close()
	}
}

// unanswered is how long an identifier rests that had no answer.
func (x *Exchange) unanswered() time.Duration { return max(unansweredRest, x.peer.IdentifierRest) }

// complete ends x, which has an identifier; that rests until the instant until. It is called with
// the lock held; the caller sees to it that x is finished, once the lock is released. With a
// transmission under way the identifier is given back by written.
func (d *destination) complete(x *Exchange, until, now instant, after *deferred) {
	c := x.conn
	d.untrack(x)
	if x.live.Load() && !x.unwritten {
		d.counters.of(x.code).sent(x.authOnly)
	}
	x.stage = stageEnded
	x.wireShared = x.wireShared || x.readers > 0
	if x.writing {
		x.next = until
	} else {
		c.release(x.id, until, now)
	}
	c.lastUse = now
	if d.queue.first != nil || d.displaced.first != nil {
		d.grantQueued(now)
	} else if c.n == 0 && d.engine.budget.scarce() && !c.closed {
		d.retire(c, now, after)
	}
}

// completeUnsent ends x, which has an identifier that it did not use: it is free at once. It is
// called with the lock held.
func (d *destination) completeUnsent(x *Exchange, now instant, after *deferred) {
	x.unwritten = true
	d.complete(x, now, now, after)
}

// cancelAll ends with err every exchange of o. Exchanges that o begins meanwhile are not among
// them: o begins none any more.
func (d *destination) cancelAll(o Owner, err error) {
	var all []*Exchange
	d.mu.Lock()
	mine := func(x *Exchange) {
		if x.owner == o {
			all = append(all, x)
		}
	}
	d.queue.each(mine)
	d.displaced.each(mine)
	for _, c := range slices.Concat(d.conns, d.ending) {
		c.inFlight.each(mine)
	}
	for _, x := range all {
		x.holds.Add(1) // so that none is recycled before it is cancelled
	}
	d.mu.Unlock()
	ended := make([]*Exchange, 0, len(all))
	for _, x := range all {
		if d.cancel(x, err) {
			ended = append(ended, x)
		}
	}
	finishAll(ended)
	for _, x := range all {
		x.Drop()
	}
}

// cancel ends x without an answer because of err, and reports false where it has ended already, and
// is finished. Where it reports true the caller finishes x, or is the call that waits for it.
func (d *destination) cancel(x *Exchange, err error) bool {
	var after deferred
	defer after.do() // whatever Trace does
	sent, ended := d.endWith(x, err, &after)
	if sent {
		d.engine.gaveUp(x)
	}
	return ended
}

// endWith ends x because of err, wherever it is, and says whether it was sent; ended is false where
// it has ended already. A deadline of the caller's that passes counts as a timeout (RFC 4672).
func (d *destination) endWith(x *Exchange, err error, after *deferred) (sent, ended bool) {
	now := d.engine.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if x.stage == stageEnded {
		return false, false
	}
	x.fail(FailedCancelled, err, now)
	sent = x.live.Load()
	if sent && !x.unwritten && errors.Is(err, context.DeadlineExceeded) {
		d.counters.of(x.code).Timeouts++
	}
	switch {
	case x.stage == stageQueued:
		d.queue.remove(x)
		x.stage = stageEnded
	case x.stage == stageDisplaced:
		d.endDisplaced(x)
	case !sent: // its turn has come in this moment
		x.forgetTurn()
		d.completeUnsent(x, now, after)
	case x.unwritten:
		d.completeUnsent(x, now, after)
	default:
		d.complete(x, now+x.unanswered(), now, after)
	}
	return sent, true
}

// fail ends x, of which nothing was sent, with err.
func (d *destination) fail(x *Exchange, err error) {
	var after deferred
	defer after.do()
	if d.failUnsent(x, err, &after) {
		x.finish()
	}
}

// failUnsent reports false where x has ended already.
func (d *destination) failUnsent(x *Exchange, err error, after *deferred) bool {
	now := d.engine.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if x.stage == stageEnded {
		return false
	}
	x.fail(FailedEncode, err, now)
	d.completeUnsent(x, now, after)
	return true
}

// sendFailed notes that a transmission of x failed, and ends x where waiting would not help: the
// first one failed, and not for a shortage that passes. What a Write that panicked had sent is not
// known: its answer may come.
func (d *destination) sendFailed(x *Exchange, err error) {
	now := d.engine.Now()
	var after deferred
	defer after.do()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case x.stage == stageEnded:
	case netio.IsICMP(err):
		x.discarded().refuse(err, x.sent)
		if d.engine.FailFast {
			d.refuse(x, now, &after)
		}
	case x.sent == 1 && !passes(err) && err != errWriteBroken:
		x.fail(FailedSend, err, now)
		after.ended = append(after.ended, x)
		d.completeUnsent(x, now, &after)
	default:
		x.discarded().send = err
	}
}

// refuse ends x because of an ICMP error, as FailFast wants it. The identifier rests: an error may
// be forged, or that of a duplicate. It is called with the lock held.
func (d *destination) refuse(x *Exchange, now instant, after *deferred) {
	x.fail(FailedRefused, nil, now)
	after.ended = append(after.ended, x)
	d.complete(x, now+x.unanswered(), now, after)
}

// shut ends everything, because the client is closed. spawn runs nothing any more, and no exchange
// enters; the goroutines that still use an exchange find that it has ended.
func (d *destination) shut() {
	now := d.engine.Now()
	var after deferred
	defer after.do()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.timer != nil {
		d.timer.Stop()
	}
	for d.queue.first != nil {
		x := d.queue.first
		d.queue.remove(x)
		x.fail(FailedCancelled, net.ErrClosed, now)
		x.stage = stageEnded
		after.ended = append(after.ended, x)
	}
	for len(d.conns) > 0 {
		c := d.conns[0]
		d.retire(c, now, &after)
		c.endAll(FailedCancelled, net.ErrClosed, now, &after)
	}
	for len(d.ending) > 0 {
		d.ending[0].endAll(FailedCancelled, net.ErrClosed, now, &after)
	}
	d.displaced.each(func(x *Exchange) {
		x.fail(FailedCancelled, net.ErrClosed, now)
		d.endDisplaced(x)
		after.ended = append(after.ended, x)
	})
}
