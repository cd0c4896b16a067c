// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// dropped sends b and expects silence, and that counters changed by want alone, and that an
// ordinary request is still answered.
func (r *rig) dropped(from netip.AddrPort, b []byte, want dac.RequestCounters) {
	r.t.Helper()
	before := r.srv.Stats().Total
	c := r.from(from)
	require.Nil(r.t, r.sends(c, b), "it was answered")
	after := r.srv.Stats().Total
	kind, was := after.Disconnect, before.Disconnect
	if b[0] == 43 {
		kind, was = after.CoA, before.CoA
	}
	was.Malformed += want.Malformed
	was.BadAuthenticator += want.BadAuthenticator
	was.Dropped += want.Dropped
	was.Stale += want.Stale
	require.Equal(r.t, was, kind)
	q := disconnect(r.t, 200, attrs.AcctSessionID.Of(r.t.Name()))
	require.NotNil(r.t, r.sends(c, q), "an ordinary request after it")
	require.NoError(r.t, c.Close())
}

func TestR5176_2_3_11_ShortDatagramDiscarded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		q := disconnect(t, 1, bob)
		for n := 1; n < len(q); n++ {
			r.dropped(aaaAddr, q[:n], dac.RequestCounters{Malformed: 1})
		}
		for _, length := range []uint16{0, 19, uint16(len(q)) + 1, 4097, 65535} {
			b := slices.Clone(q)
			binary.BigEndian.PutUint16(b[2:], length)
			r.dropped(aaaAddr, b, dac.RequestCounters{Malformed: 1})
		}
	})
}

func TestR5176_2_3_11_PaddingIgnored(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		q := disconnect(t, 1, bob)
		require.True(t, r.verdict(r.sends(r.from(aaaAddr), append(slices.Clone(q), 33, 9, 0xff, 0)), q).ACK())
	})
}

func TestR5176_2_3_3_InvalidCodeDiscarded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		c := r.from(aaaAddr)
		n := 0
		for code := range 256 {
			if code == 40 || code == 43 {
				continue
			}
			b := disconnect(t, 1, bob)
			b[0] = byte(code)
			require.Nil(t, r.sends(c, b), "code %d", code)
			n++
		}
		require.EqualValues(t, n, r.srv.Stats().Total.UnknownType)
	})
}

func TestR5176_6_1_1_UnknownSourceDiscarded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.1/32"): {Secret: secret}}})
		stranger := r.from(netip.MustParseAddrPort("192.0.2.2:40000"))
		require.Nil(t, r.sends(stranger, disconnect(t, 1, bob)))
		require.Nil(t, r.sends(stranger, coa(t, 1, bob)))
		require.Nil(t, r.sends(stranger, []byte{40}))
		require.Nil(t, r.sends(stranger, []byte{1, 2, 3}))
		s := r.srv.Stats()
		require.EqualValues(t, []uint64{2, 1, 1}, []uint64{s.UnknownDisconnect, s.UnknownCoA, s.UnknownOther})
		require.Empty(t, s.Peers)
		q := disconnect(t, 2, bob)
		require.True(t, r.verdict(r.sends(r.from(aaaAddr), q), q).ACK())
	})
}

func TestR2865_2_1_NoSecretNoAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeersFunc(func(context.Context, netip.AddrPort) (dac.Peer, error) { return dac.Peer{}, nil })})
		q, err := dac.NewDisconnect(bob)
		require.NoError(t, err)
		_, err = q.AppendSigned(nil, 1, "")
		require.Error(t, err)
		require.Nil(t, r.sends(r.from(aaaAddr), disconnect(t, 1, bob)))
		require.EqualValues(t, 1, r.srv.Stats().UnknownDisconnect)
	})
}

func TestR5176_2_3_15_SecretBySourceAddress(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeerMap{
			netip.MustParsePrefix("192.0.2.0/24"): {Secret: "of the net"},
			netip.MustParsePrefix("192.0.2.1/32"): {Secret: secret, Name: "aaa"},
		}})
		q := disconnect(t, 1, bob, attrs.NASIPAddress.Of(netip.MustParseAddr("192.0.2.5")))
		require.NotNil(t, r.sends(r.from(aaaAddr), q))
		require.Nil(t, r.sends(r.from(netip.MustParseAddrPort("192.0.2.5:1")), q))
		require.Equal(t, "aaa", r.srv.Stats().Peers[aaaAddr.Addr()].Name)
	})
}

func TestR5080_2_3_3_1_WrongAuthenticatorDiscarded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		q := coa(t, 1, bob)
		for i := 4; i < 20; i++ {
			b := slices.Clone(q)
			b[i] ^= 0x80
			r.dropped(aaaAddr, b, dac.RequestCounters{BadAuthenticator: 1})
		}
		zeros := slices.Clone(q)
		clear(zeros[4:20])
		r.dropped(aaaAddr, zeros, dac.RequestCounters{BadAuthenticator: 1})
	})
}

func TestR5176_6_3_3_StaleTimestampDiscardedBothWays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		for _, off := range []time.Duration{-301, 301, -3600, 86400} {
			r.dropped(aaaAddr, disconnect(t, 1, bob, stamped(off*time.Second)), dac.RequestCounters{Dropped: 1, Stale: 1})
		}
		c := r.from(aaaAddr)
		for i, off := range []time.Duration{-299, 300, 0} {
			q := disconnect(t, byte(i), bob, stamped(off*time.Second))
			require.True(t, r.verdict(r.sends(c, q), q).ACK())
		}
	})
}

func TestR5176_6_3_4_MissingTimestampDiscardedWhereRequired(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.1/32"): {Secret: secret, RequireEventTimestamp: true}}})
		c := r.from(aaaAddr)
		require.Nil(t, r.sends(c, disconnect(t, 1, bob)))
		require.NotNil(t, r.sends(c, disconnect(t, 2, bob, stamped(0))))
		require.EqualValues(t, 1, r.disconnects().Stale)
	})
}

func TestR_DEP_5_3_1_MessageAuthenticatorNotAskedFor(t *testing.T) {
	for _, required := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			r := serve(t, &dac.Server{Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: secret, RequireMessageAuthenticator: required}}})
			c, with := r.from(aaaAddr), disconnect(t, 1, bob)
			require.NotNil(t, r.sends(c, with))
			without := resign(slices.Concat(with[:20], with[38:]))
			b := r.sends(c, without)
			require.Equal(t, required, b == nil)
			if b != nil {
				require.EqualValues(t, 20, len(b), "a Message-Authenticator in answer to none")
			}
		})
	}
}

func TestPreviousSecretVerifiesAndSigns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: "new", Previous: secret}}})
		q := disconnect(t, 1, bob)
		require.True(t, r.verdict(r.sends(r.from(aaaAddr), q), q).ACK())
	})
}

func TestR5176_6_3_2_TimestampInTheAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: secret, AnswerEventTimestamp: true}}})
		q := disconnect(t, 1, bob)
		at, err := attrs.EventTimestamp.Get(r.verdict(r.sends(r.from(aaaAddr), q), q).Packet.Attributes)
		require.NoError(t, err)
		require.True(t, at.Equal(time.Now().Truncate(time.Second)))
	})
}

// resign signs the octets of a packet again, after they were changed, as RFC 5176, section 2.3,
// says.
func resign(b []byte) []byte {
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return dac.Resign(b, secret)
}
