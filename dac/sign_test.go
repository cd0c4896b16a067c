// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestR5176_3_4_2_BadMessageAuthenticatorInARequest(t *testing.T) {
	good := raw(40, bob, emptyMA, bob)
	signRequest(good, "s")
	at, _ := packet.FindMessageAuthenticator(good)
	for _, c := range []struct {
		name string
		b    func() []byte
	}{
		{"a bit of it", func() []byte { b := clone(good); b[at] ^= 1; return b }},
		{"its last octet", func() []byte { b := clone(good); b[at+15] ^= 0x80; return b }},
		{"zeros", func() []byte { b := clone(good); clear(b[at : at+16]); return b }},
		{"HMAC over the authenticator on the wire", func() []byte {
			b := clone(good)
			copy(b[at:], hmacOf("s", b[:at], zero16, b[at+16:]))
			return b
		}},
		{"HMAC over itself as received", func() []byte {
			b := clone(good)
			copy(b[at:], hmacOf("s", b[:4], zero16, b[20:]))
			return b
		}},
		{"another secret's", func() []byte {
			b := clone(good)
			copy(b[at:], hmacOf("t", b[:4], zero16, b[20:at], zero16, b[at+16:]))
			return b
		}},
		{"two, both right", func() []byte {
			b := raw(40, emptyMA, bob, emptyMA)
			ma := hmacOf("s", b)
			copy(b[22:], ma)
			copy(b[len(b)-16:], ma)
			return b
		}},
		{"17 octets", func() []byte { return raw(40, bob, append(figure("50 13"), make([]byte, 17)...)) }},
		{"15 octets", func() []byte { return raw(40, bob, append(figure("50 11"), make([]byte, 15)...)) }},
		{"empty", func() []byte { return raw(40, bob, figure("50 02")) }},
		{"a good one and an empty one", func() []byte {
			b := raw(40, bob, emptyMA, figure("50 02"))
			copy(b[at:], hmacOf("s", b))
			return b
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := c.b()
			// A good Request Authenticator over it.
			copy(b[4:], md5Of(b[:4], zero16, b[20:], []byte("s")))
			assert.ErrorIs(t, verifyRequest(b, "s"), ErrMessageAuthenticator)
			_, err := ParseRequest(b, "s")
			assert.ErrorIs(t, err, ErrMessageAuthenticator)
		})
	}
	t.Run("Message-Authenticator after the Request Authenticator", func(t *testing.T) {
		b := raw(40, bob, emptyMA, bob)
		copy(b[4:], md5Of(b[:4], zero16, b[20:], []byte("s")))
		copy(b[at:], hmacOf("s", b[:4], zero16, b[20:]))
		assert.ErrorIs(t, verifyRequest(b, "s"), ErrAuthenticator)
	})
}

func TestR5176_3_4_3_BadMessageAuthenticatorInAnAnswer(t *testing.T) {
	req := raw(40, bob)
	signRequest(req, "s")
	for _, c := range []struct {
		name  string
		field []byte // what its HMAC was made over
	}{
		{"over zeros, as in a request", zero16},
		{"over another request's authenticator", []byte("0123456789abcdef")},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := raw(41, emptyMA)
			copy(b[22:], hmacOf("s", b[:4], c.field, b[20:]))
			copy(b[4:], md5Of(b[:4], req[4:20], b[20:], []byte("s")))
			assert.ErrorIs(t, verifyResponse(b, req, "s"), ErrMessageAuthenticator)
			_, err := ParseResponse(b, req, "s")
			assert.ErrorIs(t, err, ErrMessageAuthenticator)
		})
	}
}

func TestR5176_3_4_1_MessageAuthenticatorInAllSix(t *testing.T) {
	for _, code := range []radius.Code{40, 43} {
		b, err := request(code, avp(1, "bob")).AppendSigned(nil, 3, "s")
		require.NoError(t, err)
		r, err := ParseRequest(b, "s")
		require.NoError(t, err)
		first, _ := firstMessageAuthenticator(b)
		assert.True(t, first)
		for _, a := range []radius.Code{code + 1, code + 2} {
			ab, err := answer(a).AppendSigned(nil, r, "s")
			require.NoError(t, err)
			first, _ := firstMessageAuthenticator(ab)
			assert.True(t, first)
			_, err = ParseResponse(ab, b, "s")
			assert.NoError(t, err)
		}
	}
}

