// SPDX-License-Identifier: Apache-2.0

package authn

import (
	"bytes"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hidden is a value hidden once more from the formula of RFC 2868, section 3.5: b1 = MD5(S + R +
// A), c1 = p1 xor b1, b2 = MD5(S + c1), ...
func hidden(clear, salt, s string) string {
	p := append([]byte{byte(len(clear))}, clear...)
	for len(p)%16 != 0 {
		p = append(p, 0)
	}
	b := md5Of([]byte(s), zero16, []byte(salt))
	for i := 0; i < len(p); i += 16 {
		for j := range 16 {
			p[i+j] ^= b[j]
		}
		b = md5Of([]byte(s), p[i:i+16])
	}
	return salt + string(p)
}

func TestR2868_3_5_1_HidingUsesSixteenZeroOctets(t *testing.T) {
	for _, c := range []struct {
		name, clear string
		octets      int
	}{
		{"empty", "", 18},
		{"one octet", "x", 18},
		{"a block but for its length", "fifteen octets.", 18},
		{"one octet more", "sixteen octets..", 34},
		{"two blocks", "thirty-one octets are two blocks", 50},
		{"octets", "\x00\xff\x00", 18},
		{"the longest", string(make([]byte, MaxHide)), 242},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := Hide([]byte(c.clear), "s3cret")
			require.NoError(t, err)
			assert.Len(t, b, c.octets)
			assert.Equal(t, hidden(c.clear, string(b[:2]), "s3cret"), string(b))
			assert.NotZero(t, b[0]&0x80, "the top bit of the salt is set")
			got, err := Reveal(b, "s3cret")
			require.NoError(t, err)
			assert.Equal(t, c.clear, string(got))
			if got, err = Reveal(b, "other"); err == nil && len(c.clear) > 2 {
				// A shorter one may come out of another secret by chance.
				assert.NotEqual(t, c.clear, string(got))
			}
		})
	}
	_, err := Hide(make([]byte, MaxHide+1), "s")
	assert.ErrorIs(t, err, packet.ErrMalformed)
}

// TestR2868_3_5_1_SaltsDiffer: nothing but the salt keeps two values apart, so it comes again as
// late as it can.
func TestR2868_3_5_1_SaltsDiffer(t *testing.T) {
	var mu sync.Mutex
	seen := make(map[string]int)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1 << 10 {
				b, err := Hide(nil, "s")
				assert.NoError(t, err)
				mu.Lock()
				seen[string(b[:2])]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	assert.Len(t, seen, 4<<10)
}

func TestR2868_3_5_1_SaltCountsRound(t *testing.T) {
	salts.Store(0xffff_fffe)
	for _, want := range []string{"\xff\xff", "\x80\x00", "\x80\x01"} {
		b, err := Hide(nil, "s")
		require.NoError(t, err)
		assert.Equal(t, want, string(b[:2]))
	}
}

func TestRevealRefuses(t *testing.T) {
	good := hidden("value", "\x80\x01", "s")
	long := hidden(string(make([]byte, 15)), "\x80\x01", "s")
	for _, c := range []struct{ name, b string }{
		{"nothing", ""},
		{"a salt alone", good[:2]},
		{"half a block", good[:10]},
		{"a block and a half", long + "12345678"},
		{"one octet short", good[:17]},
		{"one octet more", good + "x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Reveal([]byte(c.b), "s")
			assert.ErrorIs(t, err, ErrHidden)
		})
	}
	t.Run("a length past its end", func(t *testing.T) {
		b := []byte(good)
		b[2] ^= 5 ^ 16 // the length octet: 16 in a block that holds 15
		_, err := Reveal(b, "s")
		assert.ErrorIs(t, err, ErrHidden)
	})
	t.Run("a salt without its top bit", func(t *testing.T) {
		_, err := Reveal([]byte(hidden("value", "\x00\x01", "s")), "s")
		assert.ErrorIs(t, err, ErrHidden)
	})
}

func FuzzReveal(f *testing.F) {
	f.Add([]byte("value"), "s3cret")
	f.Add([]byte(""), "s")
	f.Add([]byte(hidden("value", "\x80\x01", "s")), "s")
	f.Add(make([]byte, MaxHide), "\x00")
	f.Fuzz(func(t *testing.T, b []byte, secret string) {
		s := Secret(secret)
		before := bytes.Clone(b)
		if clear, err := Reveal(b, s); err == nil {
			require.LessOrEqual(t, len(clear), len(b)-saltLen-1)
		}
		h, err := Hide(b, s)
		if len(b) > MaxHide {
			require.ErrorIs(t, err, packet.ErrMalformed)
			return
		}
		require.NoError(t, err)
		require.LessOrEqual(t, len(h), 252)
		clear, err := Reveal(h, s)
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, clear))
		require.True(t, bytes.Equal(before, b), "what was given is as it was")
	})
}
