// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"crypto/fips140"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"hash"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// The formulas once more, as the RFCs write them down, to hold the code against: all octets in one run.

func md5Of(parts ...[]byte) []byte { return hashOf(md5.New, parts) }

func hmacOf(key string, parts ...[]byte) []byte {
	return hashOf(func() hash.Hash { return hmac.New(md5.New, []byte(key)) }, parts)
}

func hashOf(with func() hash.Hash, parts [][]byte) (sum []byte) {
	fips140.WithoutEnforcement(func() {
		h := with()
		for _, p := range parts {
			h.Write(p)
		}
		sum = h.Sum(nil)
	})
	return sum
}

var zero16 = make([]byte, 16)

// raw makes the packet of code and attributes, not signed; each attribute is given with its type and Length.
func raw(code byte, attributes ...[]byte) []byte {
	b := append([]byte{code, 9, 0, 0}, zero16...)
	for _, a := range attributes {
		b = append(b, a...)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

var (
	bob     = figure("01 05 62 6f 62")                                           // User-Name "bob"
	emptyMA = figure("50 12", "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00") // Message-Authenticator, to be signed
)

func TestR2866_3_1_RequestAuthenticator(t *testing.T) {
	b := raw(40, bob)
	signRequest(b, "s3cret")
	want := md5Of(figure("28 09 00 19"), zero16, bob, []byte("s3cret"))
	assert.Equal(t, want, b[4:20])
	assert.NoError(t, verifyRequest(b, "s3cret"))
}

func TestR5176_3_4_4_HMACOverZerosBeforeTheRequestAuthenticator(t *testing.T) {
	for _, c := range []struct {
		name string
		set  [][]byte
	}{
		{"first", [][]byte{emptyMA, bob}},
		{"middle", [][]byte{bob, emptyMA, bob}},
		{"last", [][]byte{bob, emptyMA}},
		{"alone", [][]byte{emptyMA}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := raw(43, c.set...)
			ma := hmacOf("s3cret", b)
			at, err := findMessageAuthenticator(b)
			require.NoError(t, err)
			signRequest(b, "s3cret")
			assert.Equal(t, ma, b[at:at+16])
			assert.Equal(t, md5Of(b[:4], zero16, b[20:], []byte("s3cret")), b[4:20])
			assert.NoError(t, verifyRequest(b, "s3cret"))
		})
	}
}

func TestR5176_3_4_5_HMACOverTheRequestAuthenticatorOfTheRequest(t *testing.T) {
	req := raw(43, emptyMA, bob)
	signRequest(req, "s3cret")
	b := raw(45, figure("65 06 00 00 01 f7"), emptyMA) // Error-Cause 503
	unsigned := append([]byte(nil), b...)
	copy(unsigned[4:20], req[4:20])
	signResponse(b, req, "s3cret")
	assert.Equal(t, hmacOf("s3cret", unsigned), b[len(b)-16:])
	assert.Equal(t, md5Of(b[:4], req[4:20], b[20:], []byte("s3cret")), b[4:20])
	assert.NoError(t, verifyResponse(b, req, "s3cret"))
	assert.ErrorIs(t, verifyRequest(b, "s3cret"), ErrAuthenticator)
}

func TestR5176_3_4_2_BadMessageAuthenticatorInARequest(t *testing.T) {
	good := raw(40, bob, emptyMA, bob)
	signRequest(good, "s")
	at, _ := findMessageAuthenticator(good)
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
			copy(b[4:], md5Of(b[:4], zero16, b[20:], []byte("s"))) // a good Request Authenticator over it
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

func clone(b []byte) []byte { return append([]byte(nil), b...) }

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

func TestR5080_2_3_3_1_NoOtherRequestAuthenticator(t *testing.T) {
	b := raw(40, bob)
	assert.ErrorIs(t, verifyRequest(b, "s"), ErrAuthenticator, "zeros")
	copy(b[4:], "as Access-Requests")
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	assert.ErrorIs(t, verifyRequest(b, "s"), ErrAuthenticator, "random")
	signRequest(b, "s")
	for i := range b {
		if i == 2 || i == 3 || i == 21 {
			continue // a Length: no longer the same packet
		}
		for bit := range 8 {
			b[i] ^= 1 << bit
			assert.ErrorIs(t, verifyRequest(b, "s"), ErrAuthenticator, "octet %d, bit %d", i, bit)
			b[i] ^= 1 << bit
		}
	}
	assert.NoError(t, verifyRequest(b, "s"))
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

	// The secret that fits the Request Authenticator is the right one, so what is wrong is the Message-Authenticator.
	b = raw(40, bob, emptyMA)
	copy(b[4:], md5Of(b[:4], zero16, b[20:], []byte("new")))
	_, err = ParseRequest(b, "old", "new")
	assert.ErrorIs(t, err, ErrMessageAuthenticator)
	_, err = ParseRequest(b, "new", "old")
	assert.ErrorIs(t, err, ErrMessageAuthenticator)
}

func TestManySecretsAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 2 * maxMACs / 8 { // more secrets than a hasher keeps
				s := Secret(strings.Repeat(string(rune('a'+i)), 1+j%200))
				b := raw(43, emptyMA, bob)
				signRequest(b, s)
				assert.Equal(t, hmacOf(string(s), raw(43, emptyMA, bob)), b[22:38])
				assert.NoError(t, verifyRequest(b, s))
			}
		})
	}
	wg.Wait()
}

func TestHasherForgetsMACs(t *testing.T) {
	h := hashers.New().(*hasher)
	fips140.WithoutEnforcement(func() {
		for i := range maxMACs + 1 {
			h.keyed(Secret(binary.BigEndian.AppendUint32(nil, uint32(i))))
			require.LessOrEqual(t, len(h.mac), maxMACs)
		}
	})
}
