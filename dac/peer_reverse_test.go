// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"encoding/binary"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

var tlsInfo = &dac.ConnInfo{Transport: "tls", Reliable: true, Secret: "radsec"}

func TestR_RC_6_1_1_AnUnexpectedReverseRequestIsDiscarded(t *testing.T) {
	b, err := dac.Peer{}.AnswerUnexpected([]byte("as it was"), requestOverTLS(t), tlsInfo)
	require.NoError(t, err)
	assert.Equal(t, "as it was", string(b))
}

func TestR6614_2_5_2_AnUnexpectedReverseRequestIsRefusedWhereThePeerSaysSo(t *testing.T) {
	q := requestOverTLS(t)
	b, err := dac.Peer{UnexpectedReverse: dac.NAKReverse}.AnswerUnexpected(nil, q, tlsInfo)
	require.NoError(t, err)
	resp, err := dac.ParseResponse(b, q, "radsec")
	require.NoError(t, err)
	assert.Equal(t, radius.CodeCoANAK, resp.Packet.Code)
	assert.Equal(t, errcause.UnsupportedExtension, resp.Cause())
}

func TestR_BIS_3_7_2_AnUnexpectedReverseRequestGetsProtocolErrorWhereThePeerSaysSo(t *testing.T) {
	q, p := requestOverTLS(t), dac.Peer{UnexpectedReverse: dac.ProtocolErrorReverse}
	b, err := p.AnswerUnexpected(nil, q, tlsInfo)
	require.NoError(t, err)
	resp, err := dac.ParseResponse(b, q, "radsec")
	require.NoError(t, err)
	assert.Equal(t, packet.ProtocolError, resp.Packet.Code)
	assert.Equal(t, errcause.UnsupportedExtension, resp.Cause())
	assert.True(t, packet.Concerns(b, radius.CodeCoARequest))
	assert.False(t, packet.Concerns(b, radius.CodeDisconnectRequest))

	// RFC 9765, section 5.5: without Original-Packet-Code.
	q = packet.AppendTokenHeader(nil, radius.CodeCoARequest, 77)
	binary.BigEndian.PutUint16(q[2:], uint16(len(q)))
	b, err = p.AnswerUnexpected(nil, q, &dac.ConnInfo{Version: dac.RADIUS11})
	require.NoError(t, err)
	require.NoError(t, packet.FitsToken(b, q))
	assert.Equal(t, []byte{101, 6, 0, 0, 1, 150}, b[packet.HeaderLen:])
}

func TestAnUnexpectedReverseRequestThatDoesNotVerifyIsAnError(t *testing.T) {
	_, err := dac.Peer{UnexpectedReverse: dac.NAKReverse}.AnswerUnexpected(nil, coa(t, 1), tlsInfo)
	require.ErrorIs(t, err, dac.ErrAuthenticator)
	access := append([]byte{1, 1, 0, 20}, make([]byte, 16)...)
	_, err = dac.Peer{}.AnswerUnexpected(nil, access, tlsInfo)
	require.ErrorIs(t, err, dac.ErrMalformed)
	_, err = dac.Peer{}.AnswerUnexpected(nil, access[:19], tlsInfo)
	require.ErrorIs(t, err, dac.ErrMalformed)
}

// requestOverTLS is a CoA-Request as it is signed on a connection.
func requestOverTLS(t *testing.T) []byte {
	q, err := dac.NewCoA(attrs.UserName.Of("bob"))
	require.NoError(t, err)
	b, err := q.AppendSigned(nil, 1, tlsInfo.Secret)
	require.NoError(t, err)
	return b
}
