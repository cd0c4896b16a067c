// SPDX-License-Identifier: Apache-2.0

package authn

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"
	"sync"
	"testing"

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
	OutsideFIPS(func() {
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

// figure makes octets of rows laid out as in the figures of the RFCs.
func figure(rows ...string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(rows, ""), " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func TestR2866_3_1_RequestAuthenticator(t *testing.T) {
	b := raw(40, bob)
	SignRequest(b, "s3cret")
	want := md5Of(figure("28 09 00 19"), zero16, bob, []byte("s3cret"))
	assert.Equal(t, want, b[4:20])
	assert.NoError(t, VerifyRequest(b, "s3cret"))
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
			at, ok := packet.FindMessageAuthenticator(b)
			require.True(t, ok)
			SignRequest(b, "s3cret")
			assert.Equal(t, ma, b[at:at+16])
			assert.Equal(t, md5Of(b[:4], zero16, b[20:], []byte("s3cret")), b[4:20])
			assert.NoError(t, VerifyRequest(b, "s3cret"))
		})
	}
}

func TestR5176_3_4_5_HMACOverTheRequestAuthenticatorOfTheRequest(t *testing.T) {
	req := raw(43, emptyMA, bob)
	SignRequest(req, "s3cret")
	b := raw(45, figure("65 06 00 00 01 f7"), emptyMA) // Error-Cause 503
	unsigned := append([]byte(nil), b...)
	copy(unsigned[4:20], req[4:20])
	SignResponse(b, req, "s3cret")
	assert.Equal(t, hmacOf("s3cret", unsigned), b[len(b)-16:])
	assert.Equal(t, md5Of(b[:4], req[4:20], b[20:], []byte("s3cret")), b[4:20])
	assert.NoError(t, VerifyResponse(b, req, "s3cret"))
	assert.ErrorIs(t, VerifyRequest(b, "s3cret"), ErrAuthenticator)
}

func TestR5080_2_3_3_1_NoOtherRequestAuthenticator(t *testing.T) {
	b := raw(40, bob)
	assert.ErrorIs(t, VerifyRequest(b, "s"), ErrAuthenticator, "zeros")
	copy(b[4:], "as Access-Requests")
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	assert.ErrorIs(t, VerifyRequest(b, "s"), ErrAuthenticator, "random")
	SignRequest(b, "s")
	for i := range b {
		if i == 2 || i == 3 || i == 21 {
			continue // a Length: no longer the same packet
		}
		for bit := range 8 {
			b[i] ^= 1 << bit
			assert.ErrorIs(t, VerifyRequest(b, "s"), ErrAuthenticator, "octet %d, bit %d", i, bit)
			b[i] ^= 1 << bit
		}
	}
	assert.NoError(t, VerifyRequest(b, "s"))
}

func TestManySecretsAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 2 * maxMACs / 8 { // more secrets than a hasher keeps
				s := Secret(strings.Repeat(string(rune('a'+i)), 1+j%200))
				b := raw(43, emptyMA, bob)
				SignRequest(b, s)
				assert.Equal(t, hmacOf(string(s), raw(43, emptyMA, bob)), b[22:38])
				assert.NoError(t, VerifyRequest(b, s))
			}
		})
	}
	wg.Wait()
}

func TestHasherForgetsMACs(t *testing.T) {
	h := hashers.New().(*hasher)
	OutsideFIPS(func() {
		for i := range maxMACs + 1 {
			h.keyed(Secret(binary.BigEndian.AppendUint32(nil, uint32(i))))
			require.LessOrEqual(t, len(h.mac), maxMACs)
		}
	})
}
