// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// seeds gives f every packet of the vectors and a few that have what fuzzing should vary.
func seeds(f *testing.F, add func(b []byte)) {
	for _, row := range lines(vectorsTSV) {
		b, err := hex.DecodeString(row[2])
		require.NoError(f, err)
		add(b)
	}
	add(raw(40))
	add(raw(43, bob, emptyMA, figure("18 04 61 62"), figure("21 03 31"), figure("21 03 32"), figure("06 06 00 00 00 11")))
	add(raw(40, figure("1a 0c 00 00 00 09 01 06 61 3d 62 63"), figure("f1 04 08 61"), figure("f5 05 01 80 61"), figure("37 06 6b 49 d2 00")))
	add(append(raw(45, figure("65 06 00 00 01 f7"), figure("21 02")), "padding"...))
}

// resigned makes what the fuzzer gives a packet that passes authentication, where its lengths
// allow: a Length that fits, then a Message-Authenticator where there is one, then the
// authenticator.
func resigned(b []byte, sign func(b []byte)) []byte {
	b = clone(b[:min(len(b), packet.MaxLen)])
	if len(b) >= packet.HeaderLen {
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	}
	if octets, err := packet.Cut(b); err == nil {
		sign(octets)
	}
	return b
}

func FuzzParseRequest(f *testing.F) {
	seeds(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ParseRequest(b, "a secret that the fuzzer does not know"); err == nil {
			t.Fatal("not signed, and taken")
		}
		b = resigned(b, func(b []byte) { signRequest(b, "s") })
		r, err := ParseRequest(b, "s")
		if err != nil {
			require.Nil(t, r)
			_, lengths := packet.Cut(b)
			require.True(t, lengths != nil || !packet.IsRequest(radius.Code(b[0])) || oddMessageAuthenticator(b), "refused: %v", err)
			return
		}
		again, err := r.appendSigned(nil, b[1]+1, signing{Secret: "t", MessageAuthenticator: true, HideUserPassword: true})
		if err != nil {
			// No room for a Message-Authenticator, or a hidden value that cannot be read.
			require.True(t, len(b) > packet.MaxLen-18 || errors.Is(err, authn.ErrHidden), "cannot be sent on: %v", err)
			return
		}
		on, err := ParseRequest(again, "t")
		require.NoError(t, err)
		require.True(t, same(revealed(t, r), revealed(t, on)), "a proxy changes nothing but the salt and the padding of hidden values")

		for _, code := range []radius.Code{r.Packet.Code + 1, r.Packet.Code + 2} {
			ab, err := answer(code).AppendSigned(nil, r, "s")
			require.NoError(t, err, "the answer that says least always fits")
			a, err := ParseResponse(ab, b, "s")
			require.NoError(t, err)
			require.Equal(t, all(r.Attributes(), 33), all(a.Packet.Attributes, 33))
			require.LessOrEqual(t, len(all(a.Packet.Attributes, 24)), 1)
		}
	})
}

// revealed are the attributes of r but for Message-Authenticator, with hidden values in clear.
func revealed(t *testing.T, r *Request) radius.Attributes {
	set, err := attrs.MapEncrypted(r.Attributes(), r.RevealPassword)
	require.NoError(t, err)
	return others(set)
}

// oddMessageAuthenticator reports whether b has two of them or one of another length.
func oddMessageAuthenticator(b []byte) bool {
	var lengths []int
	for t, v := range packet.Attributes(b) {
		if t == 80 {
			lengths = append(lengths, len(v))
		}
	}
	return len(lengths) > 1 || len(lengths) == 1 && lengths[0] != 16
}

func same(a, b radius.Attributes) bool {
	return slices.EqualFunc(a, b, func(a, b *radius.AVP) bool { return a.Type == b.Type && bytes.Equal(a.Attribute, b.Attribute) })
}

func FuzzParseResponse(f *testing.F) {
	_, asked := vector(f, "coa-request-ma")
	_, ended := vector(f, "disconnect-request-noma")
	seeds(f, func(b []byte) { f.Add(b, true); f.Add(b, false) })
	f.Fuzz(func(t *testing.T, b []byte, coa bool) {
		request := ended
		if coa {
			request = asked
		}
		if _, err := ParseResponse(b, request, "a secret that the fuzzer does not know"); err == nil {
			t.Fatal("not signed, and taken")
		}
		ParseResponse(b, b, "s")
		b = resigned(b, func(b []byte) { b[1] = request[1]; signResponse(b, request, "s") })
		a, err := ParseResponse(b, request, "s")
		if err != nil {
			require.Nil(t, a)
			_, lengths := packet.Cut(b)
			require.True(t, lengths != nil || !packet.Answers(radius.Code(b[0]), radius.Code(request[0])) || oddMessageAuthenticator(b), "refused: %v", err)
			return
		}
		require.Equal(t, a.ACK(), a.Err() == nil)
		require.Equal(t, a.ACK(), a.Packet.Code == 41 || a.Packet.Code == 44)
		if err := a.Err(); err != nil {
			require.NotEmpty(t, err.Error())
		}
	})
}