func TestR_DEP_5_3_1_MessageAuthenticatorIsNotAskedFor(t *testing.T) {
	b, err := request(43, avp(1, "bob")).appendSigned(nil, 3, signing{Secret: "s"})
	require.NoError(t, err)
	_, has := firstMessageAuthenticator(b)
	require.False(t, has)
	r, err := ParseRequest(b, "s")
	require.NoError(t, err)
	ab, err := answer(44).AppendSigned(nil, r, "s")
	require.NoError(t, err)
	_, has = firstMessageAuthenticator(ab)
	assert.False(t, has, "an answer has one when its request had")
	_, err = ParseResponse(ab, b, "s")
	assert.NoError(t, err)
	assert.False(t, Peer{Secret: "s"}.RequireMessageAuthenticator)
}

func TestR_DEP_8_11_1_PlaceOfAnAttributeIsNoFault(t *testing.T) {
	for _, set := range [][][]byte{{emptyMA, bob}, {bob, emptyMA}, {bob, emptyMA, bob}} {
		b := raw(40, set...)
		signRequest(b, "s")
		_, err := ParseRequest(b, "s")
		assert.NoError(t, err)
	}
}

func TestR2865_3_2_NoEmptySecret(t *testing.T) {
	b := raw(40, bob)
	signRequest(b, "") // what a careless sender, or an attacker, would send
	for _, s := range [][]Secret{nil, {""}, {"", ""}} {
		_, err := ParseRequest(b, s...)
		require.Error(t, err)
		_, err = ParseResponse(raw(41), b, s...)
		require.Error(t, err)
	}
	assert.Error(t, verifyRequest(b, ""))
	_, err := ParseRequest(b, "", "s")
	assert.ErrorIs(t, err, ErrAuthenticator)
	_, err = request(40).AppendSigned(nil, 1, "")
	assert.Error(t, err)
	_, err = answer(41).AppendSigned(nil, &Request{Packet: &radius.Packet{Code: 40}, wire: b}, "")
	assert.Error(t, err)
}

func TestR_DEP_7_1_1_LongSecrets(t *testing.T) {
	for _, n := range []int{1, 15, 16, 32, 63, 64, 65, 128, 253, 4096} {
		s := Secret(strings.Repeat("k", n))
		b := raw(43, emptyMA, bob)
		ma := hmacOf(string(s), b)
		signRequest(b, s)
		assert.Equal(t, ma, b[22:38])
		assert.NoError(t, verifyRequest(b, s))
		assert.Error(t, verifyRequest(b, s+"k"))
		assert.Error(t, verifyRequest(b, s[:n-1]))
	}
	// Octets that text has no room for are octets of a secret.
	b, err := request(40).AppendSigned(nil, 1, "\x00\xff\x00")
	require.NoError(t, err)
	_, err = ParseRequest(b, "\x00\xff\x00")
	assert.NoError(t, err)
	_, err = ParseRequest(b, "\x00\xff")
	assert.Error(t, err)
}

func TestSecretsAreTriedInTurn(t *testing.T) {
	b, err := request(40, avp(1, "bob")).AppendSigned(nil, 1, "new")
	require.NoError(t, err)
	for _, s := range [][]Secret{{"new"}, {"old", "new"}, {"new", "old"}, {"", "old", "new"}} {
		_, err := ParseRequest(b, s...)
		assert.NoError(t, err)
	}
	_, err = ParseRequest(b, "old", "older")
	assert.ErrorIs(t, err, ErrAuthenticator)

	// The secret that fits the Request Authenticator is the right one, so what is wrong is the
	// Message-Authenticator.
	b = raw(40, bob, emptyMA)
	copy(b[4:], md5Of(b[:4], zero16, b[20:], []byte("new")))
	_, err = ParseRequest(b, "old", "new")
	assert.ErrorIs(t, err, ErrMessageAuthenticator)
	_, err = ParseRequest(b, "new", "old")
	assert.ErrorIs(t, err, ErrMessageAuthenticator)
}
