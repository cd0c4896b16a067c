// SPDX-License-Identifier: Apache-2.0

package dac

import (
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

// Port is the UDP port of dynamic authorization (RFC 5176, section 2.3). Some NASes listen on 1700 instead.
const Port = 3799

// A Request is a Disconnect-Request or CoA-Request (RFC 5176, section 2). It is not pooled: whoever holds one may keep it, and everything
// read from it. It is read-only once built or received: one Request may be sent to many, at once.
type Request struct {
	Packet *radius.Packet // generated layeh getters work on it; its Secret, Identifier and Authenticator mean nothing here
	Source netip.AddrPort // where it came from; zero in a request to be sent
	Peer   string         // Name of the Peer it came from; "" in a request to be sent
	Local  netip.AddrPort // the address that it came to; zero in a request to be sent
	Seq    uint64         // order of arrival at the Server, from 1; 0 in a request to be sent

	wire   []byte                              // the octets as received: Proxy-State, State and the authenticator are taken from there
	reveal func(hidden []byte) ([]byte, error) // with the secret that verified it
}

// NewDisconnect builds a Disconnect-Request. The errors that encoding made in a are joined.
func NewDisconnect(a ...attrs.Attr) (*Request, error) {
	return newRequest(radius.CodeDisconnectRequest, a)
}

// NewCoA builds a CoA-Request. The errors that encoding made in a are joined.
func NewCoA(a ...attrs.Attr) (*Request, error) { return newRequest(radius.CodeCoARequest, a) }

func newRequest(code radius.Code, a []attrs.Attr) (*Request, error) {
	set, err := join(a)
	if err != nil {
		return nil, err
	}
	made := new(struct {
		r Request
		p radius.Packet
	})
	made.p = radius.Packet{Code: code, Attributes: set}
	made.r.Packet = &made.p
	return &made.r, nil
}

// join makes one set of a, or all the errors in it.
func join(a []attrs.Attr) (set radius.Attributes, err error) {
	var errs []error
	if len(a) > 0 {
		set = make(radius.Attributes, 0, len(a))
	}
	for _, one := range a {
		if set, err = one.AppendTo(set); err != nil {
			errs = append(errs, err)
		}
	}
	return set, errors.Join(errs...)
}

// ParseRequest verifies b with each of s in turn and parses it. What is returned is a copy: b may be used again. The error wraps
// ErrMalformed, ErrAuthenticator or ErrMessageAuthenticator in a *PacketError; where s has none that is not empty, it says so and nothing is
// verified. Event-Timestamp is not checked: only who keeps a clock can.
func ParseRequest(b []byte, s ...Secret) (*Request, error) {
	b, err := cut(b)
	if err != nil {
		return nil, &PacketError{Op: "parse", Err: err}
	}
	if c := radius.Code(b[0]); !isRequest(c) {
		return nil, &PacketError{Op: "parse", Err: fmt.Errorf("%w: code %d is no Disconnect-Request or CoA-Request", ErrMalformed, b[0])}
	}
	secret, err := verifyAny(s, func(s Secret) error { return verifyRequest(b, s) })
	if err != nil {
		return nil, &PacketError{Op: "verify", Err: err}
	}
	return received(slices.Clone(b), func(hidden []byte) ([]byte, error) { return reveal(hidden, secret) }), nil
}

// verifyAny returns the first of s with which verify is content. Of several errors the one that came furthest is returned: a secret that
// fits the authenticator is the right one.
func verifyAny(s []Secret, verify func(Secret) error) (Secret, error) {
	err := errNoSecret
	for _, secret := range s {
		if secret == "" {
			continue
		}
		one := verify(secret)
		if one == nil {
			return secret, nil
		}
		if err == errNoSecret || errors.Is(one, ErrMessageAuthenticator) {
			err = one
		}
	}
	return "", err
}

// received makes a Request of verified, cut octets, which it keeps.
func received(b []byte, reveal func([]byte) ([]byte, error)) *Request {
	made := new(struct {
		r Request
		p radius.Packet
	})
	parsePacket(&made.p, b)
	made.r = Request{Packet: &made.p, wire: b, reveal: reveal}
	return &made.r
}

// Disconnect reports whether r is a Disconnect-Request, and not a CoA-Request.
func (r *Request) Disconnect() bool { return r.Packet.Code == radius.CodeDisconnectRequest }

// Attributes returns the attributes of r, which are not to be changed.
func (r *Request) Attributes() radius.Attributes { return r.Packet.Attributes }

// Reveal returns the clear value of a salted one (RFC 2868, section 3.5): salt and hidden octets, without a tag. It works on a request
// that was received; in one that is to be sent hidden values stand in clear.
func (r *Request) Reveal(hidden []byte) ([]byte, error) {
	if r.reveal == nil {
		return nil, fmt.Errorf("%w: the request was not received", errHidden)
	}
	return r.reveal(hidden)
}

// AppendSigned appends the octets of r, with identifier id and signed with s, to b. A Message-Authenticator is added as the first attribute
// and hidden values are hidden; in a request that was received, and is sent on, they are hidden anew. An empty secret, a Request without
// Packet or of another code, an attribute that cannot be encoded and a packet of more than 4096 octets are errors.
func (r *Request) AppendSigned(b []byte, id byte, s Secret) ([]byte, error) {
	return r.appendSigned(b, id, signing{Secret: s, MessageAuthenticator: true})
}

// signing is how a request is signed.
type signing struct {
	Secret               Secret
	MessageAuthenticator bool
	EventTimestamp       time.Time // zero adds none; one that is there is kept
}

func (r *Request) appendSigned(b []byte, id byte, o signing) ([]byte, error) {
	start := len(b)
	b, err := r.appendUnsigned(b, id, o)
	if err != nil {
		return nil, err
	}
	signRequest(b[start:], o.Secret)
	return b, nil
}

// appendUnsigned is appendSigned without the signature.
func (r *Request) appendUnsigned(b []byte, id byte, o signing) ([]byte, error) {
	if o.Secret == "" {
		return nil, errNoSecret
	}
	if r.Packet == nil {
		return nil, errNoPacket
	}
	if !isRequest(r.Packet.Code) {
		return nil, fmt.Errorf("%w: %v is no Disconnect-Request or CoA-Request", ErrMalformed, r.Packet.Code)
	}
	set, err := r.hidden(o.Secret)
	if err != nil {
		return nil, err
	}
	start := len(b)
	b = appendHeader(b, r.Packet.Code, id, o.MessageAuthenticator)
	stamped := false
	b, err = appendAttributes(b, set, func(t byte) bool {
		stamped = stamped || t == typeEventTimestamp
		return t == typeMessageAuthenticator
	})
	if err != nil {
		return nil, err
	}
	if !stamped && !o.EventTimestamp.IsZero() {
		b = append(b, typeEventTimestamp, 6)
		b = binary.BigEndian.AppendUint32(b, uint32(o.EventTimestamp.Unix()))
	}
	return b, closePacket(b, start)
}

// hidden returns the attributes of r with what is salted hidden by s.
func (r *Request) hidden(s Secret) (radius.Attributes, error) {
	return attrs.MapHidden(r.Packet.Attributes, func(value []byte) (_ []byte, err error) {
		if r.reveal != nil {
			if value, err = r.reveal(value); err != nil {
				return nil, err
			}
		}
		return hide(value, s)
	})
}

// appendHeader appends a header without Length and authenticator, and an empty Message-Authenticator where one is wanted: as the first
// attribute, so that nothing that an attacker could choose stands before it.
func appendHeader(b []byte, code radius.Code, id byte, messageAuthenticator bool) []byte {
	b = append(b, byte(code), id, 0, 0)
	b = append(b, zeros[:]...)
	if messageAuthenticator {
		b = append(b, typeMessageAuthenticator, 2+byte(len(zeros)))
		b = append(b, zeros[:]...)
	}
	return b
}

// ACK makes the answer that says all of it was done. A handler that has done it returns r.ACK().
func (r *Request) ACK(a ...attrs.Attr) (*Response, error) {
	return newResponse(r.Packet.Code+1, 0, a)
}

// NAK makes the answer that says nothing was done, and why; Cause 0 is no Error-Cause. A cause that this NAK may not carry (RFC 5176, section
// 3.5) is an error.
func (r *Request) NAK(c errcause.Cause, a ...attrs.Attr) (*Response, error) {
	code := r.Packet.Code + 2
	if c != 0 && !c.AllowedIn(int(code)) {
		return nil, fmt.Errorf("dac: %v may not be in a %v", c, code)
	}
	return newResponse(code, c, a)
}
