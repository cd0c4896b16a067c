// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// A reply is a datagram on its way through accept. find fills in its exchange, check the reason,
// and completeAll what Trace is told.
type reply struct {
	octets  []byte    // cut
	id      uint32    // or Token
	x       *Exchange // that has its identifier; nil: none has
	request []byte    // octets of x, which may become others: see reassign
	reason  reason
	err     error
	peer    string // name of the Peer
	// Of the connection that it came by.
	tokens bool
	key    *authn.Key
	label  any // Tag of the exchange

	sum     *authn.Digest // of octets; nil: it was not hashed ahead
	answer  []byte        // a copy of octets
	refusal packet.Refusal
	first   bool // of its reason from this NAS
}

// accept takes datagrams that came to c from the NAS: answers, and what is counted and noted and
// ends no wait. Only the reader of c calls it, without the lock.
//
// A sender that knows the addresses can forge what comes here, so nothing of a reply is believed
// before its authenticator has verified. The lock is taken twice, to find the exchanges and to end
// them: in between, many replies are hashed at once, and a host that signs or sends meanwhile does
// not wait for MD5.
func (c *conn) accept(datagrams [][]byte, now instant) {
	in := readBatches.Get().(*readBatch)
	for _, b := range datagrams {
		octets, err := packet.Cut(b)
		switch {
		case err != nil:
			c.discard(b, reasonMalformed, err)
		case !packet.IsAnswer(radius.Code(octets[0])):
			c.discard(octets, reasonUnknownType, fmt.Errorf("%w: code %d is no answer", packet.ErrWrongKind, octets[0]))
		default:
			in.replies = append(in.replies, reply{octets: octets, id: c.idOf(octets), tokens: c.tokens()})
		}
	}
	if len(in.replies) > 0 {
		c.find(in.replies)
		in.hashAhead()
		for i := range in.replies {
			in.replies[i].check()
		}
		c.completeAll(in, now)
	}
	in.giveBack()
}

// find finds the exchanges that in may be for, and counts each as being read (readers). completeAll
// gives them back: until then they are not recycled, though each may end and be dropped by its call
// meanwhile.
//
// An exchange that is being signed, or that the writer has not come to, takes no answer: what has
// its identifier is a late answer to the request before it.
func (c *conn) find(in []reply) {
	c.to.mu.Lock()
	defer c.to.mu.Unlock()
	for i := range in {
		r := &in[i]
		if x := c.inFlight.get(r.id); x != nil && x.live.Load() && !x.unwritten {
			x.readers++
			r.x, r.request, r.peer, r.label, r.key = x, x.wire, x.peer.Name, x.label, x.key
		}
	}
}

// check decides whether r answers its exchange, and copies what does: octets are the link's again
// after the read. No lock is held.
func (r *reply) check() {
	if r.x == nil {
		r.reason, r.err = reasonLate, ErrLate
		return
	}
	if r.reason, r.err = r.x.check(r); r.reason == noReason {
		r.answer, r.refusal = slices.Clone(r.octets), packet.RefusalOf(r.octets)
	}
}

// check decides whether r answers x: a code of the right family, the Response Authenticator (RFC
// 5176, section 2.3), the Message-Authenticator where there is one (3.4), the Event-Timestamp where
// there is one (6.3). RADIUS/1.1 has a Token, which it was found by, in place of the first two (RFC
// 9765, section 4.2).
func (x *Exchange) check(r *reply) (reason, error) {
	b := r.octets
	code := radius.Code(b[0])
	if err := x.verify(r); err != nil {
		return authenticatorFault(err)
	}
	if !packet.Answers(code, x.code) {
		return reasonKind, fmt.Errorf("%w: a %s, signed as it should be, to a %s", packet.ErrWrongKind, packet.CodeName(code), packet.CodeName(x.code))
	}
	if x.peer.RequireMessageAuthenticator && !r.tokens && packet.Find(b, packet.TypeMessageAuthenticator) == nil {
		return reasonMissing, ErrMissing
	}
	if !x.peer.IgnoreEventTimestamp && packet.Find(b, packet.TypeEventTimestamp) != nil {
		if err := packet.Current(b, time.Now(), EventWindow); err != nil {
			return reasonClock, err
		}
	}
	if code == packet.ProtocolError && !packet.Concerns(b, x.code) {
		return reasonOriginal, ErrOriginal
	}
	return noReason, nil
}

