// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/dialing"
	"github.com/radius-dynauth/dynauth/dac/internal/idpool"
	"github.com/radius-dynauth/dynauth/dac/internal/rate"
	"layeh.com/radius"
)

// maxSocketsOfNAS is how many UDP sockets, and so source ports, one NAS gets where
// Config.ConnsOfNAS does not say: 16,384 requests in flight (RFC 5176, section 2.3, has 256 of
// each).
const maxSocketsOfNAS = 64

// A destination is one NAS as a client sees it: its conns, what waits for one, and its counters.
// What it has under way is watched with one runtime timer, which is set to the earliest thing that
// any of its conns waits for and is not touched by a request that comes and goes.
type destination struct {
	engine *Engine
	nas    netip.AddrPort
	via    any // what opens connections; nil: UDP

	mu        sync.Mutex // guards what follows, and the exchanges and conns of this NAS
	closed    bool       // no exchange may enter any more
	conns     []*conn
	opening   bool    // a conn is being opened, or waits until one may be
	draining  bool    // the Client is being closed: nothing has its turn any more
	dialing   bool    // a first one is being opened
	dialErr   error   // of the last dial, while a Transport goes on with dialing
	failed    instant // when opening one failed last; zero: it did not
	inFlight  int     // exchanges that have an identifier
	queue     exchangeQueue
	displaced exchangeQueue // whose connection has ended
	ending    []*conn       // connections that have ended, with exchanges that are being signed
	peer      Peer          // of the latest exchange, with via
	limit     rate.Limit    // of the latest exchange
	name      string        // of the transport, once a connection was open
	pace      rate.Bucket
	next      instant // when the rate lets the next one go
	timer     *time.Timer
	armed     instant // when timer fires
	resting   []restingPort
	counters  Counters
	diagnosed uint32     // reasons that the log has a diagnosis of
	key       *authn.Key // of the latest secret
}

// A restingPort is a source port that was closed while identifiers of it rested. Should the system
// hand out the same port again, they rest on: the NAS tells requests apart by source address,
// source port and identifier (RFC 5080, section 2.2.2).
type restingPort struct {
	local netip.AddrPort
	ids   *idpool.Pool
}

// errForgotten is what a destination says that the engine has forgotten meanwhile: Enter then makes
// a new one.
var errForgotten = errors.New("dac: forgotten")

// enter lets x have its turn, or queues it: then x is told. Nothing overtakes the queue. The limit
// of the latest exchange counts, so that a Peer which changes is followed.
func (d *destination) enter(x *Exchange, now instant) (hasTurn bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false, errForgotten
	}
	x.to = d
	if d.limit = d.engine.PerNAS; x.peer.Limit != (rate.Limit{}) {
		d.limit = x.peer.Limit
	}
	if d.via == nil {
		x.key = d.keyOf(x.peer.Secret)
	} else {
		d.peer = x.peer
	}
	if d.queue.first == nil && d.grant(x, now) {
		return true, nil
	}
	x.stage = stageQueued
	d.queue.push(x)
	if x.owner != nil {
		x.owner.Queued(x, d.dialing)
	}
	d.schedule(now)
	return false, nil
}

// keyOf returns the key of s, which is mostly the one of the request before: to make one hashes the
// first block of the secret. It is called with the lock held.
func (d *destination) keyOf(s authn.Secret) *authn.Key {
	if d.key == nil || d.key.Secret != s {
		k := authn.NewKey(s)
		d.key = &k
	}
	return d.key
}

// retake makes x, which waits for its turn, one that a goroutine waits for; false: it has ended,
// and its Completion is told.
func (d *destination) retake(x *Exchange) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if x.stage == stageEnded {
		return false
	}
	x.completion = nil
	return true
}

// grant gives x a conn and an identifier, if that may be now. It is called with the lock held. The
// rate is asked last, since what it has given cannot be taken back.
func (d *destination) grant(x *Exchange, now instant) bool {
	limit := d.limit
	if limit.InFlight > 0 && d.inFlight >= limit.InFlight {
		return false
	}
	for _, c := range d.conns {
		id, ok := c.acquire(now)
		if !ok {
			continue
		}
		if limit.Rate > 0 {
			wait, ok := d.pace.Take(d.engine.epoch.Add(now), limit)
			if !ok {
				d.next = now + max(wait, minPace)
				c.giveBack(id)
				return false
			}
		}
		c.assign(x, id, now)
		return true
	}
	return false
}

