// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestR5176_3_1_1_ProxyStateEchoedInOrder(t *testing.T) {
	for _, code := range []radius.Code{40, 43} {
		// Opaque: 3.1-3.
		states := []string{"p2", "", "p1", "p2", "\x00\xff", string(make([]byte, 253))}
		set := []*radius.AVP{avp(33, states[0]), avp(1, "bob"), avp(33, states[1])}
		for _, s := range states[2:] {
			set = append(set, avp(33, s))
		}
		r, b := arrived(t, request(code, set...), 7, "s")
		for _, a := range []radius.Code{code + 1, code + 2} {
			// What a handler, or a NAS behind a proxy, has put there is not the request's.
			ab, err := answer(a, avp(33, "foreign"), avp(101, "\x00\x00\x01\xf7")).AppendSigned(nil, r, "s")
			require.NoError(t, err)
			got, err := ParseResponse(ab, b, "s")
			require.NoError(t, err)
			assert.Equal(t, states, all(got.Packet.Attributes, 33))
			assert.Equal(t, b[1], ab[1])
		}
	}
}

func TestR5176_3_3_1_StateEchoedInAnswersToCoA(t *testing.T) {
	for _, c := range []struct {
		name   string
		code   radius.Code
		states []string
		want   []string
	}{
		{"CoA with State", 43, []string{"\x00st\xff"}, []string{"\x00st\xff"}},
		{"CoA with an empty State", 43, []string{""}, []string{""}},
		{"CoA without", 43, nil, nil},
		{"CoA with two: an answer has one at most (3.6)", 43, []string{"one", "two"}, []string{"one"}},
		{"Disconnect with State, which it may not have: an answer may not either (3.6)", 40, []string{"st"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := []*radius.AVP{avp(1, "bob")}
			for _, s := range c.states {
				set = append(set, avp(24, s))
			}
			r, b := arrived(t, request(c.code, set...), 7, "s")
			for _, code := range []radius.Code{c.code + 1, c.code + 2} {
				ab, err := answer(code, avp(24, "a handler's")).AppendSigned(nil, r, "s")
				require.NoError(t, err)
				got, err := ParseResponse(ab, b, "s")
				require.NoError(t, err)
				assert.Equal(t, c.want, all(got.Packet.Attributes, 24))
			}
		})
	}
}

func TestR5176_3_1_9_AuthenticatorsAreMadeForTheOneWhoAsked(t *testing.T) {
	// As in a proxy: asked with one secret and identifier, answered by a NAS under another one.
	fromAAA, asked := arrived(t, request(43, avp(1, "bob"), avp(33, "aaa"), avp(24, "st")), 200, "front")
	toNAS, sent := arrived(t, request(43, append(others(fromAAA.Attributes()), avp(33, "mine"))...), 3, "back")
	answered, err := answer(45, avp(101, "\x00\x00\x01\xf7")).AppendSigned(nil, toNAS, "back")
	require.NoError(t, err)
	fromNAS, err := ParseResponse(answered, sent, "back")
	require.NoError(t, err)
	assert.Equal(t, []string{"aaa", "mine"}, all(fromNAS.Packet.Attributes, 33))
	b, err := fromNAS.AppendSigned(nil, fromAAA, "front")
	require.NoError(t, err)
	got, err := ParseResponse(b, asked, "front")
	require.NoError(t, err)
	assert.EqualValues(t, 200, got.ID)
	assert.Equal(t, []string{"aaa"}, all(got.Packet.Attributes, 33))
	assert.Equal(t, []string{"st"}, all(got.Packet.Attributes, 24))
	assert.EqualValues(t, 503, got.Cause())
}

func TestAnswerFitsItsRequest(t *testing.T) {
	for _, of := range []radius.Code{40, 43} {
		r, b := arrived(t, request(of, avp(1, "bob")), 7, "s")
		for code := range radius.Code(256) {
			ok := code == of+1 || code == of+2 || code == 52
			a, err := answer(code).AppendSigned(nil, r, "s")
			if ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, ErrMalformed)
				a = raw(byte(code))
				a[1] = 7
				signResponse(a, b, "s")
			}
			_, err = ParseResponse(a, b, "s")
			if ok {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, ErrMalformed, "code %d", code)
			}
			a[1]++
			signResponse(a, b, "s")
			_, err = ParseResponse(a, b, "s")
			assert.ErrorIs(t, err, ErrMalformed, "another identifier")
		}
	}
}

