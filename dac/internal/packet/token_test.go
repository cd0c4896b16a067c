// SPDX-License-Identifier: Apache-2.0

package packet

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestR9765_4_1_TheHeaderIsCodeZeroLengthTokenZeros(t *testing.T) {
	b := AppendTokenHeader(nil, radius.CodeDisconnectRequest, 0x01020304)
	b = append(b, 1, 5, 'b', 'o', 'b')
	require.NoError(t, SetLength(b, 0))
	assert.Equal(t, "2800"+"0019"+"01020304"+"000000000000000000000000"+"0105626f62", hex.EncodeToString(b))
	cut, err := Cut(b)
	require.NoError(t, err)
	assert.Equal(t, uint32(0x01020304), Token(cut))
	assert.Equal(t, []byte("bob"), Find(cut, 1))
}

func TestR9765_4_2_AnAnswerHasTheTokenOfItsRequest(t *testing.T) {
	request := AppendTokenHeader(nil, radius.CodeCoARequest, 7)
	require.NoError(t, FitsToken(AppendTokenHeader(nil, radius.CodeCoANAK, 7), request))
	require.ErrorIs(t, FitsToken(AppendTokenHeader(nil, radius.CodeCoANAK, 8), request), ErrMalformed)
	require.ErrorIs(t, FitsToken(AppendTokenHeader(nil, radius.CodeDisconnectACK, 7), request), ErrMalformed)
}
