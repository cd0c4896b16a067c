// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// header is the header of a Disconnect-Request with the given Length field; none of the functions here look at its authenticator.
func header(length string) []byte {
	return figure(
		"28 01"+length,
		"00 00 00 00",
		"00 00 00 00",
		"00 00 00 00",
		"00 00 00 00",
	)
}

func TestR5176_2_3_2_HeaderOfRFC2865(t *testing.T) {
	b := figure(
		"28 07 00 1c", // Code 40, Identifier 7, Length 28
		"01 02 03 04", // Authenticator
		"05 06 07 08",
		"09 0a 0b 0c",
		"0d 0e 0f 10",
		"01 08 6d 63", // User-Name, 8 octets, "mc
		"68 69 62 61", // hiba"
	)
	packet, err := cut(b)
	require.NoError(t, err)
	var p radius.Packet
	parsePacket(&p, packet)
	assert.Equal(t, radius.CodeDisconnectRequest, p.Code)
	assert.EqualValues(t, 7, p.Identifier)
	assert.Equal(t, [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, p.Authenticator)
	assert.Equal(t, radius.Attributes{avp(1, "mchiba")}, p.Attributes)
	assert.Empty(t, p.Secret)
}

// filled is a packet of n octets that is in order but for their number, where they are too many.
func filled(n int) []byte {
	b := header("00 00")
	for len(b) < n {
		size := min(n-len(b), 255)
		if n-len(b)-size == 1 {
			size--
		}
		b = append(append(b, 33, byte(size)), make([]byte, size-2)...)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(n))
	return b
}

func TestR5176_2_3_11_LengthRules(t *testing.T) {
	pad := func(b []byte, n int) []byte { return append(b, make([]byte, n)...) }
	full := filled(4096)
	for _, c := range []struct {
		name string
		b    []byte
		n    int // octets of the packet; 0: malformed
	}{
		{"nothing", nil, 0},
		{"one octet", []byte{40}, 0},
		{"19 octets", header("00 13")[:19], 0},
		{"a header alone", header("00 14"), 20},
		{"Length 0", header("00 00"), 0},
		{"Length 19", header("00 13"), 0},
		{"Length 21 in 20 octets", header("00 15"), 0},
		{"Length 4096", full, 4096},
		{"Length 4096, datagram of 4095", full[:4095], 0},
		{"Length 4097", filled(4097), 0},
		{"Length 65535", pad(header("ff ff"), 65515), 0},
		{"padding of one octet", pad(header("00 14"), 1), 20},
		{"padding that looks like an attribute", append(header("00 14"), 1, 3, 'x'), 20},
		{"padding of 4076 octets", pad(header("00 14"), 4076), 20},
		{"an empty attribute", append(header("00 16"), 1, 2), 22},
		{"one octet of an attribute", append(header("00 15"), 1), 0},
		{"attribute Length 0", append(header("00 16"), 1, 0), 0},
		{"attribute Length 1", append(header("00 16"), 1, 1), 0},
		{"attribute Length 0 behind a good one", append(header("00 19"), 1, 3, 'x', 1, 0), 0},
		{"attribute past the packet", append(header("00 17"), 1, 4, 'x'), 0},
		{"attribute past the packet, into the padding", append(header("00 17"), 1, 4, 'x', 'y'), 0},
		{"attribute of 255 octets in 23", append(header("00 17"), 1, 255, 'x'), 0},
		{"attribute of 255 octets", pad(append(header("01 13"), 1, 255), 253), 275},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := cut(c.b)
			if c.n == 0 {
				require.ErrorIs(t, err, ErrMalformed)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.b[:c.n], got)
			assert.Equal(t, c.n, cap(got), "an append to the packet would write into the datagram")
		})
	}
}

func TestR5176_2_3_11_PaddingIgnored(t *testing.T) {
	b, err := request(40, avp(1, "bob")).AppendSigned(nil, 1, "s")
	require.NoError(t, err)
	r, err := ParseRequest(append(b, 80, 18, 0xff), "s")
	require.NoError(t, err)
	assert.Len(t, r.Attributes(), 2)
}

func TestFindAttrIsTheFirst(t *testing.T) {
	b := append(header("00 1d"), 24, 3, 'a', 33, 2, 24, 4, 'b', 'c')
	assert.Equal(t, []byte("a"), findAttr(b, 24))
	assert.NotNil(t, findAttr(b, 33), "an empty attribute is there")
	assert.Empty(t, findAttr(b, 33))
	assert.Nil(t, findAttr(b, 1))
}

func TestR5176_6_3_3_WindowBothWays(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	stamped := func(off ...int) []byte {
		b := header("00 00")
		for _, o := range off {
			b = append(b, typeEventTimestamp, 6)
			b = binary.BigEndian.AppendUint32(b, uint32(now.Unix()+int64(o)))
		}
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		return b
	}
	for _, c := range []struct {
		name string
		b    []byte
		late time.Duration // of the clock, within its second
		ok   bool
	}{
		{"none", header("00 14"), 0, true},
		{"now", stamped(0), 0, true},
		{"299 s ago", stamped(-299), 0, true},
		{"300 s ago", stamped(-300), 0, true},
		{"300 s ago and a part of a second", stamped(-300), time.Second - 1, true},
		{"301 s ago", stamped(-301), 0, false},
		{"299 s ahead", stamped(299), 0, true},
		{"300 s ahead", stamped(300), 0, true},
		{"300 s ahead and a part of a second", stamped(300), time.Second - 1, true},
		{"301 s ahead", stamped(301), 0, false},
		{"301 s ahead, less a part of a second", stamped(301), time.Second - 1, false},
		{"two, both current", stamped(1, 2), 0, true},
		{"two, the first stale", stamped(-301, 0), 0, false},
		{"two, the second stale", stamped(0, -301), 0, false},
		{"1970", append(header("00 1a"), 55, 6, 0, 0, 0, 0), 0, false},
		{"2106", append(header("00 1a"), 55, 6, 255, 255, 255, 255), 0, false},
		{"empty", append(header("00 16"), 55, 2), 0, false},
		{"three octets", append(header("00 19"), 55, 5, 0x69, 0xa4, 0x2b), 0, false},
		{"eight octets", append(header("00 1e"), 55, 10, 0, 0, 0, 0, 0x69, 0xa4, 0x2b, 0xc0), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := current(c.b, now.Add(c.late), 300*time.Second)
			if c.ok {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, ErrEventTimestamp)
			}
		})
	}
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
	rest := 4096 - headerLen - 18 - 15*255
	b, err := request(40, append(set, avp(1, string(make([]byte, rest-2))))...).AppendSigned(nil, 1, "s")
	require.NoError(t, err)
	require.Len(t, b, 4096)
	_, err = ParseRequest(b, "s")
	require.NoError(t, err)
	_, err = request(40, append(set, avp(1, string(make([]byte, rest-1))))...).AppendSigned(nil, 1, "s")
	assert.ErrorIs(t, err, ErrMalformed)
}
