// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// arrived makes what a Server would see of r, and the octets in which it came.
func arrived(t testing.TB, r *Request, id byte, s Secret) (*Request, []byte) {
	t.Helper()
	b, err := r.AppendSigned(nil, id, s)
	require.NoError(t, err)
	got, err := ParseRequest(b, s)
	require.NoError(t, err)
	return got, b
}

func TestR5176_2_3_3_OnlyRequestsAreRequests(t *testing.T) {
	for code := range 256 {
		b := raw(byte(code), bob)
		signRequest(b, "s")
		_, err := ParseRequest(b, "s")
		if code == 40 || code == 43 {
			assert.NoError(t, err, "code %d", code)
		} else {
			assert.ErrorIs(t, err, ErrMalformed, "code %d", code)
		}
	}
}

func TestR5176_2_3_9_IdentifierIsPartOfTheAuthenticator(t *testing.T) {
	r := request(40, avp(1, "bob"))
	one, err := r.AppendSigned(nil, 1, "s")
	require.NoError(t, err)
	again, err := r.AppendSigned(nil, 1, "s")
	require.NoError(t, err)
	assert.Equal(t, one, again, "a retransmission is the same octets")
	two, err := r.AppendSigned(nil, 2, "s")
	require.NoError(t, err)
	assert.NotEqual(t, one[4:20], two[4:20])
	changed, err := request(40, avp(1, "eve")).AppendSigned(nil, 1, "s")
	require.NoError(t, err)
	assert.NotEqual(t, one[4:20], changed[4:20])
}

func TestAppendSignedAppends(t *testing.T) {
	r := request(40, avp(1, "bob"))
	alone, err := r.AppendSigned(nil, 1, "s")
	require.NoError(t, err)
	b, err := r.AppendSigned([]byte("before"), 1, "s")
	require.NoError(t, err)
	assert.Equal(t, "before"+string(alone), string(b))
	buffer := make([]byte, 0, 4096)
	b, err = r.AppendSigned(buffer, 1, "s")
	require.NoError(t, err)
	assert.Same(t, &buffer[:1][0], &b[0], "room that is there is used")
	assert.Equal(t, alone, b)

	got, _ := arrived(t, r, 1, "s")
	plain, err := answer(41).AppendSigned(nil, got, "s")
	require.NoError(t, err)
	b, err = answer(41).AppendSigned([]byte("before"), got, "s")
	require.NoError(t, err)
	assert.Equal(t, "before"+string(plain), string(b))
}

func TestParseRequestCopies(t *testing.T) {
	b, err := request(43, avp(1, "bob"), avp(33, "p1"), avp(24, "st")).AppendSigned(nil, 1, "s")
	require.NoError(t, err)
	sent := clone(b)
	r, err := ParseRequest(b, "s")
	require.NoError(t, err)
	clear(b)
	assert.Equal(t, "bob", string(r.Packet.Get(1)))
	ab, err := answer(44).AppendSigned(nil, r, "s")
	require.NoError(t, err)
	a, err := ParseResponse(ab, sent, "s")
	require.NoError(t, err)
	kept := clone(a.Packet.Get(33))
	clear(ab)
	assert.Equal(t, "p1", string(kept))
	assert.Equal(t, "p1", string(a.Packet.Get(33)))
}

func TestR2865_5_1_EveryOctetOfAValueSurvives(t *testing.T) {
	value := make([]byte, 253)
	for i := range value {
		value[i] = byte(i)
	}
	for _, v := range []string{"", "\x00", "a\x00b", "\xff\xfe", string(value)} {
		got, _ := arrived(t, request(43, avp(1, v), avp(0, v), avp(255, v)), 1, "s")
		assert.Equal(t, radius.Attributes{avp(1, v), avp(0, v), avp(255, v)}, others(got.Attributes()))
	}
}

// others are the attributes but for Message-Authenticator.
func others(set radius.Attributes) (rest radius.Attributes) {
	for _, a := range set {
		if a.Type != packet.TypeMessageAuthenticator {
			rest = append(rest, a)
		}
	}
	return rest
}