// minPace keeps a wait that was rounded to nothing from being waited for again and again.
const minPace = time.Microsecond

// grantQueued gives those in the queue their turn that may have it now, and sees to what the others
// wait for. It is called with the lock held whenever something may have come free: an identifier, a
// conn, a place of the limit, time. What is displaced comes first: it has left already, or had its
// turn.
func (d *destination) grantQueued(now instant) {
	if d.draining {
		return
	}
	d.reassign(now)
	for d.queue.first != nil && d.grant(d.queue.first, now) {
		x := d.queue.first
		d.queue.remove(x)
		if x.owner != nil {
			x.owner.Granted(x)
		} else {
			x.wake <- turnWake
		}
	}
	d.schedule(now)
}

// schedule sees to it that the first in the queue gets what it waits for: it sets the timer to when
// that will be, or has a conn opened. It is called with the lock held. One conn is opened at a
// time; a limit that is reached is waited for without a further conn, since the end of an exchange
// calls grantQueued.
func (d *destination) schedule(now instant) {
	if !d.hasWaiting() || d.closed {
		return
	}
	if d.displaced.first == nil || len(d.conns) > 0 {
		if d.limit.InFlight > 0 && d.inFlight >= d.limit.InFlight {
			return
		}
		if d.next > now { // the rate
			d.arm(d.next, now)
			return
		}
	}
	for _, c := range d.conns {
		if c.shared == nil {
			d.arm(c.ids.Next(), now)
		}
	}
	switch {
	case d.opening:
	case d.via != nil && len(d.conns) >= maxTransportConns:
	case len(d.conns) >= d.engine.ConnsOfNAS:
		d.reportFull()
	case d.failed != 0 && now < d.failed+time.Second:
		d.arm(d.failed+time.Second, now)
	default:
		d.opening = d.engine.spawn(func() { d.open(false) })
	}
}

// hasWaiting reports whether an exchange waits for a conn: for its turn, or for the first
// connection after the one that ended.
func (d *destination) hasWaiting() bool {
	return d.queue.first != nil || d.displaced.first != nil && len(d.conns) == 0
}

// arm sees to it that tick runs at the instant at, at the latest. It is called with the lock held.
// An earlier alarm stays: tick finds nothing then, and sets the timer anew.
func (d *destination) arm(at, now instant) {
	if at >= d.armed || d.closed {
		return
	}
	d.armed = at
	if d.timer == nil {
		d.timer = time.AfterFunc(max(at-now, 0), d.tick)
	} else {
		d.timer.Reset(max(at-now, 0))
	}
}

// tick does what is due: retransmissions, the end of what had its time, turns for the queue, and
// the end of conns that no exchange uses. The timer calls it, in a goroutine of its own; two may
// run at once where the first is slow to get the lock, which does no harm.
func (d *destination) tick() {
	now := d.engine.Now()
	var after deferred
	defer after.do()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = never
	d.expireDisplaced(now, &after)
	for _, c := range slices.Clone(d.ending) {
		c.due(now, &after)
		d.arm(c.earliest, now)
	}
	for _, c := range slices.Backward(d.conns) { // retire takes c out of d.conns
		c.due(now, &after)
		idle := c.lastUse + d.engine.IdleTimeout
		switch {
		case c.closed:
		case c.n > 0:
			d.arm(c.earliest, now)
		case idle > now:
			d.arm(idle, now)
		case d.queue.first == nil:
			d.retire(c, now, &after)
		}
	}
	d.grantQueued(now)
}

// retire takes c out of use. It is called with the lock held; the link is closed with the deferred.
// The source port is remembered while an identifier of it rests or may still leave, and forgotten
// here with those that have rested.
func (d *destination) retire(c *conn, now instant, after *deferred) {
	d.conns = slices.DeleteFunc(d.conns, func(q *conn) bool { return q == c })
	c.closed = true
	d.resting = slices.DeleteFunc(d.resting, func(l restingPort) bool { return l.ids.Last() <= now })
	if c.shared == nil && c.local.IsValid() && (c.ids.Last() > now || c.n > 0 || c.writing > 0) {
		d.resting = append(d.resting, restingPort{c.local, c.ids})
	}
	after.retired = append(after.retired, c)
}

