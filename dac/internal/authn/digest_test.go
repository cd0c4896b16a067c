// SPDX-License-Identifier: Apache-2.0

package authn

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
)

// needMany skips where nothing is hashed for many packets at once.
func needMany(t testing.TB) {
	if !Many {
		t.Skip("this processor has no AVX2")
	}
}

// What is hashed for many packets at once is what is hashed for each, whatever their length and
// secret.
func TestHashingForManyIsHashingForEach(t *testing.T) {
	needMany(t)
	src := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var many Digester
		type signed struct {
			b, field []byte
			s        Secret
			k        Key
			at       int
			auth, in int
		}
		ps := make([]signed, 1+src.IntN(40))
		for i := range ps {
			p := signed{b: make([]byte, packet.HeaderLen+18+src.IntN(200)), field: make([]byte, 16), s: Secret(strings.Repeat("k", 1+src.IntN(130)))}
			if src.IntN(20) == 0 {
				p.b = make([]byte, packet.MaxLen)
			}
			for k := range p.b {
				p.b[k] = byte(src.Uint32())
			}
			for k := range p.field {
				p.field[k] = byte(src.Uint32())
			}
			p.k, p.at = NewKey(p.s), packet.HeaderLen+src.IntN(len(p.b)-packet.HeaderLen-15)
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
