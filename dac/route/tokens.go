// SPDX-License-Identifier: Apache-2.0

package route

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// Tokens makes and reads values of Operator-NAS-Identifier (RFC 8559, section 3.4): the address or
// the name of a NAS, sealed with a key that only the visited network has. A token is 32 octets, the
// same ones for the same NAS and key, and no other network can read or make one. The zero Tokens
// has no key: it seals nothing and opens nothing. It is safe for concurrent use; do not copy it.
type Tokens struct{ keys atomic.Pointer[[]tokenKey] }

// The form of a token. The tag is a MAC over the clear rest, and the initial counter of what hides
// it: two NASes never share one, and there is no nonce that could be used twice (the construction
// of RFC 5297, with HMAC-SHA-256 for its MAC).
//
//	+----------+------------------------------------------------+
//	| tag (12) | hidden: kind and length, value, zeros (20)     |
//	+----------+------------------------------------------------+
const (
	tagLen   = 12
	clearLen = 20
	tokenLen = tagLen + clearLen // what every implementation can handle

	kindAddr = 0 << 6 // the upper two bits of its octet; the rest is the length
	kindName = 1 << 6
)

// A tokenKey is what one key makes: it keeps no key in a form that could be printed.
type tokenKey struct {
	mac   func(b []byte) []byte
	block cipher.Block
}

// NewTokens returns Tokens with keys, as SetKeys.
func NewTokens(keys ...dac.Secret) (*Tokens, error) {
	t := new(Tokens)
	return t, t.SetKeys(keys...)
}

// SetKeys has the first of keys seal, and all of them open. To change the key put a new one in
// front, and leave the old one as long as sessions last that have tokens of it. Each has 16 octets
// at least; random ones are best. Several visited servers of one network have the same.
func (t *Tokens) SetKeys(keys ...dac.Secret) error {
	if len(keys) == 0 {
		return errors.New("route: Tokens without a key")
	}
	made := make([]tokenKey, 0, len(keys))
	for i, key := range keys {
		if len(key) < 16 {
			return fmt.Errorf("route: key %d of Tokens has %d octets, 16 at least", i+1, len(key))
		}
		one, err := newTokenKey(key)
		if err != nil {
			return err
		}
		made = append(made, one)
	}
	t.keys.Store(&made)
	return nil
}

func newTokenKey(key dac.Secret) (tokenKey, error) {
	both, err := hkdf.Key(sha256.New, []byte(key), nil, "dynauth Operator-NAS-Identifier", 64)
	if err != nil {
		return tokenKey{}, err
	}
	block, err := aes.NewCipher(both[32:])
	if err != nil {
		return tokenKey{}, err
	}
	return tokenKey{block: block, mac: func(b []byte) []byte {
		h := hmac.New(sha256.New, both[:32])
		h.Write(b)
		return h.Sum(nil)[:tagLen]
	}}, nil
}

// hide hides what is clear, or shows what is hidden.
func (k *tokenKey) hide(b, tag []byte) {
	var counter [aes.BlockSize]byte
	copy(counter[:], tag)
	cipher.NewCTR(k.block, counter[:]).XORKeyStream(b, b)
}

// Seal returns the token for nas: of its first address, else of its name, which has 19 octets at
// most.
func (t *Tokens) Seal(nas attrs.NAS) ([]byte, error) {
	keys := t.keys.Load()
	if keys == nil {
		return nil, errors.New("route: Tokens without a key")
	}
	token := make([]byte, tokenLen)
	open := token[tagLen:]
	var value []byte
	switch {
	case len(nas.Addrs) > 0:
		value = nas.Addrs[0].Unmap().WithZone("").AsSlice()
		open[0] = kindAddr
	case nas.Identifier != "":
		value = []byte(nas.Identifier)
		open[0] = kindName
	}
	if len(value) == 0 || len(value) > clearLen-1 {
		return nil, fmt.Errorf("route: a token needs an address of the NAS, or a name of 1 to %d octets", clearLen-1)
	}
	open[0] |= byte(len(value))
	copy(open[1:], value)
	k := &(*keys)[0]
	copy(token, k.mac(open))
	k.hide(open, token[:tagLen])
	return token, nil
}

// Open returns the NAS that token was made for. What none of the keys has made is
// errcause.NASIdentificationMismatch (RFC 8559, section 3.3).
func (t *Tokens) Open(token []byte) (attrs.NAS, error) {
	if keys := t.keys.Load(); keys != nil && len(token) == tokenLen {
		for i := range *keys {
			k := &(*keys)[i]
			open := bytes.Clone(token[tagLen:])
			k.hide(open, token[:tagLen])
			if hmac.Equal(k.mac(open), token[:tagLen]) {
				return readToken(open)
			}
		}
	}
	return attrs.NAS{}, fmt.Errorf("route: an Operator-NAS-Identifier that was not made here: %w", errcause.NASIdentificationMismatch)
}

func readToken(open []byte) (attrs.NAS, error) {
	kind, n := open[0]&0xc0, int(open[0]&0x3f)
	if n < clearLen {
		value := open[1 : 1+n]
		if kind == kindName && n > 0 {
			return attrs.NAS{Identifier: string(value)}, nil
		}
		if addr, ok := netip.AddrFromSlice(value); ok && kind == kindAddr {
			return attrs.NAS{Addrs: []netip.Addr{addr}}, nil
		}
	}
	return attrs.NAS{}, fmt.Errorf("route: an Operator-NAS-Identifier of another form: %w", errcause.NASIdentificationMismatch)
}