// forgetEnding is told that c, which is closed, has nothing in flight any more.
func (d *destination) forgetEnding(c *conn) {
	d.ending = slices.DeleteFunc(d.ending, func(q *conn) bool { return q == c })
}

// open opens one more conn for those in the queue, and then reads from it until it is closed: its
// goroutine becomes the reader. Where there may be no more conns, the budget calls it again when
// one is free. What it took of the budget it gives back when the reader has ended, so the
// descriptor is closed by then.
func (d *destination) open(mayOpen bool) {
	if !mayOpen && !d.engine.budget.reserve(d, d.hasNoConn()) {
		return
	}
	defer d.engine.budget.release()
	if !d.stillWaiting() {
		return
	}
	d.noteDialing()
	c, err := d.openConn()
	if err != nil {
		d.openFailed(err)
		return
	}
	if !d.opened(c) {
		c.link.Close()
		return
	}
	c.receiveAll()
}

// openConn opens a socket, or a connection. It may take as long as the host's Dial or Transport, so
// no lock is held.
func (d *destination) openConn() (*conn, error) {
	if d.via != nil {
		return d.connect()
	}
	conn, err := d.engine.dial(d.nas)
	if err != nil {
		return nil, err
	}
	return newConn(d, conn), nil
}

// hasNoConn reports whether d has no conn at all.
func (d *destination) hasNoConn() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.conns) == 0
}

// stillWaiting reports whether an exchange still waits for a conn: it may have ended while the
// budget had none.
func (d *destination) stillWaiting() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opening = d.hasWaiting() && !d.closed
	return d.opening
}

// noteDialing is told that a conn is being opened.
func (d *destination) noteDialing() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.setDialing(len(d.conns) == 0)
}

// setDialing notes whether a first conn is being opened, of which the Owners of those in the queue
// are told: to a run of Each a connection that does not come is silence of the NAS, and to wait for
// a limit or a rate once it has come is none. It is called with the lock held.
func (d *destination) setDialing(dialing bool) {
	if d.dialing == dialing {
		return
	}
	d.dialing, d.dialErr = dialing, nil
	for x := d.queue.first; x != nil; x = x.behind {
		if x.owner != nil {
			x.owner.Queued(x, dialing)
		}
	}
}

// noteDialFailed is told of a dial that has failed, after which the Transport dials again. An error
// that is net.ErrClosed is told of by its text alone: it is no closed Client.
func (d *destination) noteDialFailed(err error) {
	if errors.Is(err, net.ErrClosed) {
		err = errors.New(err.Error())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dialing {
		d.dialErr = err
	}
}

// opened puts c to use, unless the client was closed meanwhile. A further connection that the
// Transport has shared, and all of whose identifiers are in use, is of no use: the next is tried in
// a second.
func (d *destination) opened(c *conn) bool {
	now := d.engine.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opening, d.failed = false, 0
	if d.closed {
		return false
	}
	if len(d.conns) > 0 && !c.hasFree() { // shares a connection whose identifiers are all in use
		d.failed = max(now, 1)
		d.schedule(now)
		return false
	}
	for i, l := range d.resting {
		if l.local == c.local {
			c.ids = l.ids
			d.resting = slices.Delete(d.resting, i, i+1)
			break
		}
	}
	c.lastUse = now
	d.conns = append(d.conns, c)
	d.engine.budget.add(c)
	d.arm(now+d.engine.IdleTimeout, now)
	if c.info != nil {
		d.name = c.info.Transport
	}
	d.grantQueued(now)
	d.setDialing(false) // of those that have not had their turn
	return true
}

// retryLater tries to open a conn again after a second.
func (d *destination) retryLater() {
	now := d.engine.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opening, d.failed = false, max(now, 1)
	d.setDialing(false)
	d.schedule(now)
}

// openFailed ends those who wait for a conn, unless others are in use that will do. A NAS that
// cannot be reached is not waited for: the error is theirs at once.
func (d *destination) openFailed(err error) {
	if d.engine.ctx.Err() != nil {
		return // shut ends them
	}
	if d.engine.budget.exhausted(err) || !d.hasNoConn() {
		d.retryLater()
		return
	}
	var after deferred
	defer after.do()
	now := d.engine.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opening, d.dialing, d.dialErr = false, false, nil
	for d.queue.first != nil {
		x := d.queue.first
		d.queue.remove(x)
		x.fail(FailedDial, err, now)
		x.stage = stageEnded
		after.ended = append(after.ended, x)
	}
	d.displaced.each(func(x *Exchange) {
		if x.unwritten { // nothing of it has left, so it is as one that waited for this connection
			x.fail(FailedDial, err, now)
			d.endDisplaced(x)
			after.ended = append(after.ended, x)
		}
	})
	if d.displaced.first != nil { // it has until its deadline
		d.failed = max(now, 1)
		d.schedule(now)
	}
}

// count returns the counters of d, with those of its requests that have been sent and wait for an
// answer. A request is counted as sent when it ends; those in flight are added here, so that no
// exchange touches the counters twice.
func (d *destination) count() Counters {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.counters
	pending := func(x *Exchange) {
		if x.written.Load() && !x.unwritten {
			a := n.of(x.code)
			a.sent(x.authOnly)
			a.Pending++
		}
	}
	for _, c := range d.conns {
		if c.n > 0 {
			c.inFlight.each(pending)
		}
	}
	d.displaced.each(pending)
	return n
}

// transport is the name of the transport of d, "" for UDP.
func (d *destination) transport() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.name
}

