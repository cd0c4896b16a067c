// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"hash/maphash"
	"net/netip"
	"runtime"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// served counts the allocations of a Server for each of n datagrams of t, all else being warm.
func served(tb testing.TB, s *Server, t *treadmill, n int) float64 {
	st := s.state()
	st.Open()
	r := readerOf(tb, st, t.socket())
	r.EndWatch() // a machine that stops for a moment makes no handler slow
	lead := func() {
		t.left = n
		r.Lead()
		r.Failed()
	}
	lead()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	lead()
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(n)
}

// What anybody can send under the address of a peer costs no memory, at any length.
func TestWhatDoesNotVerifyAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates too")
	}
	s := &Server{
		Peers:   PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: benchSecret}},
		Handler: HandlerFunc(func(ctx context.Context, r *Request) (*Response, error) { return r.ACK() }),
	}
	proof := newTreadmill(t, true)
	proof.secret = benchSecret
	served(t, s, proof, 1)
	for _, octets := range []int{100, authn.MaxManyOctets - packet.HeaderLen, authn.MaxManyOctets, 1500, packet.MaxLen} {
		forged := &treadmill{secret: "another one"}
		for left := octets - packet.HeaderLen; left > 0; left -= 255 {
			forged.template = append(forged.template, append([]byte{packet.TypeProxyState, byte(min(left, 255))}, make([]byte, max(0, min(left, 255)-2))...)...)
		}
		forged.template = append(append([]byte{43, 1, byte(octets >> 8), byte(octets)}, zero16...), forged.template...)
		_, err := packet.Cut(forged.template)
		require.NoError(t, err, octets)
		require.InDelta(t, 0, served(t, s, forged, 2000), 0.05, "%d octets", octets)
	}
}

// What the package doc says of allocations.
func TestServingAllocatesWhatIsDocumented(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates too")
	}
	const n = 20_000
	seed, from := maphash.MakeSeed(), netip.MustParseAddrPort("192.0.2.1:40000")
	// One with the build tag purego.
	hash := testing.AllocsPerRun(100, func() { maphash.Comparable(seed, from) })
	peers := PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: "0123456789abcdef0123456789abcdef"}}
	for i, from := range []Peers{peers, peers, PeersFunc(peers.Peer)} {
		// The last one as a host's, which is asked for each datagram.
		ma := i == 1
		s := &Server{
			Peers:   from,
			Handler: HandlerFunc(func(ctx context.Context, r *Request) (*Response, error) { return r.ACK() }),
		}
		got := served(t, s, newTreadmill(t, ma), n)
		require.Equal(t, uint64(2*n), s.Stats().Total.CoA.ACKs)
		assert.InDelta(t, 2+hash, got, 0.2, "a request that is answered")

		forged := newTreadmill(t, ma)
		forged.secret = "another one"
		got = served(t, s, forged, n)
		require.Equal(t, uint64(2*n), s.Stats().Total.CoA.BadAuthenticator)
		assert.InDelta(t, 0, got, 0.05, "a datagram that does not verify")
	}
}