// verify verifies r with the secret, and else with the previous one, by its sum where it has one. A
// NAS whose secret is being changed may sign with either. Where neither Response Authenticator is
// right the error is that of the present secret; where the previous one gives a right one over a
// wrong Message-Authenticator (RFC 5176, section 3.4), that is the fault to tell.
func (x *Exchange) verify(r *reply) (err error) {
	switch {
	case r.tokens:
		return nil
	case r.sum != nil:
		err = r.sum.Verify()
	default:
		err = authn.VerifyResponse(r.octets, r.request, r.key.Secret)
	}
	if err == nil || x.peer.Previous == "" {
		return err
	}
	again := authn.VerifyResponse(r.octets, r.request, x.peer.Previous)
	if again == nil || errors.Is(again, authn.ErrMessageAuthenticator) {
		return again
	}
	return err
}

// authenticatorFault tells the two ways apart in which a signature is wrong: they are diagnosed in
// different words, and counted alike.
func authenticatorFault(err error) (reason, error) {
	if errors.Is(err, authn.ErrMessageAuthenticator) {
		return reasonMessageAuthenticator, err
	}
	return reasonAuthenticator, err
}

// completeAll ends the exchanges that in has verified answers to, unless they have ended meanwhile,
// and counts and notes the other replies. Trace and Logger are told before the calls go on, in the
// order of arrival, and a connection that broke the rules ends before that too. Each step is
// deferred, so that a Trace that ends the goroutine leaves no call waiting.
func (c *conn) completeAll(in *readBatch, now instant) {
	var after deferred
	defer after.do() // whatever Trace does
	c.matchAll(in, now, &after)
	for i := range in.replies {
		if r := &in.replies[i]; r.reason == noReason {
			in.ended = append(in.ended, r.x)
		}
	}
	defer func() { finishAll(in.ended) }()
	defer c.breakFor(in.replies)
	c.observe(in.replies)
}

// matchAll finds which of the replies end their exchange. Two of them may be for the same one, and
// the exchange may have ended since find: then the reply is late. The first that answers ends it.
func (c *conn) matchAll(in *readBatch, now instant, after *deferred) {
	d := c.to
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range in.replies {
		r := &in.replies[i]
		x := r.x
		if x == nil {
			continue
		}
		x.readers--
		switch current := x.stage != stageEnded; {
		case r.reason != noReason:
			c.mismatch(r, current)
		case !current:
			r.x, r.reason, r.err, r.peer = nil, reasonLate, ErrLate, ""
			r.label = nil
		default:
			x.answer, x.rtt = r.answer, now-x.last
			d.counters.answered(x.code, r.refusal, x.rtt, now)
			d.completeAnswered(x, now, after)
		}
	}
}

// completeAnswered ends x, which has its answer. That may have come by a connection which ended
// since: such an exchange has no identifier any more, and what verified against its octets answers
// it. After an answer the identifier is free at once, unless Peer.IdentifierRest says otherwise:
// the NAS has nothing left to repeat but that same answer.
func (d *destination) completeAnswered(x *Exchange, now instant, after *deferred) {
	if x.stage == stageDisplaced {
		d.endDisplaced(x)
		return
	}
	d.complete(x, now+x.peer.IdentifierRest, now, after)
}

// breakFor ends the connection by which a reply came that is not signed as it should be (RFC 6613,
// section 2.6.4).
func (c *conn) breakFor(replies []reply) {
	if !c.reliable() {
		return
	}
	for i := range replies {
		if f := replies[i].reason; f == reasonAuthenticator || f == reasonMessageAuthenticator {
			c.breakConn(replies[i].err)
			return
		}
	}
}

// breakConn calls the host's Break, which may panic.
func (c *conn) breakConn(err error) {
	defer func() {
		if v := recover(); v != nil {
			c.to.engine.reportPanic("dac: PacketConn.Break panicked", v, debug.Stack())
		}
	}()
	c.info.Break(err)
}