// diagnose says once for a NAS what its replies have. No lock is held.
func (d *destination) diagnose(peer string, err error) {
	if d.engine.Observer != nil {
		d.engine.Observer.Discards(d.nas, peer, err)
	}
}

// reportFull says once for a NAS that its requests wait for identifiers. It is called with the lock
// held, and tells without: in a goroutine of its own.
func (d *destination) reportFull() {
	if d.engine.Observer == nil || d.diagnosed&(1<<reasons) != 0 {
		return
	}
	d.diagnosed |= 1 << reasons
	first, conns := d.queue.first, len(d.conns)
	name, rest := first.peer.Name, first.peer.IdentifierRest
	d.engine.spawn(func() { d.engine.Observer.Full(d.nas, name, conns, conns*IdentifiersOfConn, rest) })
}

// drain has each reader that an answer may come to end with what has arrived. Nothing has its turn
// any more. A read deadline that has passed is what ends a Read and leaves the socket open; a
// connection of a Transport has none, and gives what has come when it is closed.
func (d *destination) drain(left *sync.WaitGroup) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.draining = true
	for _, c := range d.conns {
		if c.n == 0 || c.readerEnded {
			continue
		}
		left.Add(1)
		c.draining = left
		if c.raw != nil {
			c.raw.SetReadDeadline(time.Now()) // wakes the reader
		} else {
			time.AfterFunc(lastReads, func() { c.link.Close() })
		}
	}
}

// connect opens a connection by what opens those of d, with the Peer of the latest exchange: a
// certificate or a secret that has changed is the present one.
func (d *destination) connect() (*conn, error) {
	d.mu.Lock()
	open := d.peer.Open
	d.mu.Unlock()
	ctx := dialing.With(d.engine.ctx, d.noteDialFailed)
	w, err := openWithin(ctx, d.engine.Retry.Duration, "Transport.Open", func(ctx context.Context) (*TransportConn, error) { return open(ctx, d.nas) })
	if err != nil {
		return nil, err
	}
	return newTransportConn(d, w), nil
}

