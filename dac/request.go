// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/compose"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Port is the UDP port of dynamic authorization (RFC 5176, section 2.3). Some NASes listen on 1700
// instead.
const Port = 3799

// A Request is a Disconnect-Request or CoA-Request (RFC 5176, section 2). It is not pooled: its
// holder may keep it, and everything read from it. It is read-only once built or received: one
// Request may be sent to many, at once.
type Request struct {
	// Packet is the request as layeh has it: generated getters work on it; its Secret, Identifier
	// and Authenticator mean nothing here.
	Packet *radius.Packet
	Source netip.AddrPort // where it came from; zero in a request to be sent
	Peer   string         // Name of the Peer it came from; "" in a request to be sent
	Local  netip.AddrPort // the address that it came to; zero in a request to be sent
	Seq    uint64         // order of arrival at the Server, from 1; 0 in a request to be sent
	// PeerIdentity is what the handshake of the connection proved that the request came by; nil
	// over UDP, and in a request to be sent.
	PeerIdentity *PeerIdentity

	// The octets as received: Proxy-State, State and the authenticator are taken from there.
	wire   []byte
	reveal revealer // with the secret that verified it
	// RADIUS11: wire has a Token, and nothing in it is signed or hidden.
	version Version
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

// join makes one set of those of a that can be encoded, and joins the errors of the others.
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

// ParseRequest verifies b with each of s in turn and parses it. What is returned is a copy: b may
// be used again. The error wraps ErrMalformed, ErrAuthenticator or ErrMessageAuthenticator in a
// *PacketError; where s has none that is not empty, it says so and nothing is verified.
// Event-Timestamp is not checked: only who keeps a clock can.
func ParseRequest(b []byte, s ...Secret) (*Request, error) {
	b, err := packet.Cut(b)
	if err != nil {
		return nil, &PacketError{Op: "parse", Err: err}
	}
	if c := radius.Code(b[0]); !packet.IsRequest(c) {
		return nil, &PacketError{Op: "parse", Err: fmt.Errorf("%w: code %d is no Disconnect-Request or CoA-Request", ErrMalformed, b[0])}
	}
	secret, err := verifyAny(s, func(s Secret) error { return authn.VerifyRequest(b, authn.Secret(s)) })
	if err != nil {
		return nil, &PacketError{Op: "verify", Err: err}
	}
	return received(slices.Clone(b), compose.RevealWith(authn.Secret(secret))), nil
}

// verifyAny returns the first of s with which verify is content. Of several errors the one that
// came furthest is returned: a secret that fits the authenticator is the right one.
func verifyAny(s []Secret, verify func(Secret) error) (Secret, error) {
	err := authn.ErrNoSecret
	for _, secret := range s {
		if secret == "" {
			continue
		}
		one := verify(secret)
		if one == nil {
			return secret, nil
		}
		if err == authn.ErrNoSecret || errors.Is(one, ErrMessageAuthenticator) {
			err = one
		}
	}
	return "", err
}

// received makes a Request of verified, cut octets, which it keeps.
func received(b []byte, reveal revealer) *Request {
	made := new(struct {
		r Request
		p radius.Packet
	})
	packet.Parse(&made.p, b, nil, nil)
	made.r = Request{Packet: &made.p, wire: b, reveal: reveal}
	return &made.r
}

// Disconnect reports whether r is a Disconnect-Request, and not a CoA-Request.
func (r *Request) Disconnect() bool { return r.Packet.Code == radius.CodeDisconnectRequest }

// Attributes returns the attributes of r, which are not to be changed.
func (r *Request) Attributes() radius.Attributes { return r.Packet.Attributes }

// Reveal returns the clear value of a salted one (RFC 2868, section 3.5): salt and hidden octets,
// without a tag. It works on a request that was received; in one that is to be sent hidden values
// stand in clear.
func (r *Request) Reveal(hidden []byte) ([]byte, error) {
	if r.reveal == nil {
		return nil, fmt.Errorf("%w: the request was not received", authn.ErrHidden)
	}
	return r.reveal(attrs.SaltHidden, hidden)
}

// RevealPassword returns the clear value of one that is hidden as User-Password is (RFC 2865,
// section 5.2) or as Ascend-Send-Secret is, with sixteen zero octets for the request authenticator.
// NULs that fill the last block are still there; attrs.HiddenKey takes them off. Like Reveal it
// works on a request that was received.
func (r *Request) RevealPassword(how attrs.Hiding, hidden []byte) ([]byte, error) {
	if r.reveal == nil {
		return nil, fmt.Errorf("%w: the request was not received", authn.ErrHidden)
	}
	return r.reveal(how, hidden)
}

// A revealer shows hidden values.
type revealer = compose.Revealer

// AppendSigned appends the octets of r, with identifier id and signed with s, to b. A
// Message-Authenticator is added as the first attribute and hidden values are hidden; in a request
// that was received, and is sent on, they are hidden again. A User-Password, for which only a Peer
// that has HideUserPassword asks, an empty secret, a Request without Packet or of another code, an
// attribute that cannot be encoded and a packet of more than 4096 octets are errors.
func (r *Request) AppendSigned(b []byte, id byte, s Secret) ([]byte, error) {
	return r.appendSigned(b, id, signing{Secret: authn.Secret(s), MessageAuthenticator: true})
}

// signing is how a request is signed.
type signing = compose.How

func (r *Request) appendSigned(b []byte, id byte, how signing) ([]byte, error) {
	how.ID = uint32(id)
	return compose.SignedRequest(b, r.Packet, r.reveal, how)
}

// ACK makes the answer that says all of it was done. A handler that has done it returns r.ACK():
// the error is always nil, since what was done is acknowledged. An attribute that cannot be encoded
// is a bug of the handler's: the Server leaves it out and logs it at ERROR, and
// Response.AppendSigned returns it as an error.
func (r *Request) ACK(a ...attrs.Attr) (*Response, error) {
	return newResponse(r.Packet.Code+1, 0, a), nil
}

// NAK makes the answer that says nothing was done, and why; Cause 0 is no Error-Cause. The error is
// always nil. A cause that this NAK may not carry (RFC 5176, section 3.5) and an attribute that
// cannot be encoded are bugs of the handler's: the Server leaves them out and logs them at ERROR,
// and Response.AppendSigned returns them as an error.
func (r *Request) NAK(c errcause.Cause, a ...attrs.Attr) (*Response, error) {
	code := r.Packet.Code + 2
	if c == 0 || c.AllowedIn(int(code)) {
		return newResponse(code, c, a), nil
	}
	resp := newResponse(code, 0, a)
	resp.flawed(fmt.Errorf("dac: Error-Cause %v may not be in a %v", c, code))
	return resp, nil
}
