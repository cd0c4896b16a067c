// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"crypto/fips140"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Secret is what the NASes and the clients of this package share.
const Secret = "dactest shared secret"

const (
	headerLen                = 20
	typeEventTimestamp       = 55
	typeMessageAuthenticator = 80
	typeErrorCause           = 101
	codeProtocolError        = radius.Code(52)
)

// SignRequest writes the authenticators of a Disconnect-Request or CoA-Request into its octets (RFC 5176, sections 2.3 and 3.4): first the
// Message-Authenticator, where there is one of 16 octets, then the Request Authenticator. It does so whatever else is wrong with b, Length
// included, so that a test can send a malformed packet with good authenticators; octets too short for a header stay as they are.
func SignRequest(b []byte, s dac.Secret) { sign(b, make([]byte, md5.Size), s) }

// SignResponse is SignRequest for the octets of an answer to request.
func SignResponse(b, request []byte, s dac.Secret) {
	if len(request) >= headerLen {
		sign(b, request[4:headerLen], s)
	}
}

func sign(b, field []byte, s dac.Secret) {
	if len(b) < headerLen {
		return
	}
	signMessage(b, field, s)
	signAuthenticator(b, field, s)
}

// signMessage fills in the first Message-Authenticator, with field in place of the authenticator.
func signMessage(b, field []byte, s dac.Secret) {
	b = packet(b)
	for t, v := range attributes(b) {
		if t != typeMessageAuthenticator || len(v) != md5.Size {
			continue
		}
		// MD5 is no FIPS 140-3 algorithm; RADIUS has no other here.
		fips140.WithoutEnforcement(func() {
			copy(b[4:headerLen], field)
			clear(v)
			h := hmac.New(md5.New, []byte(s))
			h.Write(b)
			copy(v, h.Sum(nil))
		})
		return
	}
}

// signAuthenticator fills in the authenticator, which is computed with field in its place.
func signAuthenticator(b, field []byte, s dac.Secret) {
	b = packet(b)
	fips140.WithoutEnforcement(func() {
		copy(b[4:headerLen], field)
		h := md5.New()
		h.Write(b)
		h.Write([]byte(s))
		copy(b[4:headerLen], h.Sum(nil))
	})
}

// packet returns what Length cuts out of b, or all of b where Length is nonsense.
func packet(b []byte) []byte {
	if n := int(binary.BigEndian.Uint16(b[2:])); n >= headerLen && n <= len(b) {
		return b[:n]
	}
	return b
}

// attributes yields type and value of what can be walked in b, which nobody has verified.
func attributes(b []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		if len(b) < headerLen {
			return
		}
		for rest := b[headerLen:]; len(rest) >= 2 && rest[1] >= 2 && int(rest[1]) <= len(rest); rest = rest[rest[1]:] {
			if !yield(rest[0], rest[2:rest[1]]) {
				return
			}
		}
	}
}

// label says what a datagram is: "Disconnect-NAK 7, Session-Context-Not-Found".
func label(b []byte) string {
	if len(b) < headerLen {
		return fmt.Sprintf("no packet, octets: %d", len(b))
	}
	text := fmt.Sprintf("%s %d", codeName(radius.Code(b[0])), b[1])
	for t, v := range attributes(b) {
		if t == typeErrorCause && len(v) == 4 {
			return text + ", " + errcause.Cause(binary.BigEndian.Uint32(v)).String()
		}
	}
	return text
}

func codeName(c radius.Code) string {
	switch {
	case isRequest(c) || isAnswer(c) && c != codeProtocolError:
		return c.String()
	case c == codeProtocolError:
		return "Protocol-Error"
	}
	return fmt.Sprintf("Code(%d)", c)
}

func isRequest(c radius.Code) bool {
	return c == radius.CodeDisconnectRequest || c == radius.CodeCoARequest
}

func isAnswer(c radius.Code) bool {
	switch c {
	case radius.CodeDisconnectACK, radius.CodeDisconnectNAK, radius.CodeCoAACK, radius.CodeCoANAK, codeProtocolError:
		return true
	}
	return false
}
