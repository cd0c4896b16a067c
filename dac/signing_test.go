// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"hash"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The formulas once more, as the RFCs write them down, to hold the code against: all octets in one
// run.

func md5Of(parts ...[]byte) []byte { return hashOf(md5.New, parts) }

func hmacOf(key string, parts ...[]byte) []byte {
	return hashOf(func() hash.Hash { return hmac.New(md5.New, []byte(key)) }, parts)
}

func hashOf(with func() hash.Hash, parts [][]byte) (sum []byte) {
	authn.OutsideFIPS(func() {
		h := with()
		for _, p := range parts {
			h.Write(p)
		}
		sum = h.Sum(nil)
	})
	return sum
}

var zero16 = make([]byte, 16)

// raw makes the packet of code and attributes, not signed; each attribute is given with its type
// and Length.
func raw(code byte, attributes ...[]byte) []byte {
	b := append([]byte{code, 9, 0, 0}, zero16...)
	for _, a := range attributes {
		b = append(b, a...)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

var (
	bob = figure("01 05 62 6f 62") // User-Name "bob"
	// Message-Authenticator, to be signed.
	emptyMA = figure("50 12", "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00")
)

func clone(b []byte) []byte { return append([]byte(nil), b...) }

// What package authn does with an authn.Secret, for the secrets of the tests.

func signRequest(b []byte, s Secret)           { authn.SignRequest(b, authn.Secret(s)) }
func signResponse(b, request []byte, s Secret) { authn.SignResponse(b, request, authn.Secret(s)) }

func verifyRequest(b []byte, s Secret) error { return authn.VerifyRequest(b, authn.Secret(s)) }

func verifyResponse(b, request []byte, s Secret) error {
	return authn.VerifyResponse(b, request, authn.Secret(s))
}

// authenticate writes the authenticator of b, over field, and leaves its Message-Authenticator.
func authenticate(b []byte, field authn.Field, s Secret) {
	sum := authn.Authenticator(b, field, authn.Secret(s))
	copy(b[4:packet.HeaderLen], sum[:])
}

// Signing together makes no garbage, with packets of any size.
func TestSigningTogetherAllocatesNothing(t *testing.T) {
	key := authn.NewKey("s3cret")
	for _, octets := range []int{40, authn.MaxManyOctets, 2000, packet.MaxLen} {
		b := packet.AppendHeader(nil, 40, 1, true)
		for left := octets - len(b); left > 0; left = octets - len(b) {
			n := min(left, 200)
			b = append(append(b, 18, byte(n)), make([]byte, n-2)...)
		}
		require.NoError(t, packet.SetLength(b, 0))
		var m authn.Digester
		all := make([]authn.Digest, 63)
		assert.Zero(t, allocs(func() {
			for i := range all {
				all[i] = authn.Digest{Octets: b, Key: &key}
			}
			m.Sign(all)
		}), "%d octets", octets)
		require.NoError(t, authn.VerifyRequest(b, key.Secret))
	}
}

// needMany skips where nothing is hashed for many packets at once.
func needMany(t testing.TB) {
	if !authn.Many {
		t.Skip("this processor has no AVX2")
	}
}
