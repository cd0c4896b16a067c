// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"crypto/fips140"
	"crypto/hmac"
	"crypto/md5"
	"hash"
	"sync"

	"layeh.com/radius"
)

// Signing and verifying stand here and nowhere else: signRequest, signResponse, verifyRequest and verifyResponse work on the octets of one
// packet and assume neither UDP nor where the secret came from; sign_many.go does the same for many packets at once. RADIUS rests on MD5,
// which FIPS 140-3 does not approve; it runs outside that enforcement, in these two files and in hide.go.

var zeros [md5.Size]byte

// A hasher is the state that one packet needs. It is pooled: no user can hold it.
type hasher struct {
	text []byte               // what is hashed, in one piece
	mac  map[Secret]hash.Hash // hashes that have taken in their key, which is half of the work of an HMAC over a small packet
	key  Secret               // the latest of them
	last hash.Hash            // nil: there was none
	sum  [md5.Size]byte
}

// maxMACs bounds the keyed hashes that one hasher keeps.
const maxMACs = 1024

var hashers = sync.Pool{New: func() any {
	return &hasher{mac: make(map[Secret]hash.Hash)}
}}

// withHasher runs f with a hasher, outside of FIPS enforcement.
func withHasher(f func(h *hasher)) {
	fips140.WithoutEnforcement(func() {
		h := hashers.Get().(*hasher)
		f(h)
		hashers.Put(h)
	})
}

// with makes the text of the packet b with field for its authenticator.
func (h *hasher) with(b, field []byte) {
	h.text = append(append(append(h.text[:0], b[:4]...), field...), b[headerLen:]...)
}

// authenticator computes MD5(Code + Identifier + Length + field + attributes + secret) of the packet b: the Request Authenticator where
// field is zero, the Response Authenticator where it is the one of the request (RFC 5176, section 2.3).
func (h *hasher) authenticator(b, field []byte, s Secret) []byte {
	h.with(b, field)
	h.text = append(h.text, s...)
	h.sum = md5.Sum(h.text)
	return h.sum[:]
}

// messageAuthenticator computes HMAC-MD5 over the packet b with field for its authenticator and zeros for the 16 octets at offset at
// (RFC 5176, section 3.4).
func (h *hasher) messageAuthenticator(b, field []byte, at int, s Secret) []byte {
	h.with(b, field)
	clear(h.text[at : at+md5.Size])
	m := h.keyed(s)
	m.Write(h.text)
	return m.Sum(h.sum[:0])
}

func (h *hasher) keyed(s Secret) hash.Hash {
	if h.last == nil || h.key != s {
		m, ok := h.mac[s]
		if !ok {
			if len(h.mac) >= maxMACs {
				clear(h.mac)
			}
			m = hmac.New(md5.New, []byte(s))
			h.mac[s] = m
		}
		h.key, h.last = s, m
	}
	h.last.Reset()
	return h.last
}

// findMessageAuthenticator returns the offset of the value of the Message-Authenticator of a cut packet, 0 where it has none. Two of them,
// or one that is not 16 octets long, are none that could be right.
func findMessageAuthenticator(b []byte) (at int, err error) {
	for i := headerLen; i < len(b); i += int(b[i+1]) {
		if b[i] != typeMessageAuthenticator {
			continue
		}
		if at != 0 || b[i+1] != 2+md5.Size {
			return 0, ErrMessageAuthenticator
		}
		at = i + 2
	}
	return at, nil
}

// signRequest signs the packet b in place: Message-Authenticator, where there is one, first, since the Request Authenticator covers it
// (RFC 5176, section 3.4).
func signRequest(b []byte, s Secret) { sign(b, zeros[:], s) }

// signResponse signs the packet b, an answer to the packet request, in place.
func signResponse(b, request []byte, s Secret) { sign(b, request[4:headerLen], s) }

func sign(b, field []byte, s Secret) {
	withHasher(func(h *hasher) {
		if at, _ := findMessageAuthenticator(b); at != 0 {
			copy(b[at:], h.messageAuthenticator(b, field, at, s))
		}
		copy(b[4:headerLen], h.authenticator(b, field, s))
	})
}

// verifyRequest checks the Request Authenticator and then the Message-Authenticator, where there is one, of the cut packet b.
func verifyRequest(b []byte, s Secret) error { return verify(b, zeros[:], s) }

// verifyResponse checks the Response Authenticator and then the Message-Authenticator, where there is one, of the cut packet b, an answer
// to the packet request.
func verifyResponse(b, request []byte, s Secret) error { return verify(b, request[4:headerLen], s) }

func verify(b, field []byte, s Secret) (err error) {
	if s == "" {
		return errNoSecret
	}
	withHasher(func(h *hasher) {
		err = compare(b, h.authenticator(b, field, s), func(at int) []byte { return h.messageAuthenticator(b, field, at, s) })
	})
	return err
}

// compare compares the authenticators of the cut packet b with what they should be; message is asked for where there is one, of offset at, and
// may then use the room of authenticator again.
func compare(b, authenticator []byte, message func(at int) []byte) error {
	if !hmac.Equal(authenticator, b[4:headerLen]) {
		return ErrAuthenticator
	}
	at, err := findMessageAuthenticator(b)
	if err != nil || at != 0 && !hmac.Equal(message(at), b[at:at+md5.Size]) {
		return ErrMessageAuthenticator
	}
	return nil
}

// answers reports whether a packet of code c may answer a request of code of.
func answers(c, of radius.Code) bool {
	switch of {
	case radius.CodeDisconnectRequest:
		return c == radius.CodeDisconnectACK || c == radius.CodeDisconnectNAK || c == codeProtocolError
	case radius.CodeCoARequest:
		return c == radius.CodeCoAACK || c == radius.CodeCoANAK || c == codeProtocolError
	}
	return false
}