func TestR2865_5_2_OrderIsKept(t *testing.T) {
	set := []*radius.AVP{avp(25, "c1"), avp(33, "p1"), avp(25, "c2"), avp(1, "bob"), avp(33, "p2"), avp(26, "v1"), avp(25, "c3"), avp(26, "v2")}
	got, _ := arrived(t, request(43, set...), 1, "s")
	assert.Equal(t, radius.Attributes(set), others(got.Attributes()))
	on, _ := arrived(t, got, 2, "t") // as a proxy sends it on
	assert.Equal(t, radius.Attributes(set), others(on.Attributes()))
}

func TestR6929_5_2_1_UnknownAndInvalidOnesAreSentOnAsTheyAre(t *testing.T) {
	b := raw(43, figure("00 03 61"), figure("1a 03 ff"), figure("f1 02"), figure("f5 05 01 80 61"), figure("04 02"), figure("fe 04 01 02"))
	signRequest(b, "s")
	got, err := ParseRequest(b, "s")
	require.NoError(t, err)
	on, err := got.AppendSigned(nil, 2, "t")
	require.NoError(t, err)
	assert.Equal(t, b[packet.HeaderLen:], on[packet.HeaderLen+18:])
}

func TestASecondMessageAuthenticatorIsNeverSent(t *testing.T) {
	r := request(40, avp(80, "sixteen octets.."), avp(1, "bob"), avp(80, ""), avp(80, "seventeen octets."))
	for _, with := range []bool{true, false} {
		b, err := r.appendSigned(nil, 1, signing{Secret: "s", MessageAuthenticator: with})
		require.NoError(t, err)
		got, err := ParseRequest(b, "s")
		require.NoError(t, err)
		assert.Equal(t, radius.Attributes{avp(1, "bob")}, others(got.Attributes()))
		assert.Len(t, all(got.Attributes(), 80), map[bool]int{true: 1, false: 0}[with])
	}
	got, _ := arrived(t, request(40, avp(1, "bob")), 1, "s")
	a, err := answer(41, r.Packet.Attributes...).AppendSigned(nil, got, "s")
	require.NoError(t, err)
	assert.Len(t, a, 20+18+5)
}

func TestR5176_6_3_1_EventTimestampAdded(t *testing.T) {
	now := time.Unix(1_800_000_000, 999)
	b, err := request(40, avp(1, "bob")).appendSigned(nil, 1, signing{Secret: "s", EventTimestamp: now})
	require.NoError(t, err)
	assert.Equal(t, figure("37 06 6b 49 d2 00"), b[len(b)-6:])
	assert.NoError(t, verifyRequest(b, "s"))
	none, err := request(40, avp(1, "bob")).appendSigned(nil, 1, signing{Secret: "s"})
	require.NoError(t, err)
	assert.Nil(t, packet.Find(none, 55))
}

func TestR5176_6_3_5_EventTimestampKept(t *testing.T) {
	r := request(40, avp(55, "\x00\x00\x00\x01"), avp(1, "bob"))
	b, err := r.appendSigned(nil, 1, signing{Secret: "s", EventTimestamp: time.Now()})
	require.NoError(t, err)
	got, err := ParseRequest(b, "s")
	require.NoError(t, err)
	assert.Equal(t, r.Packet.Attributes, got.Attributes())
}

func TestR5176_3_5_3_CausesThatANAKMayNotCarry(t *testing.T) {
	disconnect, coa := request(40), request(43)
	for cause, ok := range map[errcause.Cause][2]bool{ // in Disconnect-NAK, in CoA-NAK
		0:                                      {true, true},
		errcause.ResidualSessionContextRemoved: {false, false},
		errcause.InvalidEAPPacket:              {false, false},
		errcause.UnsupportedAttribute:          {true, true},
		errcause.UnsupportedService:            {false, true},
		errcause.SessionContextNotFound:        {true, true},
		errcause.SessionContextNotRemovable:    {true, false},
		errcause.RequestInitiated:              {false, true},
	} {
		for i, r := range []*Request{disconnect, coa} {
			a, err := r.NAK(cause)
			require.NoError(t, err, "an answer, whatever it is to say")
			assert.Equal(t, r.Packet.Code+2, a.Packet.Code)
			if !ok[i] {
				assert.Zero(t, a.Cause())
				got, _ := arrived(t, r, 1, "s")
				_, err := a.AppendSigned(nil, got, "s")
				assert.ErrorContains(t, err, cause.String())
				continue
			}
			assert.Equal(t, cause, a.Cause())
			assert.False(t, a.ACK())
			assert.Len(t, a.Packet.Attributes, min(1, int(cause)))
		}
	}
}

