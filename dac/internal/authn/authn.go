// SPDX-License-Identifier: Apache-2.0

package authn

import (
	"crypto/hmac"
	"crypto/md5"
	"errors"
	"hash"
	"sync"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
)

// What can be wrong with the signature of a packet. Package dac exports the first two under the
// same names.
var (
	ErrAuthenticator        = errors.New("dac: wrong authenticator")
	ErrMessageAuthenticator = errors.New("dac: wrong or missing Message-Authenticator")

	// ErrNoSecret is what signing or verifying without a secret gives: an empty one would make
	// every packet a valid one.
	ErrNoSecret = errors.New("dac: empty secret")
)

// OnMD5 is called before MD5 runs; nil: nothing is. It is read-only; tests alone set it, to count.
var OnMD5 func()

func onMD5() {
	if OnMD5 != nil {
		OnMD5()
	}
}

// OutsideFIPS runs f, which computes MD5, outside of FIPS 140-3 enforcement where the Go version
// can leave that.
func OutsideFIPS(f func()) {
	onMD5()
	outsideFIPS(f)
}

// A Field is what an authenticator is computed over in its own place: zeros for a request, the
// Request Authenticator for an answer (RFC 5176, section 2.3).
type Field = [packet.AuthenticatorLen]byte

// FieldOf returns the Field of an answer to the packet request.
func FieldOf(request []byte) Field { return Field(request[4:packet.HeaderLen]) }

var zeros Field

// SignRequest signs the packet b in place: its Message-Authenticator first, where it has one,
// since the Request Authenticator covers that (RFC 5176, section 3.4).
func SignRequest(b []byte, s Secret) { sign(b, zeros[:], s) }

// SignResponse signs the packet b, an answer to the packet request, in place.
func SignResponse(b, request []byte, s Secret) { sign(b, request[4:packet.HeaderLen], s) }

// VerifyRequest checks the Request Authenticator of the packet b and then its
// Message-Authenticator, where it has one. The error is ErrNoSecret, ErrAuthenticator or
// ErrMessageAuthenticator.
func VerifyRequest(b []byte, s Secret) error { return verify(b, zeros[:], s) }

// VerifyResponse checks the Response Authenticator of the packet b, an answer to the packet
// request, and then its Message-Authenticator, where it has one. The errors are those of
// VerifyRequest.
func VerifyResponse(b, request []byte, s Secret) error {
	return verify(b, request[4:packet.HeaderLen], s)
}

// Authenticator computes MD5(Code + Identifier + Length + f + attributes + secret) of the packet
// b: the Request Authenticator where f is zero, else the Response Authenticator (RFC 5176,
// section 2.3). It looks at no Length, so that a test may sign what is malformed.
func Authenticator(b []byte, f Field, s Secret) (sum [md5.Size]byte) {
	withHasher(func(h *hasher) { copy(sum[:], h.authenticator(b, f[:], s)) })
	return sum
}

// MessageAuthenticator computes the Message-Authenticator of the packet b, whose value stands at
// offset at (RFC 5176, section 3.4). Like Authenticator it looks at no Length.
func MessageAuthenticator(b []byte, f Field, at int, s Secret) (sum [md5.Size]byte) {
	withHasher(func(h *hasher) { copy(sum[:], h.messageAuthenticator(b, f[:], at, s)) })
	return sum
}

func sign(b, field []byte, s Secret) {
	withHasher(func(h *hasher) {
		if at, _ := packet.FindMessageAuthenticator(b); at != 0 {
			copy(b[at:], h.messageAuthenticator(b, field, at, s))
		}
		copy(b[4:packet.HeaderLen], h.authenticator(b, field, s))
	})
}

func verify(b, field []byte, s Secret) (err error) {
	if s == "" {
		return ErrNoSecret
	}
	withHasher(func(h *hasher) {
		message := func(at int) []byte { return h.messageAuthenticator(b, field, at, s) }
		err = compare(b, h.authenticator(b, field, s), message)
	})
	return err
}

// compare compares the authenticators of the packet b with what they should be. It calls message
// with the offset of the Message-Authenticator where b has one; message may use the room of
// authenticator again.
func compare(b, authenticator []byte, message func(at int) []byte) error {
	if !hmac.Equal(authenticator, b[4:packet.HeaderLen]) {
		return ErrAuthenticator
	}
	at, ok := packet.FindMessageAuthenticator(b)
	if !ok || at != 0 && !hmac.Equal(message(at), b[at:at+md5.Size]) {
		return ErrMessageAuthenticator
	}
	return nil
}

// A hasher is the state that one packet needs. It is pooled: callers cannot hold one.
type hasher struct {
	text []byte // what is hashed, in one piece
	// That have taken in their key: half the work of an HMAC over a small packet.
	mac  map[Secret]hash.Hash
	key  Secret    // the latest of them
	last hash.Hash // nil: there was none
	sum  [md5.Size]byte
}

// maxMACs bounds the keyed hashes that one hasher keeps.
const maxMACs = 1024

var hashers = sync.Pool{New: func() any {
	return &hasher{mac: make(map[Secret]hash.Hash)}
}}

// withHasher runs f with a hasher, outside of FIPS enforcement.
func withHasher(f func(h *hasher)) {
	OutsideFIPS(func() {
		h := hashers.Get().(*hasher)
		f(h)
		hashers.Put(h)
	})
}

// with makes the text of the packet b with field for its authenticator.
func (h *hasher) with(b, field []byte) {
	h.text = append(append(append(h.text[:0], b[:4]...), field...), b[packet.HeaderLen:]...)
}

func (h *hasher) authenticator(b, field []byte, s Secret) []byte {
	h.with(b, field)
	h.text = append(h.text, s...)
	h.sum = md5.Sum(h.text)
	return h.sum[:]
}

// messageAuthenticator computes HMAC-MD5 over the packet b with field for its authenticator and
// zeros for the 16 octets at offset at.
func (h *hasher) messageAuthenticator(b, field []byte, at int, s Secret) []byte {
	h.with(b, field)
	clear(h.text[at : at+md5.Size])
	m := h.keyed(s)
	m.Write(h.text)
	return m.Sum(h.sum[:0])
}

// keyed returns a hash that has taken in s and nothing else.
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