// TestHandlersCannotBreakAnAnswer: what belongs to the request is taken from its octets, whatever
// became of the Request.
func TestHandlersCannotBreakAnAnswer(t *testing.T) {
	r, b := arrived(t, request(43, avp(33, "p"), avp(24, "st")), 7, "s")
	want, err := answer(44).AppendSigned(nil, r, "s")
	require.NoError(t, err)
	r.Packet.Code, r.Packet.Identifier, r.Packet.Authenticator, r.Packet.Attributes = 40, 9, [16]byte{}, nil
	got, err := answer(44).AppendSigned(nil, r, "s")
	require.NoError(t, err)
	assert.Equal(t, want, got)
	r.Packet = nil
	got, err = answer(44).AppendSigned(nil, r, "s")
	require.NoError(t, err)
	assert.Equal(t, want, got)
	_, err = ParseResponse(got, b, "s")
	assert.NoError(t, err)
}

func TestResponseToNothingReceived(t *testing.T) {
	_, err := answer(41).AppendSigned(nil, request(40), "s")
	assert.ErrorContains(t, err, "not received")
	r, b := arrived(t, request(40), 7, "s")
	_, err = (&Response{}).AppendSigned(nil, r, "s")
	assert.Error(t, err)
	_, err = answer(41, avp(300, "x")).AppendSigned(nil, r, "s")
	assert.ErrorIs(t, err, ErrMalformed)
	for _, octets := range [][]byte{nil, b[:19], b[:len(b)-1]} {
		_, err = ParseResponse(raw(41), octets, "s")
		assert.ErrorIs(t, err, ErrMalformed)
	}
	_, err = ParseResponse(raw(41)[:19], b, "s")
	assert.ErrorIs(t, err, ErrMalformed)
}

func TestR5176_6_3_2_EventTimestampInAnAnswer(t *testing.T) {
	r, b := arrived(t, request(40, avp(1, "bob")), 7, "s")
	stamp := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		set  []*radius.AVP
		at   time.Time
		want []string
	}{
		{nil, time.Time{}, nil},
		{nil, stamp, []string{"\x6b\x49\xd2\x00"}},
		{[]*radius.AVP{avp(55, "\x00\x00\x00\x01")}, time.Time{}, []string{"\x00\x00\x00\x01"}},
		// One at most (3.6).
		{[]*radius.AVP{avp(55, "\x00\x00\x00\x01")}, stamp, []string{"\x00\x00\x00\x01"}},
	} {
		ab, err := answer(41, c.set...).appendSigned(nil, r, "s", c.at)
		require.NoError(t, err)
		got, err := ParseResponse(ab, b, "s")
		require.NoError(t, err)
		assert.Equal(t, c.want, all(got.Packet.Attributes, 55))
	}
}

func TestR5176_3_5_1_CauseOfAnAnswer(t *testing.T) {
	for _, c := range []struct {
		name string
		set  []*radius.AVP
		want uint32
	}{
		{"none", nil, 0},
		{"503", []*radius.AVP{avp(101, "\x00\x00\x01\xf7")}, 503},
		{"the first of two", []*radius.AVP{avp(101, "\x00\x00\x01\x91"), avp(101, "\x00\x00\x01\xf7")}, 401},
		{"unknown", []*radius.AVP{avp(101, "\xff\xff\xff\xff")}, 0xffffffff},
		{"two octets", []*radius.AVP{avp(101, "\x01\xf7")}, 0},
		{"two octets, then a good one", []*radius.AVP{avp(101, "\x01\xf7"), avp(101, "\x00\x00\x01\xf7")}, 503},
		{"empty", []*radius.AVP{avp(101, "")}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.EqualValues(t, c.want, answer(45, c.set...).Cause())
			assert.EqualValues(t, c.want, answer(44, c.set...).Cause())
			assert.NoError(t, answer(44, c.set...).Err(), "an ACK is one whatever it carries")
			assert.Error(t, answer(45, c.set...).Err())
		})
	}
}

// TestR2865_5_24_33_OpaqueOctets gives every octet that a State and a Proxy-State can have back,
// and in the same attribute.
func TestR2865_5_24_33_OpaqueOctets(t *testing.T) {
	octets := make([]byte, 253)
	for i := range octets {
		octets[i] = byte(255 - i)
	}
	r, b := arrived(t, request(43, avp(33, string(octets)), avp(24, string(octets)), avp(33, "\x21\x03x"), avp(33, "\x00")), 7, "s")
	ab, err := answer(44).AppendSigned(nil, r, "s")
	require.NoError(t, err)
	got, err := ParseResponse(ab, b, "s")
	require.NoError(t, err)
	assert.Equal(t, radius.Attributes(r.Attributes()[1:]), others(got.Packet.Attributes))
}