func TestACKCarriesNoCause(t *testing.T) {
	for _, r := range []*Request{request(40), request(43)} {
		a, err := r.ACK()
		require.NoError(t, err)
		assert.Equal(t, r.Packet.Code+1, a.Packet.Code)
		assert.True(t, a.ACK())
		assert.NoError(t, a.Err())
		assert.Empty(t, a.Packet.Attributes)
	}
	assert.True(t, request(40).Disconnect())
	assert.False(t, request(43).Disconnect())
}

func TestOneRequestSignedByManyAtOnce(t *testing.T) {
	built := request(43, avp(1, "bob"), avp(33, "p"), avp(25, "c"))
	got, _ := arrived(t, built, 1, "s")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s := Secret([]byte{'s', byte('0' + i)})
			for id := range 50 {
				for _, r := range []*Request{built, got} {
					b, err := r.appendSigned(nil, byte(id), signing{Secret: authn.Secret(s), MessageAuthenticator: id%2 == 0, EventTimestamp: time.Unix(int64(i), 0)})
					assert.NoError(t, err)
					assert.NoError(t, verifyRequest(b, s))
					one, err := ParseRequest(b, s)
					assert.NoError(t, err)
					ack, err := one.ACK()
					assert.NoError(t, err)
					_, err = ack.AppendSigned(nil, got, s)
					assert.NoError(t, err)
				}
			}
		})
	}
	wg.Wait()
	assert.Equal(t, radius.Attributes{avp(1, "bob"), avp(33, "p"), avp(25, "c")}, built.Attributes(), "and it is as it was")
}

func TestPacketErrorSaysWhatAndTo(t *testing.T) {
	_, err := ParseRequest([]byte{40}, "s")
	var e *PacketError
	ok := errors.As(err, &e)
	require.True(t, ok)
	assert.Equal(t, "parse", e.Op)
	assert.EqualError(t, err, "dac: parse: dac: malformed packet: shorter than a header")
	b := raw(40, bob)
	_, err = ParseRequest(b, "s")
	ok = errors.As(err, &e)
	require.True(t, ok)
	assert.Equal(t, "verify", e.Op)
	e.Peer = addr("192.0.2.1")
	assert.EqualError(t, e, "dac: verify 192.0.2.1:0: dac: wrong authenticator")
	binary.BigEndian.PutUint16(b[2:], 19)
	_, err = ParseRequest(b, "s")
	assert.ErrorIs(t, err, ErrMalformed)
}

func TestR2869_5_3_1_EventTimestampIsSecondsOf1970(t *testing.T) {
	for at, want := range map[int64]string{
		1:             "37 06 00 00 00 01",
		1_000_000_000: "37 06 3b 9a ca 00",
		1<<32 - 1:     "37 06 ff ff ff ff",
	} {
		b, err := request(40).appendSigned(nil, 1, signing{Secret: "s", EventTimestamp: time.Unix(at, 999_999_999).In(time.FixedZone("", 3600))})
		require.NoError(t, err)
		assert.Equal(t, figure(want), b[packet.HeaderLen:])
		octets, err := packet.Cut(b)
		require.NoError(t, err)
		assert.NoError(t, packet.Current(octets, time.Unix(at, 0), 0))
		assert.ErrorIs(t, packet.Current(octets, time.Unix(at+1, 0), 0), ErrEventTimestamp)
		assert.ErrorIs(t, packet.Current(octets, time.Unix(at-1, 0), 0), ErrEventTimestamp)
	}
}
