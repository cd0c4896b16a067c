// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Secret is what the NASes and the clients of this package share.
const Secret = "dactest shared secret"

// SignRequest writes the authenticators of a Disconnect-Request or CoA-Request into its octets (RFC
// 5176, sections 2.3 and 3.4): first the Message-Authenticator, where there is one of 16 octets,
// then the Request Authenticator. It does so also where more is wrong with b, Length included, so
// that a test can send a malformed packet with good authenticators; octets too short for a header
// stay as they are.
func SignRequest(b []byte, s dac.Secret) { sign(b, make([]byte, packet.AuthenticatorLen), s) }

// SignResponse is SignRequest for the octets of an answer to request.
func SignResponse(b, request []byte, s dac.Secret) {
	if len(request) >= packet.HeaderLen {
		sign(b, request[4:packet.HeaderLen], s)
	}
}

func sign(b, field []byte, s dac.Secret) {
	if len(b) < packet.HeaderLen {
		return
	}
	b = within(b)
	f, secret, at := authn.Field(field), authn.Secret(s), packet.HeaderLen
	for t, v := range attributes(b) {
		if t == packet.TypeMessageAuthenticator && len(v) == packet.AuthenticatorLen {
			sum := authn.MessageAuthenticator(b, f, at+2, secret)
			copy(v, sum[:])
			break
		}
		at += 2 + len(v)
	}
	signAuthenticator(b, f, secret)
}

// signAuthenticator fills in the authenticator of b, computed with f in its place.
func signAuthenticator(b []byte, f authn.Field, s authn.Secret) {
	sum := authn.Authenticator(b, f, s)
	copy(b[4:packet.HeaderLen], sum[:])
}

// within returns what Length cuts out of b, or all of b where Length is nonsense.
func within(b []byte) []byte {
	if n := int(binary.BigEndian.Uint16(b[2:])); n >= packet.HeaderLen && n <= len(b) {
		return b[:n]
	}
	return b
}

// attributes yields type and value of what can be walked in b, which is not verified.
func attributes(b []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		if len(b) < packet.HeaderLen {
			return
		}
		for rest := b[packet.HeaderLen:]; len(rest) >= 2 && rest[1] >= 2 && int(rest[1]) <= len(rest); rest = rest[rest[1]:] {
			if !yield(rest[0], rest[2:rest[1]]) {
				return
			}
		}
	}
}

// label says what a datagram is: "Disconnect-NAK 7, Session-Context-Not-Found".
func label(b []byte) string {
	if len(b) < packet.HeaderLen {
		return fmt.Sprintf("no packet, octets: %d", len(b))
	}
	text := fmt.Sprintf("%s %d", codeName(radius.Code(b[0])), b[1])
	for t, v := range attributes(b) {
		if t == packet.TypeErrorCause && len(v) == 4 {
			return text + ", " + errcause.Cause(binary.BigEndian.Uint32(v)).String()
		}
	}
	return text
}

func codeName(c radius.Code) string {
	switch {
	case packet.IsRequest(c) || packet.IsAnswer(c) && c != packet.ProtocolError:
		return c.String()
	case c == packet.ProtocolError:
		return "Protocol-Error"
	}
	return fmt.Sprintf("Code(%d)", c)
}