// observe tells of all replies, of the rest too where Trace or Logger ends the goroutine: by a
// deferred call of itself, since such a goroutine runs nothing else.
func (c *conn) observe(replies []reply) {
	n := 0
	defer func() {
		if n < len(replies) {
			c.observe(replies[n:])
		}
	}()
	for n < len(replies) {
		r := &replies[n]
		n++
		if r.reason != noReason {
			c.tell(r)
		} else {
			c.to.engine.observe(Received, c, r.peer, r.answer, nil, r.label)
		}
	}
}

// mismatch counts and notes a reply that came with the identifier of an exchange, which is current
// or has ended, and does not answer it. It is called with the lock held.
func (c *conn) mismatch(r *reply, current bool) {
	d := c.to
	if current {
		r.x.discarded().note(r.reason, r.err)
	}
	d.counters.dropped(radius.Code(r.octets[0]), r.x.code, r.reason)
	r.first = d.diagnosed&(1<<r.reason) == 0
	d.diagnosed |= 1 << r.reason
}

// tell tells of a reply that was no answer.
func (c *conn) tell(r *reply) {
	if r.x == nil {
		c.discard(r.octets, r.reason, r.err)
		return
	}
	c.to.engine.observe(Dropped, c, r.peer, r.octets, r.err, r.label)
	if r.first {
		c.to.diagnose(r.peer, r.err)
	}
}

// discard counts the datagram b, which belongs to no exchange for certain, and notes it where it
// says something: what is malformed or of an unknown code with the exchange whose identifier it
// has, an identifier that c never used with all.
func (c *conn) discard(b []byte, f reason, err error) {
	d := c.to
	var code, of radius.Code
	d.mu.Lock()
	if len(b) > 0 {
		code = radius.Code(b[0])
	}
	var x *Exchange
	if len(b) >= packet.HeaderLen {
		x = c.inFlight.get(c.idOf(b))
	} else if len(b) > 1 && !c.tokens() {
		x = c.inFlight.get(uint32(b[1]))
	}
	switch {
	case f == reasonLate && !c.used(c.idOf(b)):
		f, err = reasonIdentifier, ErrForeign
		c.noteAll(f, err)
	case f == reasonLate:
	case x != nil:
		of = x.code
		x.discarded().note(f, err)
	default:
		c.noteAll(f, err)
	}
	d.counters.dropped(code, of, f)
	d.mu.Unlock()
	d.engine.observe(Dropped, c, "", b, err, nil)
}

// noteAll notes f with everything that c has in flight. It is called with the lock held.
func (c *conn) noteAll(f reason, err error) {
	c.inFlight.each(func(x *Exchange) { x.discarded().note(f, err) })
}

// A readBatch is the replies of one read on their way through accept. It is pooled: thousands of
// idle sockets hold none.
type readBatch struct {
	replies []reply
	ended   []*Exchange // by them
	hasher  authn.Digester
	sums    []authn.Digest // of replies
}

var readBatches = sync.Pool{New: func() any { return new(readBatch) }}

// hashAhead hashes the replies before the first of them is checked, for the secrets of their
// exchanges, where they are worth it. That decides nothing: check compares each sum, and hashes by
// itself what has none, a reply that is long or was signed with the previous secret.
func (in *readBatch) hashAhead() {
	if !authn.Many || len(in.replies) < authn.MinMany {
		return
	}
	for _, r := range in.replies {
		var s authn.Digest
		if r.x != nil && !r.tokens && len(r.octets) <= authn.MaxManyOctets {
			s = authn.Digest{Octets: r.octets, Field: authn.FieldOf(r.request), Key: r.key}
		}
		in.sums = append(in.sums, s)
	}
	in.hasher.Compute(in.sums)
	for i := range in.sums {
		if in.sums[i].Octets != nil {
			in.replies[i].sum = &in.sums[i]
		}
	}
}

// giveBack returns in to the pool without what it points to: neither octets nor exchanges live on
// by it.
func (in *readBatch) giveBack() {
	clear(in.replies)
	clear(in.ended)
	clear(in.sums)
	in.replies, in.ended, in.sums = in.replies[:0], in.ended[:0], in.sums[:0]
	readBatches.Put(in)
}
