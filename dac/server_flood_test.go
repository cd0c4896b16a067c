// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/require"
)

// 200,000 bad authenticators a second from a known peer's address cost the Server no memory, and
// neither that peer nor another its answers: what a full socket loses of theirs their retries
// bring.
func TestFloodOfBadAuthenticatorsCostsNobodyTheirAnswers(t *testing.T) {
	const good, flood = 100, 1500 * time.Millisecond
	rate := 200_000
	if dac.Raced { // which makes all of it ten times as slow
		rate = 20_000
	}
	victim, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	network := &dactest.Network{}
	var runs atomic.Int64
	srv := &dac.Server{
		Peers: dac.PeerMap{netip.PrefixFrom(victim, 32): {Secret: secret}, netip.PrefixFrom(other, 32): {Secret: secret}},
		Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			runs.Add(1)
			return q.ACK()
		}),
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	pc := network.Listen(nasAddr)
	go func() { done <- srv.Serve(ctx, pc) }()

	// ask has both send their requests, numbered from first on, and returns how many of each were
	// answered.
	ask := func(first int) (answered [2]int) {
		var clients sync.WaitGroup
		for i, addr := range []netip.Addr{victim, other} {
			client := &dac.Client{
				Peers: dac.SharedSecret(secret), Retry: dac.Retry{Initial: 100 * time.Millisecond, Max: 400 * time.Millisecond},
				Dial: func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
					return network.DialFrom(ctx, netip.AddrPortFrom(addr, 0), nas)
				},
			}
			clients.Go(func() {
				defer client.Close()
				for n := range good {
					if _, err := client.Disconnect(ctx, nasAddr, attrs.NASPort.Of(uint32(first+n)), attrs.UserName.Of(addr.String())); err == nil {
						answered[i]++
					}
				}
			})
		}
		clients.Wait()
		return answered
	}
	ask(0) // and the Server has what it needs for them

	var attacks, began sync.WaitGroup
	began.Add(1)
	over := make(chan bool)
	attacks.Go(func() {
		b := disconnect(t, 1, bob)
		b[19] ^= 1 // and so wrong, whatever else changes
		c, err := network.DialFrom(ctx, netip.AddrPortFrom(victim, 666), nasAddr)
		if err != nil {
			panic(err)
		}
		defer c.Close()
		next := time.Now()
		for n := 0; ; n++ {
			if n%(rate/1000) == 0 { // no faster, and not much faster after a rest
				<-time.After(time.Until(next))
				if next = next.Add(time.Millisecond); time.Since(next) > 10*time.Millisecond {
					next = time.Now()
				}
			}
			if n == rate/10 { // the queue of the socket has the buffers that it needs
				began.Done()
			}
			select {
			case <-over:
				return
			default:
			}
			b[1], b[4], b[5], b[6] = byte(n), byte(n>>8), byte(n>>16), b[6]^1
			c.Write(b)
		}
	})
	began.Wait()
	heap := liveHeap()
	until := time.Now().Add(flood)
	answered := ask(good)
	<-time.After(time.Until(until)) // the flood's own length
	close(over)
	attacks.Wait()
	grown := int64(liveHeap()) - int64(heap)
	stop()
	require.NoError(t, <-done)
	s := srv.Stats().Peers
	bad := s[victim].Disconnect.BadAuthenticator
	t.Logf("%d bad authenticators in %v, %d lost on the way; heap grew by %d octets", bad, flood, network.StatsTo(nasAddr).Lost, grown)
	require.Greater(t, bad, uint64(1000))
	// The network itself takes one more or less; an entry of the memory for each would be ten times
	// that.
	require.Less(t, grown, int64(4<<20))
	for i := range answered {
		require.GreaterOrEqual(t, answered[i], good*99/100)
	}
	require.LessOrEqual(t, runs.Load(), int64(4*good))
	require.EqualValues(t, runs.Load(), s[victim].Disconnect.ACKs+s[other].Disconnect.ACKs)
	require.Zero(t, s[other].Disconnect.BadAuthenticator)
}

// liveHeap is what lies on the heap and is in use, in octets.
func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
