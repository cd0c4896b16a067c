// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"crypto/fips140"
	"crypto/md5"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
)

// Hidden values: RFC 2868, section 3.5. The request authenticator that the method asks for is not known while a CoA-Request or a
// Disconnect-Request is built, so sixteen zero octets stand for it, and only the salt keeps two values apart.
//
//	 0                   1
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|1|            Salt             |  then, hidden: an octet of length, the value, zeros up to a multiple of 16
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

const (
	saltLen = 2
	maxHide = 239 // octets of a value that hidden still fits into an attribute, with its tag and salt
)

var errHidden = errors.New("dac: hidden value cannot be revealed")

// salts counts the salts of this process. The salts of one packet must differ, and nothing else keeps two packets to one peer apart:
// drawn ones of 15 bits would meet after about 200 values, counted ones meet after 32,768.
var salts atomic.Uint32

func init() {
	var start [4]byte
	rand.Read(start[:])
	salts.Store(binary.BigEndian.Uint32(start[:]))
}

// hide hides value with a salt of its own: salt and hidden octets.
func hide(value []byte, s Secret) ([]byte, error) {
	if len(value) > maxHide {
		return nil, fmt.Errorf("%w: a hidden value of %d octets, %d at most", ErrMalformed, len(value), maxHide)
	}
	out := make([]byte, saltLen+(1+len(value)+md5.Size-1)/md5.Size*md5.Size)
	binary.BigEndian.PutUint16(out, uint16(salts.Add(1))|0x8000) // the top bit is set
	text := out[saltLen:]
	text[0] = byte(len(value))
	copy(text[1:], value)
	chain(text, out[:saltLen], s, true)
	return out, nil
}

// reveal undoes hide. A wrong secret shows as an impossible length more often than not, and else as a wrong value: packets are verified first.
func reveal(hidden []byte, s Secret) ([]byte, error) {
	if n := len(hidden) - saltLen; n < md5.Size || n%md5.Size != 0 {
		return nil, fmt.Errorf("%w: %d octets", errHidden, len(hidden))
	}
	text := append([]byte(nil), hidden[saltLen:]...)
	chain(text, hidden[:saltLen], s, false)
	if int(text[0]) > len(text)-1 {
		return nil, fmt.Errorf("%w: its length does not fit", errHidden)
	}
	return text[1 : 1+int(text[0])], nil
}

// chain applies the key stream to text in place: MD5(secret + authenticator + salt), then MD5(secret + the hidden block before).
func chain(text, salt []byte, s Secret, hide bool) {
	fips140.WithoutEnforcement(func() {
		key := append(append([]byte(s), zeros[:]...), salt...)
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
