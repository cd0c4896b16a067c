// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A reply is a datagram on its way through accept.
type reply struct {
	packet []byte    // cut
	x      *exchange // that has its identifier; nil: none has
	fault  fault
	err    error
	peer   string // name of the Peer

	sum     *summed // of packet; nil: it was not hashed ahead
	answer  []byte  // a copy of packet
	refusal refusal
	first   bool // of its fault from this NAS
}

// accept takes datagrams that came to p from the NAS: answers, and what is counted and noted and ends no wait. Only the reader of p calls it.
func (p *sourcePort) accept(datagrams [][]byte, now instant) {
	in := inboxes.Get().(*inbox)
	for _, b := range datagrams {
		packet, err := cut(b)
		switch {
		case err != nil:
			p.discard(b, faultMalformed, err)
		case !isAnswer(radius.Code(packet[0])):
			p.discard(packet, faultUnknownType, fmt.Errorf("%w: code %d is no answer", ErrWrongKind, packet[0]))
		default:
			in.replies = append(in.replies, reply{packet: packet})
		}
	}
	if len(in.replies) > 0 {
		p.find(in.replies)
		in.hashAhead()
		for i := range in.replies {
			in.replies[i].check()
		}
		p.settle(in, now)
	}
	in.giveBack()
}

// isAnswer reports whether c is the code of an answer to a Disconnect-Request or CoA-Request.
func isAnswer(c radius.Code) bool {
	return answers(c, radius.CodeDisconnectRequest) || answers(c, radius.CodeCoARequest)
}

// find finds the exchanges that in may be for. settle gives them back: until then they are not recycled.
func (p *sourcePort) find(in []reply) {
	p.to.mu.Lock()
	defer p.to.mu.Unlock()
	for i := range in {
		r := &in[i]
		if x := p.flying[r.packet[1]]; x != nil && x.live.Load() {
			x.readers++
			r.x, r.peer = x, x.peer.Name
		}
	}
}

// check decides whether r answers its exchange, and copies what does.
func (r *reply) check() {
	if r.x == nil {
		r.fault, r.err = faultLate, errLate
		return
	}
	if r.fault, r.err = r.x.check(r.packet, r.sum); r.fault == noFault {
		r.answer, r.refusal = slices.Clone(r.packet), refusalOf(r.packet)
	}
}

// check decides whether the cut packet b answers x: a code of the right family, the Response Authenticator (RFC 5176, section 2.3), the
// Message-Authenticator where there is one (3.4), the Event-Timestamp where there is one (6.3). sum is what b was hashed to ahead, or nil.
func (x *exchange) check(b []byte, sum *summed) (fault, error) {
	code := radius.Code(b[0])
	if err := x.verify(b, sum); err != nil {
		if x.peer.Previous == "" {
			return authenticatorFault(err)
		}
		if again := verifyResponse(b, x.wire, x.peer.Previous); again != nil {
			if errors.Is(again, ErrMessageAuthenticator) {
				err = again
			}
			return authenticatorFault(err)
		}
	}
	if !answers(code, x.code) {
		return faultKind, fmt.Errorf("%w: a %s, signed as it should be, to a %s", ErrWrongKind, codeName(code), codeName(x.code))
	}
	if x.peer.RequireMessageAuthenticator && findAttr(b, typeMessageAuthenticator) == nil {
		return faultMissing, errMissing
	}
	if !x.peer.IgnoreEventTimestamp && findAttr(b, typeEventTimestamp) != nil {
		if err := current(b, time.Now(), eventWindow); err != nil {
			return faultClock, err
		}
	}
	if code == codeProtocolError && !concerns(b, x.code) {
		return faultOriginal, errOriginal
	}
	return noFault, nil
}

// verify is verifyResponse for x, by sum where there is one.
func (x *exchange) verify(b []byte, sum *summed) error {
	if sum != nil {
		return sum.verify()
	}
	return verifyResponse(b, x.wire, x.peer.Secret)
}

func authenticatorFault(err error) (fault, error) {
	if errors.Is(err, ErrMessageAuthenticator) {
		return faultMessageAuthenticator, err
	}
	return faultAuthenticator, err
}

