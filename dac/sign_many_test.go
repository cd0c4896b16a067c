// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// needMany skips where nothing is hashed for many packets at once.
func needMany(t testing.TB) {
	if !hashesMany {
		t.Skip("this processor has no AVX2")
	}
}

// What is hashed for many packets at once is what is hashed for each, whatever their length and secret.
func TestHashingForManyIsHashingForEach(t *testing.T) {
	needMany(t)
	src := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var many manyHasher
		type packet struct {
			b, field []byte
			s        Secret
			k        signingKey
			at       int
			auth, in int
		}
		ps := make([]packet, 1+src.IntN(40))
		for i := range ps {
			p := packet{b: make([]byte, headerLen+18+src.IntN(200)), field: make([]byte, 16), s: Secret(strings.Repeat("k", 1+src.IntN(130)))}
			if src.IntN(20) == 0 {
				p.b = make([]byte, maxLen)
			}
			for k := range p.b {
				p.b[k] = byte(src.Uint32())
			}
			for k := range p.field {
				p.field[k] = byte(src.Uint32())
			}
			p.k, p.at = newSigningKey(p.s), headerLen+src.IntN(len(p.b)-headerLen-15)
			p.auth = many.authenticator(p.b, p.field, p.s)
			p.in = many.inner(p.b, p.field, p.at, &p.k)
			ps[i] = p
		}
		many.hash()
		outer := make([]int, len(ps))
		for i, p := range ps {
			outer[i] = many.outer(many.sum(p.in), &p.k)
		}
		many.hash()
		for i, p := range ps {
			auth, message := many.sum(p.auth), many.sum(outer[i])
			withHasher(func(h *hasher) {
				require.Equal(t, h.authenticator(p.b, p.field, p.s), auth[:])
				require.Equal(t, h.messageAuthenticator(p.b, p.field, p.at, p.s), message[:])
			})
		}
	}
}

// Signing together makes no garbage, whatever the size of the packets.
func TestSigningTogetherAllocatesNothing(t *testing.T) {
	key := newSigningKey("s3cret")
	for _, octets := range []int{40, maxTogether, 2000, maxLen} {
		b := appendHeader(nil, 40, 1, true)
		for left := octets - len(b); left > 0; left = octets - len(b) {
			n := min(left, 200)
			b = append(append(b, 18, byte(n)), make([]byte, n-2)...)
		}
		require.NoError(t, closePacket(b, 0))
		var m manyHasher
		all := make([]summed, 63)
		assert.Zero(t, allocs(func() {
			for i := range all {
				all[i] = summed{b: b, key: &key}
			}
			m.sign(all)
		}), "%d octets", octets)
		require.NoError(t, verifyRequest(b, key.Secret))
	}
}
