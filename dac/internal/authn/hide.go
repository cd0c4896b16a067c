// SPDX-License-Identifier: Apache-2.0

package authn

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
)

// Hidden values: RFC 2868, section 3.5. The request authenticator that the method asks for is not
// known while a CoA-Request or a Disconnect-Request is built, so sixteen zero octets stand for it,
// and only the salt keeps two values apart.
//
//	 0                   1
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|1|            Salt             |  then, hidden: Length, the value, zeros to a multiple of 16
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

const (
	saltLen = 2

	// MaxHide is how many octets of a value fit, hidden, into an attribute with its tag and salt.
	MaxHide = 239
)

// ErrHidden is what Reveal gives where octets cannot be a hidden value.
var ErrHidden = errors.New("dac: hidden value cannot be revealed")

// salts counts the salts of this process. The salts of one packet must differ, and nothing else
// keeps two packets to one peer apart: random ones of 15 bits would meet after about 200 values,
// counted ones meet after 32,768.
var salts atomic.Uint32

func init() {
	var start [4]byte
	rand.Read(start[:])
	salts.Store(binary.BigEndian.Uint32(start[:]))
}

// Hide hides value with a salt of its own: it returns salt and hidden octets. A value of more
// than MaxHide octets is packet.ErrMalformed.
func Hide(value []byte, s Secret) ([]byte, error) { return HideUnder(value, zeros, s) }

// HideUnder is Hide in a packet whose Request Authenticator is f: an Access-Request, or what
// answers it.
func HideUnder(value []byte, f Field, s Secret) ([]byte, error) {
	if len(value) > MaxHide {
		return nil, fmt.Errorf("%w: a hidden value of %d octets, %d at most",
			packet.ErrMalformed, len(value), MaxHide)
	}
	out := make([]byte, saltLen+(1+len(value)+md5.Size-1)/md5.Size*md5.Size)
	binary.BigEndian.PutUint16(out, uint16(salts.Add(1))|0x8000) // the top bit is set
	text := out[saltLen:]
	text[0] = byte(len(value))
	copy(text[1:], value)
	chain(text, f, out[:saltLen], s, true)
	return out, nil
}

// Reveal undoes Hide. A salt whose top bit is not set (RFC 2868, section 3.5) is ErrHidden. A wrong
// secret shows as an impossible length, which is ErrHidden, more often than not, and else as a
// wrong value: callers verify the packet first.
func Reveal(hidden []byte, s Secret) ([]byte, error) { return RevealUnder(hidden, zeros, s) }

// RevealUnder undoes HideUnder.
func RevealUnder(hidden []byte, f Field, s Secret) ([]byte, error) {
	if n := len(hidden) - saltLen; n < md5.Size || n%md5.Size != 0 {
		return nil, fmt.Errorf("%w: %d octets", ErrHidden, len(hidden))
	}
	if hidden[0]&0x80 == 0 {
		return nil, fmt.Errorf("%w: the top bit of its salt is not set", ErrHidden)
	}
	text := append([]byte(nil), hidden[saltLen:]...)
	chain(text, f, hidden[:saltLen], s, false)
	if int(text[0]) > len(text)-1 {
		return nil, fmt.Errorf("%w: its length does not fit", ErrHidden)
	}
	return text[1 : 1+int(text[0])], nil
}

// MaxPassword is how many octets of a password RFC 2865, section 5.2, hides.
const MaxPassword = 128

// HidePassword hides value as RFC 2865, section 5.2, hides User-Password, with sixteen zero octets
// for the request authenticator: the key stream is the same for every value of a secret. A value
// that is empty or of more than MaxPassword octets is packet.ErrMalformed.
func HidePassword(value []byte, s Secret) ([]byte, error) { return HidePasswordUnder(value, zeros, s) }

// HidePasswordUnder is HidePassword in an Access-Request whose Request Authenticator is f, or in
// what answers it.
func HidePasswordUnder(value []byte, f Field, s Secret) ([]byte, error) {
	if len(value) == 0 || len(value) > MaxPassword {
		return nil, fmt.Errorf("%w: a password of %d octets, 1 to %d are hidden",
			packet.ErrMalformed, len(value), MaxPassword)
	}
	text := make([]byte, (len(value)+md5.Size-1)/md5.Size*md5.Size)
	copy(text, value)
	chain(text, f, nil, s, true)
	return text, nil
}

// RevealPassword undoes HidePassword. The NULs that fill the last block are still there.
func RevealPassword(hidden []byte, s Secret) ([]byte, error) {
	return RevealPasswordUnder(hidden, zeros, s)
}

// RevealPasswordUnder undoes HidePasswordUnder.
func RevealPasswordUnder(hidden []byte, f Field, s Secret) ([]byte, error) {
	if n := len(hidden); n == 0 || n > MaxPassword || n%md5.Size != 0 {
		return nil, fmt.Errorf("%w: %d octets", ErrHidden, n)
	}
	text := append([]byte(nil), hidden...)
	chain(text, f, nil, s, false)
	return text, nil
}

// HideAscend hides the 16 octets of an Ascend-Send-Secret under the MD5 of sixteen zero octets and
// the secret; a shorter value is filled with NULs. It undoes itself.
func HideAscend(value []byte, s Secret) ([]byte, error) {
	if len(value) == 0 || len(value) > md5.Size {
		return nil, fmt.Errorf("%w: an Ascend secret of %d octets, 1 to %d are hidden",
			packet.ErrMalformed, len(value), md5.Size)
	}
	text := make([]byte, md5.Size)
	copy(text, value)
	OutsideFIPS(func() {
		digest := md5.Sum(append(append([]byte(nil), zeros[:]...), s...))
		subtle.XORBytes(text, text, digest[:])
	})
	return text, nil
}

// RevealAscend undoes HideAscend.
func RevealAscend(hidden []byte, s Secret) ([]byte, error) {
	if len(hidden) != md5.Size {
		return nil, fmt.Errorf("%w: %d octets", ErrHidden, len(hidden))
	}
	return HideAscend(hidden, s)
}

// chain applies the key stream to text in place: MD5(secret + authenticator f + salt), then
// MD5(secret + the hidden block before).
func chain(text []byte, f Field, salt []byte, s Secret, hide bool) {
	OutsideFIPS(func() {
		key := append(append([]byte(s), f[:]...), salt...)
		stream := md5.Sum(key)
		for ; len(text) > 0; text = text[md5.Size:] {
			block := text[:md5.Size]
			key = key[:len(s)]
			if hide {
				subtle.XORBytes(block, block, stream[:])
				key = append(key, block...)
			} else {
				key = append(key, block...)
				subtle.XORBytes(block, block, stream[:])
			}
			stream = md5.Sum(key)
		}
	})
}
