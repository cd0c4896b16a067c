// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestR5176_1_3_3_DiscardedIsTracedWithItsContentsAndCounted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen []dac.Event
		r := serve(t, &dac.Server{Trace: func(e dac.Event) {
			mu.Lock()
			defer mu.Unlock()
			e.Wire = slices.Clone(e.Wire)
			seen = append(seen, e)
		}})
		bad := disconnect(t, 1, bob)
		bad[4] ^= 1
		require.Nil(t, r.sends(r.from(aaaAddr), bad))
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, seen, 1)
		e := seen[0]
		require.Equal(t, dac.Dropped, e.Op)
		require.Equal(t, bad, e.Wire)
		require.ErrorIs(t, e.Err, dac.ErrAuthenticator)
		require.Equal(t, aaaAddr, e.Peer)
		require.EqualValues(t, 1, r.disconnects().BadAuthenticator)
	})
}

func TestEachDatagramIsTracedOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var mu sync.Mutex
		ops := make(map[dac.EventOp]int)
		r := serve(t, &dac.Server{Trace: func(e dac.Event) {
			mu.Lock()
			defer mu.Unlock()
			ops[e.Op]++
		}})
		c, q := r.from(aaaAddr), disconnect(t, 1, bob)
		for range 3 {
			require.NotNil(t, r.sends(c, q))
		}
		require.Nil(t, r.sends(c, []byte("short")))
		mu.Lock()
		defer mu.Unlock()
		require.Equal(t, map[dac.EventOp]int{dac.Received: 1, dac.Repeated: 2, dac.Dropped: 1, dac.Sent: 1, dac.Resent: 2}, ops)
	})
}

// opaque octets of every length that an attribute can have.
func opaque(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 37)
	}
	return b
}

func TestR5176_3_1_2_ProxyStateAndStateReturnUnchanged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		c := r.from(aaaAddr)
		for i, n := range []int{1, 2, 16, 252, 253} {
			q := coa(t, byte(i), bob, attrs.ProxyState.Of(opaque(n)), attrs.State.Of(opaque(n)), attrs.ProxyState.Of([]byte("last")))
			set := r.verdict(r.sends(c, q), q).Packet.Attributes
			state, err := attrs.State.Get(set)
			require.NoError(t, err)
			require.Equal(t, opaque(n), state)
			var states [][]byte
			for s, err := range attrs.ProxyState.All(set) {
				require.NoError(t, err)
				states = append(states, s)
			}
			require.Equal(t, [][]byte{opaque(n), []byte("last")}, states)
		}
	})
}

func TestR5176_3_1_3_ProxyStateIsOpaque(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		c := r.from(aaaAddr)
		for i, s := range []string{"\x00", "\xff\xfe", "Acct-Session-Id=1", "40"} {
			q := disconnect(t, byte(i), bob, attrs.ProxyState.Of([]byte(s)))
			require.True(t, r.verdict(r.sends(c, q), q).ACK())
		}
	})
}

func TestR5176_3_3_6_StateIsNotInterpreted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		c := r.from(aaaAddr)
		for i, s := range []string{"\x00", "\xff\xff", "{}"} {
			q := coa(t, byte(i), bob, attrs.State.Of([]byte(s)))
			require.True(t, r.verdict(r.sends(c, q), q).ACK())
		}
	})
}

func TestR2865_5_24_33_StateAndProxyStateAreOpaque(t *testing.T) {
	require.Error(t, attrs.State.Of(nil).Err(), "three octets of attribute at least")
	require.Error(t, attrs.ProxyState.Of(nil).Err())
	require.NoError(t, attrs.State.Of([]byte{0}).Err())
}

func TestR4673_1_CountersOfUnknownAddressesAndOfEachPeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.0/30"): {Secret: secret, Name: "aaa"}}})
		require.NotNil(t, r.sends(r.from(aaaAddr), disconnect(t, 1, bob)))
		require.NotNil(t, r.sends(r.from(netip.MustParseAddrPort("192.0.2.2:1")), coa(t, 1, bob)))
		require.Nil(t, r.sends(r.from(netip.MustParseAddrPort("192.0.2.200:1")), coa(t, 2, bob)))
		s := r.srv.Stats()
		require.Len(t, s.Peers, 2)
		require.EqualValues(t, 1, s.Peers[aaaAddr.Addr()].Disconnect.Requests)
		require.EqualValues(t, 1, s.Peers[netip.MustParseAddr("192.0.2.2")].CoA.Requests)
		require.EqualValues(t, 1, s.UnknownCoA)
		require.Equal(t, "aaa", s.Peers[aaaAddr.Addr()].Name)
		require.EqualValues(t, 1, s.Total.Disconnect.ACKs)
		require.EqualValues(t, 1, s.Total.CoA.ACKs)
	})
}

