// SPDX-License-Identifier: Apache-2.0

package dactest_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
)

// What SignRequest and SignResponse sign verifies with the code under test, which signs by itself.
func TestSignAfterAChange(t *testing.T) {
	request, err := coa(t, "bob").AppendSigned(nil, 7, dactest.Secret)
	require.NoError(t, err)
	at := bytes.Index(request, []byte("bob"))
	request[at] = 'B'
	_, err = dac.ParseRequest(request, dactest.Secret)
	require.ErrorIs(t, err, dac.ErrAuthenticator)
	dactest.SignRequest(request, dactest.Secret)
	r, err := dac.ParseRequest(request, dactest.Secret)
	require.NoError(t, err)

	ack, err := r.ACK(proxyState("kept by the request alone"))
	require.NoError(t, err)
	answer, err := ack.AppendSigned(nil, r, dactest.Secret)
	require.NoError(t, err)
	answer[len(answer)-1] ^= 1
	_, err = dac.ParseResponse(answer, request, dactest.Secret)
	require.ErrorIs(t, err, dac.ErrAuthenticator)
	dactest.SignResponse(answer, request, dactest.Secret)
	_, err = dac.ParseResponse(answer, request, dactest.Secret)
	require.NoError(t, err)
}

// Padding is not signed, since the other side does not hash it either (RFC 5176, section 2.3).
func TestSignLeavesPaddingOut(t *testing.T) {
	b, err := disconnect(t, "bob").AppendSigned(nil, 7, dactest.Secret)
	require.NoError(t, err)
	padded := append(bytes.Clone(b), "padding"...)
	padded[4] ^= 1
	dactest.SignRequest(padded, dactest.Secret)
	require.Equal(t, b, padded[:len(b)])
	require.Equal(t, "padding", string(padded[len(b):]))
}

func TestSignTakesAnyOctets(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		b := make([]byte, random.IntN(80))
		for i := range b {
			b[i] = byte(random.UintN(256))
			if i >= 20 && random.IntN(3) == 0 {
				b[i] = []byte{80, 18}[i%2]
			}
		}
		dactest.SignRequest(b, dactest.Secret)
		dactest.SignResponse(b, b[:random.IntN(len(b)+1)], dactest.Secret)
	}
	short := []byte("too short")
	dactest.SignRequest(short, dactest.Secret)
	require.Equal(t, "too short", string(short))
}
