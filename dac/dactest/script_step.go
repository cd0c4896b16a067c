// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Step is what a ScriptedNAS does with the next request, or with several. Steps are values: one
// may be used in many scripts.
type Step struct {
	times   int
	answers func(t *turn) []answer
}

// A turn is one request at a ScriptedNAS.
type turn struct {
	request *dac.Request
	wire    []byte
	fail    func(format string, args ...any) // the test: it is the script that is wrong
}

// An answer is one datagram back.
type answer struct {
	wire      []byte
	delay     time.Duration
	elsewhere bool
}

// ACK says that all of it was done.
func ACK(a ...attrs.Attr) Step {
	return reply(1, a)
}

// NAK refuses with cause c, 0 for none; unlike a Server it also sends causes that this NAK may not
// carry.
func NAK(c errcause.Cause, a ...attrs.Attr) Step {
	return reply(2, append(cause(c), a...))
}

// ProtocolError answers with code 52 (RFC 7930, section 4) and cause c, 0 for none: the other side
// has not even looked at the request.
func ProtocolError(c errcause.Cause) Step {
	return Edit(NAK(c), func(answer, request []byte) []byte {
		answer[0] = byte(packet.ProtocolError)
		SignResponse(answer, request, Secret)
		return answer
	})
}

// Reply answers what h returns, as a Server does: an error is a NAK with the cause that it wraps,
// and ErrDiscard and ErrSilent are silence. h is called for one request after the other.
func Reply(h dac.Handler) Step {
	return Step{1, func(t *turn) []answer {
		resp, err := h.Handle(context.Background(), t.request)
		var nak *dac.NAKError
		errors.As(err, &nak)
		switch {
		case errors.Is(err, dac.ErrDiscard), errors.Is(err, dac.ErrSilent):
			return nil
		case nak != nil && nak.Response != nil:
			return t.signed(nak.Response)
		case err != nil || resp == nil:
			c, _ := errcause.Of(err)
			return t.answer(2, cause(c))
		}
		return t.signed(resp)
	}}
}

// Drop leaves the next n requests unanswered.
func Drop(n int) Step { return Step{n, func(*turn) []answer { return nil }} }

// Times does s n times.
func Times(n int, s Step) Step { return Step{n, s.answers} }

// Delay does s, and its answers leave d later. The next requests are taken meanwhile.
func Delay(d time.Duration, s Step) Step {
	return s.each(func(a answer, _ *turn) []answer {
		a.delay += d
		return []answer{a}
	})
}

// Twice does s, and each of its answers leaves twice.
func Twice(s Step) Step {
	return s.each(func(a answer, _ *turn) []answer { return []answer{a, a} })
}

// Elsewhere does s, and its answers leave from another port than the one that was asked. A
// connected socket never sees them.
func Elsewhere(s Step) Step {
	return s.each(func(a answer, _ *turn) []answer {
		a.elsewhere = true
		return []answer{a}
	})
}

// Edit does s, and f may change the octets of each answer, or replace them; nil is silence. What f
// changes is not signed again: call SignResponse with Secret for a change that is to verify.
func Edit(s Step, f func(answer, request []byte) []byte) Step {
	return s.each(func(a answer, t *turn) []answer {
		if a.wire = f(a.wire, slices.Clone(t.wire)); a.wire == nil {
			return nil
		}
		return []answer{a}
	})
}

// WrongIdentifier answers with an ACK that verifies but has another identifier: the answer to
// another request.
func WrongIdentifier() Step {
	return Edit(ACK(), func(answer, request []byte) []byte {
		answer[1]++
		SignResponse(answer, request, Secret)
		return answer
	})
}

// WrongKind answers a Disconnect-Request with a CoA-ACK and a CoA-Request with a Disconnect-ACK;
// both verify. There are NASes that do.
func WrongKind() Step {
	return Edit(ACK(), func(answer, request []byte) []byte {
		answer[0] = byte(radius.CodeDisconnectACK)
		if radius.Code(request[0]) == radius.CodeDisconnectRequest {
			answer[0] = byte(radius.CodeCoAACK)
		}
		SignResponse(answer, request, Secret)
		return answer
	})
}

// Forged answers with an ACK that is signed with another secret.
func Forged() Step {
	return Edit(ACK(), func(answer, request []byte) []byte {
		SignResponse(answer, request, "not "+Secret)
		return answer
	})
}

// ForgedMessageAuthenticator answers with an ACK whose Response Authenticator is right and whose
// Message-Authenticator is not. Where the request had none the ACK gets one all the same.
func ForgedMessageAuthenticator() Step {
	return Edit(ACK(), func(answer, request []byte) []byte {
		forged := append([]byte(nil), answer[:packet.HeaderLen]...)
		forged = append(forged, packet.TypeMessageAuthenticator, 18)
		forged = append(forged, "sixteen of those"...)
		for t, v := range attributes(answer) {
			if t != packet.TypeMessageAuthenticator {
				forged = append(append(forged, t, byte(2+len(v))), v...)
			}
		}
		binary.BigEndian.PutUint16(forged[2:], uint16(len(forged)))
		signAuthenticator(forged, authn.FieldOf(request), Secret)
		return forged
	})
}

// Truncated answers with an ACK that lacks its last octet.
func Truncated() Step {
	return Edit(ACK(), func(answer, _ []byte) []byte { return answer[:len(answer)-1] })
}

// Stale answers with an ACK whose Event-Timestamp is off by so much; negative is in the past.
func Stale(off time.Duration) Step {
	return Step{1, func(t *turn) []answer {
		at := binary.BigEndian.AppendUint32(nil, uint32(time.Now().Add(off).Unix()))
		return t.answer(1, []attrs.Attr{attrs.Raw(packet.TypeEventTimestamp, at)})
	}}
}

// each lets f make something else of every answer of s.
func (s Step) each(f func(answer, *turn) []answer) Step {
	return Step{s.times, func(t *turn) (all []answer) {
		for _, a := range s.answers(t) {
			a.wire = slices.Clone(a.wire)
			all = append(all, f(a, t)...)
		}
		return all
	}}
}

// reply answers with the code that is so far from the request's, and a.
func reply(offset radius.Code, a []attrs.Attr) Step {
	return Step{1, func(t *turn) []answer { return t.answer(offset, a) }}
}

func (t *turn) answer(offset radius.Code, a []attrs.Attr) []answer {
	p := &radius.Packet{Code: t.request.Packet.Code + offset}
	var errs []error
	for _, one := range a {
		var err error
		if p.Attributes, err = one.AppendTo(p.Attributes); err != nil {
			errs = append(errs, err)
		}
	}
	return t.signed(&dac.Response{Packet: p}, errs...)
}

func (t *turn) signed(resp *dac.Response, errs ...error) []answer {
	b, err := resp.AppendSigned(nil, t.request, Secret)
	if err = errors.Join(append(errs, err)...); err != nil {
		t.fail("dactest: cannot answer: %v", err)
		return nil
	}
	return []answer{{wire: b}}
}

func cause(c errcause.Cause) []attrs.Attr {
	if c == 0 {
		return nil
	}
	return []attrs.Attr{attrs.Raw(packet.TypeErrorCause, binary.BigEndian.AppendUint32(nil, uint32(c)))}
}
