// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"layeh.com/radius"
)

// An exchange is one request on its way: the octets that were signed once, the port and the identifier that it keeps, and what was seen
// of an answer. Exchanges are pooled, since no user holds one; one that somebody may still read when it ends is left to the collector.
type exchange struct {
	request  *Request
	peer     Peer
	code     radius.Code
	authOnly bool
	began    instant       // when the call was made
	span     time.Duration // for it; zero: what Retry says
	to       *target
	key      *signingKey // of the secret of peer

	// Written before live is set, and read by others only after.
	wire []byte // the octets, the same at every transmission
	live atomic.Bool

	holds atomic.Int32 // those who have a hand on it: it is recycled when nobody has
	crowd int          // what was in flight on its port when it got its turn

	// What follows is guarded by to.mu, until the exchange has ended: then it belongs to whoever began it.
	stage    stage
	port     *sourcePort
	id       byte
	sent     int
	first    instant // transmission
	last     instant // transmission
	rt       time.Duration
	next     instant // transmission, or the end; of one that has ended: when its identifier is free
	deadline instant
	readers  int  // replies that are being checked against wire
	writing  bool // a retransmission is under way, and the identifier waits for it to be out
	kept     bool // somebody may read wire for longer than the exchange lasts
	seen     *sightings
	ahead    *exchange // in the queue
	behind   *exchange

	answer []byte // its octets, verified and cut
	rtt    time.Duration
	err    error

	pool *sync.Pool    // where it goes back to
	wake chan struct{} // of a blocking call: has its turn, and then: has ended
	job  *eachJob      // of Each; nil for a blocking call

	later absentee // nobody waits, but this is told of the end; nil: somebody does
}

// An absentee began an exchange and does not wait for its end.
type absentee interface {
	// endAll is told that all have ended, and takes out of all those that nobody waits for.
	endAll(all []*exchange)
}

// A stage is where an exchange stands.
type stage uint8

const (
	stageNew     stage = iota
	stageQueued        // waits for its turn
	stageGranted       // has a port and an identifier
	stageEnded
)

// newExchange begins an exchange for r, which is a request that can be sent. Exchanges are pooled in the core and not for all clients: a
// channel that was made in a synctest bubble must not leave it.
func (core *clientCore) newExchange(peer Peer, r *Request, now instant) *exchange {
	x, _ := core.exchanges.Get().(*exchange)
	if x == nil {
		x = &exchange{pool: &core.exchanges, wake: make(chan struct{}, 1)}
	}
	x.request, x.peer, x.began = r, peer, now
	x.holds.Store(1)
	x.code = r.Packet.Code
	service := r.Packet.Get(typeServiceType)
	x.authOnly = len(service) == 4 && binary.BigEndian.Uint32(service) == serviceAuthorizeOnly
	return x
}

// drop takes one hand off x, which is recycled when that was the last one. An exchange that somebody may still read is left to the collector.
func (x *exchange) drop() {
	if x.holds.Add(-1) == 0 && !x.kept {
		*x = exchange{pool: x.pool, wire: x.wire[:0], wake: x.wake}
		x.pool.Put(x)
	}
}

// await takes x, which has its turn or waits for it, through to its end.
func (x *exchange) await(ctx context.Context, hasTurn bool) (*Response, error) {
	done := ctx.Done()
	if !hasTurn {
		if err := x.turn(ctx); err != nil {
			if !x.to.cancel(x, err) {
				<-x.wake
			}
			return x.result()
		}
		if x.err != nil { // there is no socket to send from
			return nil, x.err
		}
	}
	if x.sign() {
		x.port.post(x)
	}
	if done == nil {
		<-x.wake
		return x.result()
	}
	select {
	case <-x.wake:
	case <-done:
		if !x.to.cancel(x, ctx.Err()) {
			<-x.wake
		}
	}
	return x.result()
}

// turn waits until x has its turn or has ended, or until it has waited for too long, and why.
func (x *exchange) turn(ctx context.Context) error {
	var late <-chan time.Time
	if x.span > 0 {
		timer := time.NewTimer(x.began + x.span - x.to.core.now())
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-x.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-late:
		return context.DeadlineExceeded
	}
}

// until is when x, which is sent now, is given up.
func (x *exchange) until(now instant) instant {
	end := now + x.to.core.retry.Duration
	if x.span > 0 {
		end = min(end, x.began+x.span)
	}
	return end
}

// sign makes the octets of x, which has a port and an identifier, and from then on takes answers to them. It reports false when x ended
// instead.
func (x *exchange) sign() bool {
	now := time.Now()
	if !x.build(now) {
		return false
	}
	signRequest(x.wire, x.peer.Secret)
	x.signed(now)
	return true
}

// build is the first half of sign: octets that are not signed yet. signed is the end of it.
func (x *exchange) build(now time.Time) bool {
	wire, err := x.request.appendUnsigned(x.wire[:0], x.id, signingFor(x.peer, now))
	if err != nil {
		x.to.fail(x, fmt.Errorf("dac: nothing sent to %v: %w", x.to.nas, err))
		return false
	}
	x.wire = wire
	return true
}

func (x *exchange) signed(now time.Time) {
	x.first = now.Sub(x.to.core.epoch)
	x.last = x.first
	x.live.Store(true)
	x.to.core.observe(Sent, x.port, x.peer.Name, x.wire, nil)
}

// finish hands x, which has ended, to whoever waits for it. Nothing of x may be touched after.
func (x *exchange) finish() { finishAll([]*exchange{x}) }

// finishAll is finish for all, which it clears.
func finishAll(all []*exchange) {
	for _, x := range all {
		if x != nil && x.later != nil {
			x.later.endAll(all)
		}
	}
	jobs := all[:0]
	for _, x := range all {
		switch {
		case x == nil:
		case x.job == nil:
			x.wake <- struct{}{}
		default:
			jobs = append(jobs, x)
		}
	}
	endJobs(jobs)
	clear(all)
}

// result is what became of x.
func (x *exchange) result() (*Response, error) {
	if x.answer == nil {
		return nil, x.err
	}
	resp, err := parseResponse(x.answer)
	if err != nil {
		return nil, &PacketError{Op: "parse", Peer: x.to.nas, Err: err}
	}
	resp.Source, resp.Local, resp.ID = x.to.nas, x.port.local, uint32(x.id)
	resp.Sent, resp.RTT = x.sent, x.rtt
	return resp, nil
}

// noAnswer is the error of an exchange that ends without an answer. err is the context's, net.ErrClosed, or nil.
func (x *exchange) noAnswer(now instant, err error) *NoAnswerError {
	e := &NoAnswerError{NAS: x.to.nas, Waited: now - x.began, Err: err, code: x.code}
	if x.live.Load() {
		e.Local, e.ID, e.Sent, e.Waited = x.port.local, uint32(x.id), x.sent, now-x.first
	}
	x.seen.tell(e)
	return e
}