// concerns reports whether the Original-Packet-Code (241.4, RFC 7930, section 4) of a Protocol-Error, where it has one, is code.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|  Type (241)   |  Length (7)   |  Extended (4) |   Value ...
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
func concerns(b []byte, code radius.Code) bool {
	const extended, originalPacketCode = 241, 4
	for t, v := range attributes(b) {
		if t == extended && len(v) > 0 && v[0] == originalPacketCode {
			return len(v) == 5 && binary.BigEndian.Uint32(v[1:]) == uint32(code)
		}
	}
	return true
}

// settle ends the exchanges that in has verified answers to, unless somebody else ended them meanwhile, and counts and notes the other replies.
func (p *sourcePort) settle(in *inbox, now instant) {
	t := p.to
	var c chores
	t.mu.Lock()
	for i := range in.replies {
		r := &in.replies[i]
		x := r.x
		if x == nil {
			continue
		}
		x.readers--
		switch current := p.flying[r.packet[1]] == x; {
		case r.fault != noFault:
			p.mismatch(r, current)
		case !current:
			r.x, r.fault, r.err, r.peer = nil, faultLate, errLate, ""
		default:
			x.answer, x.rtt = r.answer, now-x.last
			t.counters.answered(x.code, r.refusal, x.rtt, now)
			t.leave(x, now+x.peer.IdentifierRest, now, &c)
		}
	}
	t.mu.Unlock()
	for i := range in.replies {
		if r := &in.replies[i]; r.fault != noFault {
			p.tell(r)
		} else {
			t.core.observe(Received, p, r.peer, r.answer, nil)
			in.ended = append(in.ended, r.x)
		}
	}
	finishAll(in.ended)
	c.do()
}

// mismatch counts and notes a reply that came with the identifier of an exchange, which is current or has ended, and does not answer it. It is
// called with the lock held.
func (p *sourcePort) mismatch(r *reply, current bool) {
	t := p.to
	if current {
		r.x.at().note(r.fault, r.err)
	}
	t.counters.dropped(radius.Code(r.packet[0]), r.x.code, r.fault)
	r.first = t.told&(1<<r.fault) == 0
	t.told |= 1 << r.fault
}

// tell tells of a reply that was no answer.
func (p *sourcePort) tell(r *reply) {
	if r.x == nil {
		p.discard(r.packet, r.fault, r.err)
		return
	}
	p.to.core.observe(Dropped, p, r.peer, r.packet, r.err)
	if r.first {
		p.to.diagnose(r.peer, r.err)
	}
}

// discard counts the datagram b, which belongs to no exchange for certain, and notes it where it says something: what is malformed or of
// an unknown code with the exchange whose identifier it has, an identifier that p never used with all.
func (p *sourcePort) discard(b []byte, f fault, err error) {
	t := p.to
	var code, of radius.Code
	t.mu.Lock()
	if len(b) > 0 {
		code = radius.Code(b[0])
	}
	var x *exchange
	if len(b) > 1 {
		x = p.flying[b[1]]
	}
	switch {
	case f == faultLate && !p.used(b[1]):
		f, err = faultIdentifier, errForeign
		p.noteAll(f, err)
	case f == faultLate:
	case x != nil:
		of = x.code
		x.at().note(f, err)
	default:
		p.noteAll(f, err)
	}
	t.counters.dropped(code, of, f)
	t.mu.Unlock()
	t.core.observe(Dropped, p, "", b, err)
}

// noteAll notes f with everything that p has in flight.
func (p *sourcePort) noteAll(f fault, err error) {
	for _, x := range p.flying {
		if x != nil {
			x.at().note(f, err)
		}
	}
}

// A refusal is what the counters of RFC 4672 want to know of an answer.
type refusal struct {
	ack      bool
	authOnly bool // a NAK that says Authorize Only
	cause    errcause.Cause
}

func refusalOf(b []byte) (v refusal) {
	v.ack = b[0] == byte(radius.CodeDisconnectACK) || b[0] == byte(radius.CodeCoAACK)
	if v.ack {
		return v
	}
	for t, value := range attributes(b) {
		switch {
		case len(value) != 4:
		case t == typeErrorCause && v.cause == 0:
			v.cause = errcause.Cause(binary.BigEndian.Uint32(value))
		case t == typeServiceType:
			v.authOnly = binary.BigEndian.Uint32(value) == serviceAuthorizeOnly
		}
	}
	return v
}
