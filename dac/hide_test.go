// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hidden is a value hidden once more from the formula of RFC 2868, section 3.5: b1 = MD5(S + R + A), c1 = p1 xor b1, b2 = MD5(S + c1), ...
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
		{"the longest", string(make([]byte, maxHide)), 242},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := hide([]byte(c.clear), "s3cret")
			require.NoError(t, err)
			assert.Len(t, b, c.octets)
			assert.Equal(t, hidden(c.clear, string(b[:2]), "s3cret"), string(b))
			assert.NotZero(t, b[0]&0x80, "the top bit of the salt is set")
			got, err := reveal(b, "s3cret")
			require.NoError(t, err)
			assert.Equal(t, c.clear, string(got))
			if got, err = reveal(b, "other"); err == nil && len(c.clear) > 2 { // a shorter one may come out of another secret by chance
				assert.NotEqual(t, c.clear, string(got))
			}
		})
	}
	_, err := hide(make([]byte, maxHide+1), "s")
	assert.ErrorIs(t, err, ErrMalformed)
}

// TestR2868_3_5_1_SaltsDiffer: nothing but the salt keeps two values apart, so it comes again as late as it can.
func TestR2868_3_5_1_SaltsDiffer(t *testing.T) {
	var mu sync.Mutex
	seen := make(map[string]int)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1 << 10 {
				b, err := hide(nil, "s")
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
		b, err := hide(nil, "s")
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
			_, err := reveal([]byte(c.b), "s")
			assert.ErrorIs(t, err, errHidden)
		})
	}
	t.Run("a length past its end", func(t *testing.T) {
		b := []byte(good)
		b[2] ^= 5 ^ 16 // the length octet: 16 in a block that holds 15
		_, err := reveal(b, "s")
		assert.ErrorIs(t, err, errHidden)
	})
	t.Run("a salt without its top bit is taken", func(t *testing.T) {
		got, err := reveal([]byte(hidden("value", "\x00\x01", "s")), "s")
		require.NoError(t, err)
		assert.Equal(t, "value", string(got))
	})
	t.Run("in a request to be sent", func(t *testing.T) {
		_, err := request(43).Reveal([]byte(good))
		assert.ErrorIs(t, err, errHidden)
	})
	t.Run("in a request that came, with the secret that verified it", func(t *testing.T) {
		b, err := request(43).AppendSigned(nil, 1, "s")
		require.NoError(t, err)
		r, err := ParseRequest(b, "other", "s")
		require.NoError(t, err)
		got, err := r.Reveal([]byte(good))
		require.NoError(t, err)
		assert.Equal(t, "value", string(got))
		assert.Equal(t, hidden("value", "\x80\x01", "s"), good, "what was given is as it was")
	})
}

func TestR2868_3_5_1_HiddenWhenSignedAndRevealedWhenReceived(t *testing.T) {
	password := attrs.TunnelPassword.Of(attrs.Tag(3, []byte("tunnel")))
	built, err := NewCoA(attrs.UserName.Of("bob"), password, password)
	require.NoError(t, err)
	got, b := arrived(t, built, 1, "front")
	assert.NotContains(t, string(b), "tunnel")
	values := all(got.Attributes(), 69)
	require.Len(t, values, 2)
	assert.NotEqual(t, values[0], values[1], "each with a salt of its own")
	for _, v := range values {
		assert.Equal(t, byte(3), v[0], "the tag is in clear")
		assert.Equal(t, hidden("tunnel", v[1:3], "front"), v[1:])
	}
	clear, err := attrs.TunnelPassword.Get(got)
	require.NoError(t, err)
	assert.Equal(t, attrs.Tag(3, []byte("tunnel")), clear)
	assert.Equal(t, "\x03tunnel", all(built.Attributes(), 69)[0], "what was built is as it was")

	// A proxy sends it on with the secret of the next hop, and what it got stays as it came.
	on, octets := arrived(t, got, 2, "back")
	for _, v := range all(on.Attributes(), 69) {
		assert.Equal(t, hidden("tunnel", v[1:3], "back"), v[1:])
	}
	clear, err = attrs.TunnelPassword.Get(on)
	require.NoError(t, err)
	assert.Equal(t, []byte("tunnel"), clear.Value)
	assert.Equal(t, values, all(got.Attributes(), 69))
	_, err = ParseRequest(octets, "front")
	assert.ErrorIs(t, err, ErrAuthenticator)

	// What cannot be revealed cannot be sent on: nobody knows what it says.
	b = raw(43, bob, figure("45 08 03 80 01 01 02 03"))
	signRequest(b, "front")
	got, err = ParseRequest(b, "front")
	require.NoError(t, err)
	_, err = got.AppendSigned(nil, 1, "back")
	assert.ErrorIs(t, err, errHidden)
	_, err = attrs.TunnelPassword.Get(got)
	assert.ErrorIs(t, err, errcause.InvalidRequest)
}
