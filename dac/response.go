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
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Response is the code and the attributes of an answer. Identifier, Proxy-State, State, Message-Authenticator and authenticators
// belong to the request that is answered and are set when it is signed, whatever Packet holds: so the Response of a Client is
// an answer of a Server as it is. It is not pooled, and read-only once built or received.
type Response struct {
	Packet   *radius.Packet
	Source   netip.AddrPort            // who answered; zero in an answer to be sent
	Sent     int                       // transmissions of the request; 0 in an answer to be sent
	RTT      time.Duration             // from the last transmission to the answer; 0 in an answer to be sent
	After    func(ctx context.Context) `json:"-"` // called by a Server once, after the answer went out; Serve waits for it. nil: nothing
	Local    netip.AddrPort            // where the request was sent from; zero in an answer to be sent
	ID       uint32                    // of the exchange: the Identifier, or the Token of RADIUS/1.1
	Sessions int                       // acted upon, for the counters of RFC 4673; 0 in an ACK counts as 1

	received bool // over the network, and not made by a handler: passes as it is
}

func newResponse(code radius.Code, c errcause.Cause, a []attrs.Attr) (*Response, error) {
	made := new(struct {
		r Response
		p radius.Packet
	})
	made.r.Packet = &made.p
	made.p.Code = code
	if c != 0 {
		made.p.Attributes = radius.Attributes{{Type: typeErrorCause, Attribute: binary.BigEndian.AppendUint32(nil, uint32(c))}}
	}
	if len(a) > 0 {
		set, err := join(a)
		if err != nil {
			return nil, err
		}
		made.p.Attributes = append(made.p.Attributes, set...)
	}
	return &made.r, nil
}

// ParseResponse verifies b, an answer to the packet whose octets are request, with each of s in turn and parses it. What is returned is
// a copy: b may be used again. An answer with another identifier, or of a code that does not fit the request, is ErrMalformed.
func ParseResponse(b, request []byte, s ...Secret) (*Response, error) {
	request, err := cut(request)
	if err != nil {
		return nil, &PacketError{Op: "parse", Err: fmt.Errorf("the request: %w", err)}
	}
	if b, err = cut(b); err == nil {
		err = fits(b, request)
	}
	if err != nil {
		return nil, &PacketError{Op: "parse", Err: err}
	}
	if _, err = verifyAny(s, func(s Secret) error { return verifyResponse(b, request, s) }); err != nil {
		return nil, &PacketError{Op: "verify", Err: err}
	}
	return parseResponse(slices.Clone(b))
}

// fits checks that the packet b has the identifier of request and a code that may answer it.
func fits(b, request []byte) error {
	switch c, of := radius.Code(b[0]), radius.Code(request[0]); {
	case !answers(c, of):
		return fmt.Errorf("%w: code %d does not answer a %v", ErrMalformed, c, of)
	case b[1] != request[1]:
		return fmt.Errorf("%w: identifier %d in an answer to %d", ErrMalformed, b[1], request[1])
	}
	return nil
}

// answerAttributes is how many attributes an answer has before they need an allocation of their own: Message-Authenticator, Error-Cause or
// Acct-Terminate-Cause, Proxy-State, Event-Timestamp.
const answerAttributes = 4

// parseResponse makes a Response of verified, cut octets, which it keeps. Where it came from is the caller's to say.
func parseResponse(b []byte) (*Response, error) {
	made := new(struct {
		r    Response
		p    radius.Packet
		avps [answerAttributes]radius.AVP
		set  [answerAttributes]*radius.AVP
	})
	fillPacket(&made.p, b, made.avps[:0], made.set[:0])
	made.r = Response{Packet: &made.p, ID: uint32(b[1]), received: true}
	return &made.r, nil
}

// AppendSigned appends the octets of r, as the answer to a request that was received, signed with s, to b. The identifier, every Proxy-State
// in order (RFC 5176, section 3.1), the State of a CoA-Request (section 3.3) and the authenticators are those of to; a Message-Authenticator
// is added, first, when to had one. Errors: an empty secret, a request that was not received, no Packet or a code that does not
// answer it, an attribute that cannot be encoded, a packet of more than 4096 octets.
func (r *Response) AppendSigned(b []byte, to *Request, s Secret) ([]byte, error) {
	return r.appendSigned(b, to, s, time.Time{})
}

