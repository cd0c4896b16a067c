// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"crypto/hmac"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// The header of a packet is that of RADIUS/1.0, or, where ALPN has agreed on radius/1.1, this one
// (RFC 9765, section 4.1). All else is the same, but for what rests on a shared secret: RADIUS/1.1
// signs and hides nothing.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|     Code      |  Reserved-1   |            Length             |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                             Token                             |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                    Reserved-2 (12 octets)                     |

// The attributes that RADIUS/1.1 does not have, beside Message-Authenticator.
const (
	typeExtended1 = 241 // holds Original-Packet-Code (RFC 7930, section 4)
	typeMAC       = 90  // Message-Authentication-Code, and MAC-Randomizer before it (RFC 6218)
)

// A codec makes and reads the packets of one connection.
type codec struct {
	version dac.Version
	key     authn.Secret // of RADIUS/1.0, and of what a host's code hides and reveals
	maxLen  int
}

// idOf returns the Identifier of a packet, or its Token.
func (c *codec) idOf(p []byte) uint32 {
	if c.version == dac.RADIUS11 {
		return packet.Token(p)
	}
	return uint32(p[1])
}

// verify checks a request: what the secret of RADIUS/1.0 has to say. An Access-Request and a
// Status-Server have a random authenticator, so it is their Message-Authenticator, which need not
// be there.
func (c *codec) verify(request []byte) error {
	if c.version == dac.RADIUS11 {
		return nil
	}
	switch radius.Code(request[0]) {
	case radius.CodeAccessRequest, radius.CodeStatusServer:
		at, ok := packet.FindMessageAuthenticator(request)
		if !ok {
			return authn.ErrMessageAuthenticator
		} else if at == 0 {
			return nil
		}
		sum := authn.MessageAuthenticator(request, authn.FieldOf(request), at, c.key)
		if !hmac.Equal(sum[:], request[at:at+packet.AuthenticatorLen]) {
			return authn.ErrMessageAuthenticator
		}
		return nil
	}
	return authn.VerifyRequest(request, c.key)
}

// encode makes an unsigned packet. In RADIUS/1.1 id is a Token, and what its packets do not have is
// left out (RFC 9765, sections 5.2 to 5.5).
func (c *codec) encode(code radius.Code, id uint32, messageAuthenticator bool, set radius.Attributes) ([]byte, error) {
	var b []byte
	leave := func(t byte) bool { return t == packet.TypeMessageAuthenticator }
	if c.version == dac.RADIUS11 {
		b = packet.AppendTokenHeader(b, code, id)
		leave = func(t byte) bool {
			return t == packet.TypeMessageAuthenticator || t == typeMAC-1 || t == typeMAC
		}
	} else {
		b = packet.AppendHeader(b, code, byte(id), messageAuthenticator)
	}
	b, err := packet.AppendAttributes(b, set, leave)
	if err == nil {
		err = c.setLength(b)
	}
	return b, err
}

// setLength writes Length into a packet that is complete, or refuses one that is too long for the
// connection.
func (c *codec) setLength(b []byte) error {
	if len(b) > c.maxLen {
		return fmt.Errorf("%w: a packet of %d octets, %d at most", packet.ErrMalformed, len(b), c.maxLen)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return nil
}

// answer makes the signed answer to request. It has the Proxy-States of request where set has none
// (RFC 2865, section 5.33), and a Message-Authenticator in what answers Access-Request and
// Status-Server, in a Protocol-Error, and where request has one.
func (c *codec) answer(request []byte, code radius.Code, set radius.Attributes) ([]byte, error) {
	message := code == packet.ProtocolError || code == radius.CodeAccessAccept || code == radius.CodeAccessReject ||
		code == radius.CodeAccessChallenge || packet.Find(request, packet.TypeMessageAuthenticator) != nil
	b, err := c.encode(code, c.idOf(request), message, set)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(set, func(a *radius.AVP) bool { return a.Type == packet.TypeProxyState }) {
		b = packet.AppendEchoes(b, request)
		if err := c.setLength(b); err != nil {
			return nil, err
		}
	}
	if c.version != dac.RADIUS11 {
		authn.SignResponse(b, request, c.key)
	}
	return b, nil
}

// refusal makes the answer to a request that cannot be handled: a NAK to a Disconnect- or
// CoA-Request, a Protocol-Error (RFC 7930, section 4) to others; nil where the Proxy-States of the
// request leave no room for it. The error is one of verification.
func (c *codec) refusal(request []byte, cause errcause.Cause) ([]byte, error) {
	if err := c.verify(request); err != nil {
		return nil, err
	}
	set := radius.Attributes{{Type: packet.TypeErrorCause, Attribute: radius.NewInteger(uint32(cause))}}
	of := radius.Code(request[0])
	code := of + 2
	if !packet.IsRequest(of) {
		code = packet.ProtocolError
		if c.version != dac.RADIUS11 { // RFC 9765, section 5.5
			set = append(set, packet.OriginalCode(of))
		}
	}
	b, err := c.answer(request, code, set)
	if err != nil {
		return nil, nil
	}
	return b, nil
}

// sign makes the octets of a request of the host's. An Access-Request keeps its Authenticator,
// under which its values are hidden, and gets a Message-Authenticator.
func (c *codec) sign(p *radius.Packet, id uint32) (b []byte, err error) {
	set := p.Attributes
	if c.version == dac.RADIUS11 {
		if set, err = c.reveal(set, p.Authenticator); err != nil {
			return nil, err
		}
		return c.encode(p.Code, id, false, set)
	}
	b, err = c.encode(p.Code, id, p.Code == radius.CodeAccessRequest, set)
	if err != nil {
		return nil, err
	}
	if p.Code == radius.CodeAccountingRequest {
		authn.SignRequest(b, c.key)
		return b, nil
	}
	copy(b[4:], p.Authenticator[:])
	c.signMessage(b)
	return b, nil
}

// signMessage signs a request with a random authenticator: an Access-Request, a Status-Server.
func (c *codec) signMessage(b []byte) {
	at, _ := packet.FindMessageAuthenticator(b)
	sum := authn.MessageAuthenticator(b, authn.FieldOf(b), at, c.key)
	copy(b[at:], sum[:])
}