func TestR467x_3_DroppedInOneClassEach(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		c := r.from(aaaAddr)
		malformed, forged, other := coa(t, 1, bob)[:25], coa(t, 2, bob), coa(t, 3, bob)
		forged[10] ^= 1
		other[0] = 1
		for _, b := range [][]byte{malformed, forged, other, coa(t, 4, bob, stamped(-time.Hour))} {
			require.Nil(t, r.sends(c, b))
		}
		require.Equal(t, dac.RequestCounters{Malformed: 1, BadAuthenticator: 1, Dropped: 1, Stale: 1}, r.coas())
		require.EqualValues(t, 1, r.srv.Stats().Total.UnknownType)
		require.Zero(t, r.disconnects())
	})
}

func TestR467x_4_AuthorizeOnlyAndNoContextAreParts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			if service, err := attrs.ServiceType.Get(q.Attributes()); err == nil && service == 17 {
				return q.NAK(errcause.RequestInitiated, attrs.ServiceType.Of(17))
			}
			return nil, errcause.SessionContextNotFound
		})})
		c := r.from(aaaAddr)
		require.NotNil(t, r.sends(c, coa(t, 1, bob, attrs.ServiceType.Of(17), attrs.State.Of([]byte("s")))))
		require.NotNil(t, r.sends(c, coa(t, 2, bob)))
		require.Equal(t, dac.RequestCounters{Requests: 2, AuthOnlyRequests: 1, NAKs: 2, AuthOnlyNAKs: 1, NoContextNAKs: 1}, r.coas())
	})
}

func TestR467x_7_SessionsAreCountedNotPackets(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			resp, err := q.ACK()
			if n, missing := attrs.NASPort.Get(q.Attributes()); missing == nil {
				resp.Sessions = int(n)
			}
			return resp, err
		})})
		c := r.from(aaaAddr)
		require.NotNil(t, r.sends(c, disconnect(t, 1, bob, attrs.NASPort.Of(5))))
		require.NotNil(t, r.sends(c, disconnect(t, 2, bob)), "one where it is not known")
		require.EqualValues(t, 6, r.disconnects().Sessions)
		require.EqualValues(t, 2, r.disconnects().ACKs)
	})
}

func TestR467x_9_MessageAuthenticatorCountsAsBadAuthenticator(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		b := disconnect(t, 1, bob)
		b[30] ^= 1 // in the Message-Authenticator, which comes first
		rehash(b)
		require.Nil(t, r.sends(r.from(aaaAddr), b))
		require.Equal(t, dac.RequestCounters{BadAuthenticator: 1}, r.disconnects())
	})
}

// rehash makes the Request Authenticator of b right, and leaves the Message-Authenticator as it is.
func rehash(b []byte) {
	clear(b[4:20])
	sum := dac.RequestAuthenticator(b, secret)
	copy(b[4:20], sum)
}

func TestR467x_10_DuplicatesHaveTheirOwnCounter(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		c := r.from(aaaAddr)
		for _, q := range [][]byte{disconnect(t, 1, bob), coa(t, 2, bob)} {
			require.NotNil(t, r.sends(c, q))
			require.NotNil(t, r.sends(c, q))
		}
		require.Equal(t, dac.RequestCounters{Requests: 1, Duplicates: 1, ACKs: 1, Sessions: 1}, r.disconnects())
		require.Equal(t, dac.RequestCounters{Requests: 1, Duplicates: 1, ACKs: 1, Sessions: 1}, r.coas())
	})
}

func TestR6158_1_OneAnswerToWhereTheRequestCameFrom(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		here, there := r.from(aaaAddr), r.from(netip.MustParseAddrPort("192.0.2.1:40001"))
		require.NotNil(t, r.sends(here, disconnect(t, 1, bob)))
		require.Nil(t, r.hears(here))
		require.Nil(t, r.hears(there))
	})
}

