// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/errcause"
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

	// What cannot be revealed cannot be sent on: what it says is not known.
	b = raw(43, bob, figure("45 08 03 80 01 01 02 03"))
	signRequest(b, "front")
	got, err = ParseRequest(b, "front")
	require.NoError(t, err)
	_, err = got.AppendSigned(nil, 1, "back")
	assert.ErrorIs(t, err, authn.ErrHidden)
	_, err = attrs.TunnelPassword.Get(got)
	assert.ErrorIs(t, err, errcause.InvalidRequest)
}

func TestHiddenValuesAreRevealedInReceivedRequests(t *testing.T) {
	good := hidden("value", "\x80\x01", "s")
	t.Run("in a request to be sent", func(t *testing.T) {
		_, err := request(43).Reveal([]byte(good))
		assert.ErrorIs(t, err, authn.ErrHidden)
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
