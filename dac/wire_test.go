// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestR5176_2_3_11_PaddingIgnored(t *testing.T) {
	b, err := request(40, avp(1, "bob")).AppendSigned(nil, 1, "s")
	require.NoError(t, err)
	r, err := ParseRequest(append(b, 80, 18, 0xff), "s")
	require.NoError(t, err)
	assert.Len(t, r.Attributes(), 2)
}

func TestEncodingRefusesWhatWouldBeLost(t *testing.T) {
	big := string(make([]byte, 253))
	many := make([]*radius.AVP, 16)
	for i := range many {
		many[i] = avp(11, big)
	}
	for _, c := range []struct {
		name string
		r    *Request
	}{
		{"no Packet", &Request{}},
		{"an answer", request(41)},
		{"another request", request(1)},
		{"nil attribute", request(40, nil)},
		{"type 256", request(40, avp(256, "x"))},
		{"type -1", request(40, avp(-1, "x"))},
		{"254 octets", request(40, avp(1, big+"x"))},
		{"4121 octets in all", request(43, many...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := c.r.AppendSigned(nil, 1, "s")
			require.Error(t, err)
			assert.Empty(t, b)
		})
	}
}

func TestPacketOf4096OctetsAndNotOneMore(t *testing.T) {
	var set []*radius.AVP
	for range 15 {
		set = append(set, avp(33, string(make([]byte, 253))))
	}
	rest := 4096 - packet.HeaderLen - 18 - 15*255
	b, err := request(40, append(set, avp(1, string(make([]byte, rest-2))))...).AppendSigned(nil, 1, "s")
	require.NoError(t, err)
	require.Len(t, b, 4096)
	_, err = ParseRequest(b, "s")
	require.NoError(t, err)
	_, err = request(40, append(set, avp(1, string(make([]byte, rest-1))))...).AppendSigned(nil, 1, "s")
	assert.ErrorIs(t, err, ErrMalformed)
}