func TestR2865_3_1_LargestPacket(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		var a []attrs.Attr
		for range 15 {
			a = append(a, attrs.ProxyState.Of(opaque(253)))
		}
		// Header, Message-Authenticator, User-Name.
		full := append(a, attrs.ProxyState.Of(opaque(4096-20-18-15*255-5-2)), bob)
		q := coa(t, 1, full...)
		require.Len(t, q, 4096)
		require.True(t, r.verdict(r.sends(r.from(aaaAddr), q), q).ACK())
		_, err := dac.NewCoA(append(full, attrs.NASPort.Of(1))...)
		require.NoError(t, err)
		big, _ := dac.NewCoA(append(full, attrs.NASPort.Of(1))...)
		_, err = big.AppendSigned(nil, 1, secret)
		require.ErrorIs(t, err, dac.ErrMalformed)
	})
}

func TestR5176_3_1_1_WhereProxyStateLeavesLittleRoomTheVerdictStays(t *testing.T) {
	for octets, want := range map[int]struct {
		cause errcause.Cause
		types []int // beside Proxy-State and State
	}{
		4000: {507, []int{6, 18, 55, 101}},
		4074: {507, []int{6, 18, 101}}, // the time goes first
		4080: {507, []int{6, 101}},     // then what the host says beside
		4093: {0, nil},
	} {
		bubble(t, func(t *testing.T) {
			r := serve(t, &dac.Server{
				Peers: dac.PeerMap{netip.PrefixFrom(aaaAddr.Addr(), 32): {Secret: secret, AnswerEventTimestamp: true}},
				Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
					return q.NAK(errcause.RequestInitiated, attrs.ServiceType.Of(17), attrs.ReplyMessage.Of("later"))
				}),
			})
			a := []attrs.Attr{attrs.State.Of([]byte("s"))}
			left := octets - 20 - 18 - 3
			for ; left > 255; left -= min(255, left-3) {
				a = append(a, attrs.ProxyState.Of(opaque(min(255, left-3)-2)))
			}
			q := coa(t, 1, append(a, attrs.ProxyState.Of(opaque(left-2)))...)
			require.Len(t, q, octets)
			b := r.sends(r.from(aaaAddr), q)
			resp := r.verdict(b, q)
			require.Equal(t, want.cause, resp.Cause(), octets)
			var types []int
			for _, a := range resp.Packet.Attributes {
				if a.Type != 24 && a.Type != 33 && a.Type != 80 {
					types = append(types, int(a.Type))
				}
			}
			slices.Sort(types)
			require.Equal(t, want.types, types, octets)
			require.Equal(t, []byte("s"), []byte(resp.Packet.Get(24)))
			require.Len(t, resp.Packet.Attributes, len(a)+2+len(types), "every Proxy-State, State and Message-Authenticator")
		})
	}
}

func TestProxiedAnswerPassesAsItIs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		// A NAS that sends 201 in a NAK, and 504 in a CoA-NAK: what a proxy passes on keeps its
		// code and its cause.
		var upstream *dac.Request
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			upstream = q
			below := coa(t, 9, bob)
			hop, err := dac.ParseRequest(below, secret)
			if err != nil {
				return nil, err
			}
			set, err := attrs.ErrorCause.Of(504).AppendTo(nil)
			if err != nil {
				return nil, err
			}
			b, err := (&dac.Response{Packet: &radius.Packet{Code: radius.CodeCoANAK, Attributes: set}}).AppendSigned(nil, hop, secret)
			if err != nil {
				return nil, err
			}
			return dac.ParseResponse(b, below, secret)
		})})
		q := coa(t, 1, bob)
		resp := r.verdict(r.sends(r.from(aaaAddr), q), q)
		require.Equal(t, errcause.SessionContextNotRemovable, resp.Cause())
		require.False(t, resp.ACK())
		require.NotNil(t, upstream)
	})
}

func TestMapErrorThatPanicsIsANAK(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{
			Handler:  dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) { return nil, errors.New("x") }),
			MapError: func(error) error { panic("y") },
		})
		q := coa(t, 1, bob)
		require.False(t, r.verdict(r.sends(r.from(aaaAddr), q), q).ACK())
	})
}
