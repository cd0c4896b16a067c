// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/compose"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Response is the code and the attributes of an answer. Identifier, Proxy-State, State,
// Message-Authenticator and authenticators belong to the request that is answered and are set when
// it is signed, and those in Packet do not count: so the Response of a Client is an answer of a
// Server as it is. It is not pooled, and read-only once built or received.
type Response struct {
	Packet *radius.Packet
	Source netip.AddrPort // who answered; zero in an answer to be sent
	Sent   int            // transmissions of the request; 0 in an answer to be sent
	// RTT is the time from the last transmission to the answer; 0 in an answer to be sent.
	RTT time.Duration
	// After is called by a Server once, after the answer went out; Serve waits for it. nil:
	// nothing.
	After func(ctx context.Context) `json:"-"`
	// Local is where the request was sent from; zero in an answer to be sent.
	Local netip.AddrPort
	// ID is that of the exchange: the Identifier, or the Token of RADIUS/1.1.
	ID uint32
	// Resent: the connection ended after the request was sent, and it was sent again by another
	// one. The NAS may have executed it twice where it does not know duplicates, as over
	// RADIUS/1.1.
	Resent bool
	// Waited is the time from the first transmission to the answer; 0 in an answer to be sent.
	Waited time.Duration
	// Discarded has the errors of replies that came before and did not verify or fit, each a
	// *PacketError, at most one of each kind.
	Discarded []error
	Tag       any // the caller's own, Job.Tag or that of WithTag; nil: none
	// Sessions is how many were acted upon, for the counters of RFC 4673; 0 in an ACK counts as 1.
	Sessions int

	flaw     *flaw
	received bool // over the network, and not made by a handler: passes as it is
}

// A flaw is what a handler wanted in an answer and what cannot be there: the answer goes without
// it.
type flaw struct{ err error }

// flawed notes a flaw of r beside those it has.
func (r *Response) flawed(err error) {
	if r.flaw != nil {
		err = errors.Join(r.flaw.err, err)
	}
	r.flaw = &flaw{err}
}

func newResponse(code radius.Code, c errcause.Cause, a []attrs.Attr) *Response {
	made := new(struct {
		r Response
		p radius.Packet
	})
	made.r.Packet = &made.p
	made.p.Code = code
	if c != 0 {
		made.p.Attributes = radius.Attributes{{Type: packet.TypeErrorCause, Attribute: binary.BigEndian.AppendUint32(nil, uint32(c))}}
	}
	if len(a) > 0 {
		set, err := join(a)
		if err != nil {
			made.r.flawed(err)
		}
		made.p.Attributes = append(made.p.Attributes, set...)
	}
	return &made.r
}

// ParseResponse verifies b, an answer to the packet whose octets are request, with each of s in
// turn and parses it. What is returned is a copy: b may be used again. An answer with another
// identifier, or of a code that does not fit the request, is ErrMalformed.
func ParseResponse(b, request []byte, s ...Secret) (*Response, error) {
	request, err := packet.Cut(request)
	if err != nil {
		return nil, &PacketError{Op: "parse", Err: fmt.Errorf("the request: %w", err)}
	}
	if b, err = packet.Cut(b); err == nil {
		err = packet.Fits(b, request)
	}
	if err != nil {
		return nil, &PacketError{Op: "parse", Err: err}
	}
	if _, err = verifyAny(s, func(s Secret) error { return authn.VerifyResponse(b, request, authn.Secret(s)) }); err != nil {
		return nil, &PacketError{Op: "verify", Err: err}
	}
	return parseResponse(slices.Clone(b)), nil
}

// answerAttributes is how many attributes an answer has before they need an allocation of their
// own: Message-Authenticator, Error-Cause or Acct-Terminate-Cause, Proxy-State, Event-Timestamp.
const answerAttributes = 4

// parseResponse makes a Response of verified, cut octets, which it keeps. Where it came from is the
// caller's to say.
func parseResponse(b []byte) *Response {
	made := new(struct {
		r    Response
		p    radius.Packet
		avps [answerAttributes]radius.AVP
		set  [answerAttributes]*radius.AVP
	})
	packet.Parse(&made.p, b, made.avps[:0], made.set[:0])
	made.r = Response{Packet: &made.p, ID: uint32(b[1]), received: true}
	return &made.r
}

// AppendSigned appends the octets of r, as the answer to a request that was received, signed with
// s, to b. The identifier, every Proxy-State in order (RFC 5176, section 3.1), the State of a
// CoA-Request (section 3.3) and the authenticators are those of to; a Message-Authenticator is
// added, first, when to had one. The answer to a request of RADIUS/1.1 is not signed, and s is not
// used (RFC 9765). Errors: an empty secret, a request that was not received, no
// Packet or a code that does not answer it, an attribute that cannot be encoded, a packet of more
// than 4096 octets.
func (r *Response) AppendSigned(b []byte, to *Request, s Secret) ([]byte, error) {
	return r.appendSigned(b, to, s, time.Time{})
}

// appendSigned is AppendSigned with an Event-Timestamp, where stamp is not zero and r has none (RFC
// 5176, section 6.3).
func (r *Response) appendSigned(b []byte, to *Request, s Secret, stamp time.Time) ([]byte, error) {
	if s == "" && to.version != RADIUS11 {
		return nil, authn.ErrNoSecret
	}
	if r.flaw != nil {
		return nil, r.flaw.err
	}
	start := len(b)
	b, err := r.appendUnsigned(b, to, stamp)
	if err != nil {
		return nil, err
	}
	if to.version == RADIUS11 {
		return b, nil
	}
	authn.SignResponse(b[start:], to.wire, authn.Secret(s))
	return b, nil
}

// appendUnsigned is appendSigned without the signature.
func (r *Response) appendUnsigned(b []byte, to *Request, stamp time.Time) ([]byte, error) {
	return compose.Answer(b, r.Packet, to.wire, to.version == RADIUS11, stamp)
}

// ACK reports whether r is a Disconnect-ACK or CoA-ACK.
func (r *Response) ACK() bool {
	return packet.IsACK(r.Packet.Code)
}

// Cause returns the first Error-Cause of r, 0 where it has none. The 201 of an ACK is found here
// (RFC 5176, section 3.5).
func (r *Response) Cause() errcause.Cause {
	return compose.CauseOf(r.Packet.Attributes)
}

// Err returns nil for an ACK, with or without a cause, else a *NAKError.
func (r *Response) Err() error {
	if r.ACK() {
		return nil
	}
	return &NAKError{Cause: r.Cause(), Response: r, Resent: r.Resent}
}

// with is r with another Packet.
func (r *Response) with(p *radius.Packet) *Response {
	return &Response{Packet: p, After: r.After, Sessions: r.Sessions}
}