// lost is told that the connection of c has ended, by its reader or its writer. What was handed to
// it is displaced. What is still being signed is not: the goroutine that signs it hands it off
// next, and handOff displaces it.
func (c *conn) lost() {
	d := c.to
	now := d.engine.Now()
	var after deferred
	defer after.do()
	for _, x := range c.writer.forget() {
		c.written(x)
		x.Drop()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !c.closed {
		d.retire(c, now, &after)
		c.inFlight.each(func(x *Exchange) {
			if x.handedOff {
				d.displace(x, now, &after)
			}
		})
		if c.n > 0 { // being signed: handOff sees to them
			d.ending = append(d.ending, c)
		}
		d.grantQueued(now)
	}
}

// displace takes x off its connection, which has ended. It goes again with the same octets by
// another one: NASes know them by the authenticator. RADIUS/1.1 has none, so a CoA that may have
// been executed is not sent again; a Disconnect-Request is, which ends a session once (RFC 5176,
// section 2.1). It is called with the lock held.
//
// Its identifier rests on the old connection, which matters where that has other users.
func (d *destination) displace(x *Exchange, now instant, after *deferred) {
	c := x.conn
	if x.live.Load() && !x.unwritten && c.tokens() && x.code == radius.CodeCoARequest {
		x.fail(FailedLost, nil, now)
		after.ended = append(after.ended, x)
		d.complete(x, now+x.unanswered(), now, after)
		return
	}
	d.untrack(x)
	c.release(x.id, now+x.unanswered(), now)
	x.stage, x.writing = stageDisplaced, false
	d.displaced.push(x)
	d.arm(x.deadline, now)
}

// untrack takes x out of what its conn has in flight.
func (d *destination) untrack(x *Exchange) {
	c := x.conn
	c.inFlight.remove(x.id)
	c.n--
	d.inFlight--
	if c.closed && c.n == 0 {
		d.forgetEnding(c)
	}
}

// reassign gives those that are displaced a connection that is open and speaks their version: with
// their own identifier, if that is free there, or with any where nothing of them has left. It is
// called with the lock held.
//
// Octets that have left keep their identifier, since that is signed with them, and the NAS finds a
// duplicate by both (RFC 5080, section 2.2.2). Octets that have not are made again: the other
// connection may have another version and another secret.
func (d *destination) reassign(now instant) {
	d.displaced.each(func(x *Exchange) {
		if x.quiet {
			return
		}
		for _, c := range d.conns {
			switch {
			case x.unwritten: // in either version
				if id, ok := c.acquire(now); ok {
					d.displaced.remove(x)
					if x.readers > 0 { // a late reply is being checked against the octets
						x.wire = nil
					}
					d.attach(c, x, id, now)
					x.handedOff = false
					x.live.Store(false)
					x.holds.Add(1)
					if !d.engine.spawn(x.signAgain) {
						x.Drop() // Close ends it
					}
					return
				}
			case c.tokens() == x.conn.tokens() && c.claim(x.id):
				d.displaced.remove(x)
				d.attach(c, x, x.id, now)
				n := d.counters.of(x.code)
				n.Retransmissions++
				x.sent++
				x.last, x.resent, x.wireShared, x.writing = now, true, true, true
				c.writing++
				c.enqueue(x)
				return
			}
		}
	})
}

// attach puts x, which is displaced, in flight on c. Its deadline stays; a connection that is not
// reliable begins its retransmissions anew.
func (d *destination) attach(c *conn, x *Exchange, id uint32, now instant) {
	x.stage, x.conn, x.id, x.key = stageGranted, c, id, c.key
	x.next = x.deadline
	if !c.reliable() {
		x.next = min(now+max(x.rt, d.engine.Retry.Initial), x.deadline)
	}
	c.track(x, now)
}

// signAgain signs x anew, of which nothing has left, and hands it off. It runs in a goroutine of
// its own, with a hold on x: a Body and a Trace are not called with the lock held.
func (x *Exchange) signAgain() {
	defer x.Drop()
	defer x.to.engine.survive()
	if x.sign() {
		x.conn.handOff(x)
	}
}

// expireDisplaced ends those that are displaced and have had their time. It is called with the lock
// held.
func (d *destination) expireDisplaced(now instant, after *deferred) {
	d.displaced.each(func(x *Exchange) {
		if now < x.deadline {
			d.arm(x.deadline, now)
			return
		}
		x.fail(FailedLost, nil, now)
		d.endDisplaced(x)
		if !x.unwritten {
			d.counters.of(x.code).Timeouts++
		}
		after.ended = append(after.ended, x)
	})
}

// endDisplaced ends x, which is displaced: it has no identifier to give back. A reply that came by
// its old connection may still be checked against it. It is called with the lock held.
func (d *destination) endDisplaced(x *Exchange) {
	d.displaced.remove(x)
	x.stage = stageEnded
	x.wireShared = x.wireShared || x.readers > 0
	if x.live.Load() && !x.unwritten {
		d.counters.of(x.code).sent(x.authOnly)
	}
}