// appendSigned is AppendSigned with an Event-Timestamp, where stamp is not zero and r has none (RFC 5176, section 6.3).
func (r *Response) appendSigned(b []byte, to *Request, s Secret, stamp time.Time) ([]byte, error) {
	if s == "" {
		return nil, errNoSecret
	}
	start := len(b)
	b, err := r.appendUnsigned(b, to, stamp)
	if err != nil {
		return nil, err
	}
	signResponse(b[start:], to.wire, s)
	return b, nil
}

// appendUnsigned is appendSigned without the signature.
func (r *Response) appendUnsigned(b []byte, to *Request, stamp time.Time) ([]byte, error) {
	switch {
	case to.wire == nil:
		return nil, errors.New("dac: the request to be answered was not received")
	case r.Packet == nil:
		return nil, errNoPacket
	case !answers(r.Packet.Code, radius.Code(to.wire[0])):
		return nil, fmt.Errorf("%w: code %d does not answer a %v", ErrMalformed, r.Packet.Code, radius.Code(to.wire[0]))
	}
	start := len(b)
	at, _ := findMessageAuthenticator(to.wire)
	b = appendHeader(b, r.Packet.Code, to.wire[1], at != 0)
	stamped := stamp.IsZero()
	b, err := appendAttributes(b, r.Packet.Attributes, func(t byte) bool {
		stamped = stamped || t == typeEventTimestamp
		return t == typeMessageAuthenticator || t == typeProxyState || t == typeState
	})
	if err != nil {
		return nil, err
	}
	if !stamped {
		b = append(b, typeEventTimestamp, 6)
		b = binary.BigEndian.AppendUint32(b, uint32(stamp.Unix()))
	}
	b = appendEchoes(b, to.wire)
	if err := closePacket(b, start); err != nil {
		return nil, err
	}
	return b, nil
}

// appendEchoes appends what an answer returns unchanged of the request: every Proxy-State in order, and the State of a CoA-Request. An answer
// has one State at most (RFC 5176, section 3.6), so of several that are not allowed anyway it is the first.
func appendEchoes(b, request []byte) []byte {
	state := radius.Code(request[0]) == radius.CodeCoARequest
	for rest := request[headerLen:]; len(rest) > 0; rest = rest[rest[1]:] {
		switch {
		case rest[0] == typeProxyState:
		case rest[0] == typeState && state:
			state = false
		default:
			continue
		}
		b = append(b, rest[:rest[1]]...)
	}
	return b
}

// ACK reports whether r is a Disconnect-ACK or CoA-ACK.
func (r *Response) ACK() bool {
	return r.Packet.Code == radius.CodeDisconnectACK || r.Packet.Code == radius.CodeCoAACK
}

// Cause returns the first Error-Cause of r, 0 where it has none. The 201 of an ACK is found here (RFC 5176, section 3.5).
func (r *Response) Cause() errcause.Cause {
	for _, a := range r.Packet.Attributes {
		if a != nil && a.Type == typeErrorCause && len(a.Attribute) == 4 {
			return errcause.Cause(binary.BigEndian.Uint32(a.Attribute))
		}
	}
	return 0
}

// Err returns nil for an ACK, whatever cause it carries, else a *NAKError.
func (r *Response) Err() error {
	if r.ACK() {
		return nil
	}
	return &NAKError{Cause: r.Cause(), Response: r}
}

// only is r with no other attributes than those of types.
func (r *Response) only(types ...radius.Type) *Response {
	p := &radius.Packet{Code: r.Packet.Code}
	for _, a := range r.Packet.Attributes {
		if a != nil && slices.Contains(types, a.Type) {
			p.Attributes = append(p.Attributes, a)
		}
	}
	return &Response{Packet: p, After: r.After, Sessions: r.Sessions}
}
