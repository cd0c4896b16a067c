// SPDX-License-Identifier: Apache-2.0

package dac

import (
	_ "embed"
	"encoding/hex"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

//go:embed testdata/vectors.tsv
var vectorsTSV string

// vector returns the secret and the octets of one row of the vectors.
func vector(t testing.TB, name string) (Secret, []byte) {
	for _, row := range lines(vectorsTSV) {
		if row[0] == name {
			b, err := hex.DecodeString(row[2])
			require.NoError(t, err)
			return Secret(row[1]), b
		}
	}
	t.Fatalf("no vector %q", name)
	return "", nil
}

// The rows of the vectors, by what is to be done with them.
var (
	goodRequests = []string{
		"rfc5176-s7-trace1", "rfc5176-s7-trace3", "tcpdump-RFC5176-dm-request", "coa-request-ma", "disconnect-request-noma",
		"radsec-disconnect-request", "radsec-dtls-disconnect-request",
	}
	badRequests = []string{"rfc5176-s7-trace2", "tcpdump-RFC5176-coa-request"}
	goodAnswers = map[string]string{ // answer: request
		"coa-ack-ma":                     "coa-request-ma",
		"coa-nak-503-ma-last":            "coa-request-ma",
		"protocol-error-for-coa-request": "coa-request-ma",
		"disconnect-ack":                 "disconnect-request-noma",
	}
)

func TestVectorsAreAllUsed(t *testing.T) {
	used := make(map[string]bool)
	for _, name := range append(append([]string{}, goodRequests...), badRequests...) {
		used[name] = true
	}
	for name, to := range goodAnswers {
		assert.True(t, used[to])
		used[name] = true
	}
	rows := lines(vectorsTSV)
	assert.Len(t, rows, 13)
	for _, row := range rows {
		assert.True(t, used[row[0]], row[0])
		delete(used, row[0])
	}
	assert.Empty(t, used)
}

// TestR5176_2_3_12_RequestVectors parses every valid request, signs the octets again, and builds
// the packet again from what was parsed: octet for octet the same. TestR5176_3_4_4 stands on the
// two that have a Message-Authenticator.
func TestR5176_2_3_12_RequestVectors(t *testing.T) {
	for _, name := range goodRequests {
		t.Run(name, func(t *testing.T) {
			s, b := vector(t, name)
			r, err := ParseRequest(b, s)
			require.NoError(t, err)

			again := append([]byte(nil), b...)
			wipe(again)
			require.NotEqual(t, b, again)
			signRequest(again, s)
			assert.Equal(t, b, again)

			_, signed := firstMessageAuthenticator(b)
			built, err := request(r.Packet.Code, r.Attributes()...).appendSigned(nil, b[1], signing{Secret: authn.Secret(s), MessageAuthenticator: signed})
			require.NoError(t, err)
			assert.Equal(t, b, built)

			_, err = ParseRequest(b, s+"x")
			assert.ErrorIs(t, err, ErrAuthenticator)
		})
	}
}

// wipe clears the authenticator and the Message-Authenticator of a packet.
func wipe(b []byte) {
	clear(b[4:packet.HeaderLen])
	if at, _ := packet.FindMessageAuthenticator(b); at != 0 {
		clear(b[at : at+16])
	}
}

// firstMessageAuthenticator reports whether a packet has a Message-Authenticator as its first
// attribute, and whether it has one.
func firstMessageAuthenticator(b []byte) (first, has bool) {
	at, _ := packet.FindMessageAuthenticator(b)
	return at == packet.HeaderLen+2, at != 0
}

func TestR5176_7_TracesParsed(t *testing.T) {
	// Section 7 shows the packets of three exchanges without their secret. The second is signed
	// with one that nobody knows.
	_, b := vector(t, "rfc5176-s7-trace2")
	octets, err := packet.Cut(b)
	require.NoError(t, err)
	assert.Equal(t, "90234567", string(packet.Find(octets, 44)))
	for _, s := range []Secret{"xyz", "unknown", "testing123", "secret"} {
		_, err = ParseRequest(b, s)
		assert.ErrorIs(t, err, ErrAuthenticator)
	}
	s, b := vector(t, "rfc5176-s7-trace3")
	r, err := ParseRequest(b, s)
	require.NoError(t, err)
	assert.Equal(t, radius.Attributes{avp(8, "\x0a\x00\x02\x03")}, r.Attributes())
}

func TestR2869_5_14_1_HMACOverTheWrongAuthenticator(t *testing.T) {
	// What the tcpdump capture has in its CoA-Request: the commonest fault of senders.
	s, b := vector(t, "tcpdump-RFC5176-coa-request")
	_, err := ParseRequest(b, s)
	require.ErrorIs(t, err, ErrAuthenticator)
	authenticate(b, authn.Field{}, s)
	_, err = ParseRequest(b, s)
	assert.ErrorIs(t, err, ErrMessageAuthenticator, "with its Request Authenticator mended")
}

// TestR5176_2_3_13_ResponseVectors does with the answers what is done with the requests above. One
// of them has its Message-Authenticator last and a Proxy-State that its request has not: built
// here, the first stands first and the second is gone.
func TestR5176_2_3_13_ResponseVectors(t *testing.T) {
	for name, to := range goodAnswers {
		t.Run(name, func(t *testing.T) {
			s, b := vector(t, name)
			_, requestOctets := vector(t, to)
			a, err := ParseResponse(b, requestOctets, s)
			require.NoError(t, err)
			assert.Equal(t, radius.Code(b[0]), a.Packet.Code)
			assert.EqualValues(t, requestOctets[1], a.ID)

			again := append([]byte(nil), b...)
			wipe(again)
			signResponse(again, requestOctets, s)
			assert.Equal(t, b, again)

			r, err := ParseRequest(requestOctets, s)
			require.NoError(t, err)
			built, err := a.AppendSigned(nil, r, s)
			require.NoError(t, err)
			if first, has := firstMessageAuthenticator(b); first || !has {
				assert.Equal(t, b, built)
			}
			same, err := ParseResponse(built, requestOctets, s)
			require.NoError(t, err)
			assert.Equal(t, own(a), own(same))
			assert.Equal(t, all(r.Packet.Attributes, packet.TypeProxyState), all(same.Packet.Attributes, packet.TypeProxyState))

			_, err = ParseResponse(b, requestOctets, s+"x")
			assert.ErrorIs(t, err, ErrAuthenticator)
		})
	}
}

// own are the attributes that an answer has by itself, and not from the request or the signature.
func own(r *Response) (set radius.Attributes) {
	for _, a := range r.Packet.Attributes {
		switch a.Type {
		case packet.TypeMessageAuthenticator, packet.TypeProxyState, packet.TypeState:
		default:
			set = append(set, a)
		}
	}
	return set
}

// all are the values of the attributes of type t.
func all(set radius.Attributes, t radius.Type) (values []string) {
	for _, a := range set {
		if a.Type == t {
			values = append(values, string(a.Attribute))
		}
	}
	return values
}

func TestR7930_4_1_ProtocolErrorAnswersACoA(t *testing.T) {
	s, b := vector(t, "protocol-error-for-coa-request")
	_, requestOctets := vector(t, "coa-request-ma")
	a, err := ParseResponse(b, requestOctets, s)
	require.NoError(t, err)
	assert.False(t, a.ACK())
	assert.EqualValues(t, 406, a.Cause())
	assert.ErrorContains(t, a.Err(), "dac: Protocol-Error: Unsupported-Extension (406)")
}

func TestR6614_2_3_1_FixedSecretOfRadSec(t *testing.T) {
	_, b := vector(t, "radsec-disconnect-request")
	_, err := ParseRequest(b, "radsec")
	assert.NoError(t, err)
	_, err = ParseRequest(b, "radius/dtls")
	assert.ErrorIs(t, err, ErrAuthenticator)
}

// TestR2865_3_1_ShortIsDiscardedAndLongIsCut takes every vector apart: no beginning of it is a
// packet, and whatever follows it changes nothing.
func TestR2865_3_1_ShortIsDiscardedAndLongIsCut(t *testing.T) {
	for _, name := range goodRequests {
		s, b := vector(t, name)
		for n := range len(b) {
			_, err := ParseRequest(b[:n], s)
			require.ErrorIs(t, err, ErrMalformed, "%s, %d octets", name, n)
		}
		want, err := ParseRequest(b, s)
		require.NoError(t, err)
		for _, more := range [][]byte{{0}, {80}, make([]byte, 5000), b} {
			got, err := ParseRequest(append(clone(b), more...), s)
			require.NoError(t, err)
			assert.Equal(t, want.Packet, got.Packet)
			assert.Equal(t, want.wire, got.wire)
		}
	}
	for name, to := range goodAnswers {
		s, b := vector(t, name)
		_, asked := vector(t, to)
		for n := range len(b) {
			_, err := ParseResponse(b[:n], asked, s)
			require.ErrorIs(t, err, ErrMalformed, "%s, %d octets", name, n)
		}
		_, err := ParseResponse(append(clone(b), "padding"...), append(clone(asked), "padding"...), s)
		assert.NoError(t, err)
	}
}

func TestR2865_2_1_NoSecretNoRequest(t *testing.T) {
	for _, name := range goodRequests {
		_, b := vector(t, name)
		_, err := ParseRequest(b)
		assert.ErrorContains(t, err, "empty secret", "%s", name)
		assert.NotErrorIs(t, err, ErrMalformed)
	}
}
