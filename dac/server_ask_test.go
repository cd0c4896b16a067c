// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/radius-dynauth/dynauth/dac"
)

func TestPeersThatFailCountApart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeersFunc(func(context.Context, netip.AddrPort) (dac.Peer, error) {
			return dac.Peer{}, errors.New("the database is away")
		})})
		require.Nil(t, r.sends(r.from(aaaAddr), disconnect(t, 1, bob)))
		s := r.srv.Stats()
		require.EqualValues(t, 1, s.PeersFailed)
		require.Zero(t, s.UnknownDisconnect)
	})
}

func TestPeersThatPanicCostOneDatagram(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := 0
		r := serve(t, &dac.Server{Peers: dac.PeersFunc(func(context.Context, netip.AddrPort) (dac.Peer, error) {
			if n++; n == 1 {
				panic("once")
			}
			return dac.Peer{Secret: secret}, nil
		})})
		c, q := r.from(aaaAddr), disconnect(t, 1, bob)
		require.Nil(t, r.sends(c, q))
		require.True(t, r.verdict(r.sends(c, q), q).ACK())
	})
}

var strangeAddr = netip.MustParseAddrPort("192.0.2.77:40000")

// A source of peers that takes its time over one address does not block the others, and answers
// that one in the end.
func TestPeersThatAreSlowHoldUpNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {

		r := serve(t, &dac.Server{Peers: dac.PeersFunc(func(ctx context.Context, from netip.AddrPort) (dac.Peer, error) {
			if from.Addr() == aaaAddr.Addr() {
				return dac.Peer{Name: "aaa", Secret: secret}, nil
			}
			select {
			case <-time.After(10 * time.Second):
			case <-ctx.Done():
			}
			if from.Addr() == strangeAddr.Addr() {
				return dac.Peer{Name: "other", Secret: secret}, nil
			}
			return dac.Peer{}, dac.ErrUnknownPeer
		})})
		aaa, other := r.from(aaaAddr), r.from(strangeAddr)
		late := disconnect(t, 1, bob, stamped(0))
		first := disconnect(t, 0, bob)
		require.True(t, r.verdict(r.sends(aaa, first), first).ACK())
		_, err := other.Write(late)
		require.NoError(t, err)
		for i := range 400 { // more than are waited for
			stranger := r.from(netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}), 1812))
			_, err := stranger.Write(disconnect(t, 1, bob))
			require.NoError(t, err)
		}
		time.Sleep(2 * time.Millisecond) // the watch sees the first
		for i := range 50 {
			began, q := time.Now(), disconnect(t, byte(i), bob, stamped(time.Duration(i)*time.Second))
			require.True(t, r.verdict(r.sends(aaa, q), q).ACK())
			require.Zero(t, time.Since(began))
		}
		time.Sleep(11 * time.Second)
		require.True(t, r.verdict(r.hears(other), late).ACK())
		s := r.srv.Stats()
		require.EqualValues(t, 255, s.UnknownDisconnect)
		require.EqualValues(t, 145, s.PeersFailed)
		require.EqualValues(t, 52, s.Total.Disconnect.ACKs)
		require.EqualValues(t, 1, s.Peers[strangeAddr.Addr()].Disconnect.ACKs)
	})
}

func TestPeersThatEndTheirGoroutineWhenLateCostOneDatagram(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeersFunc(func(_ context.Context, from netip.AddrPort) (dac.Peer, error) {
			if from.Addr() == strangeAddr.Addr() {
				time.Sleep(time.Second)
				runtime.Goexit()
			}
			return dac.Peer{Secret: secret}, nil
		})})
		aaa, other := r.from(aaaAddr), r.from(strangeAddr)
		for i := range 600 {
			_, err := other.Write(disconnect(t, byte(i), bob))
			require.NoError(t, err)
			if i%100 == 99 {
				time.Sleep(2 * time.Second)
				synctest.Wait()
			}
		}
		q := disconnect(t, 1, bob)
		require.True(t, r.verdict(r.sends(aaa, q), q).ACK())
		r.ends()
	})
}
