// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// lossyRequests is how many requests cross the lossy network in a plain run of the tests;
// DYNAUTH_LOSSY says another number, and CI a million.
const lossyRequests = 20_000

// Through a network that loses, doubles and reorders three in ten datagrams each way, nothing is
// executed twice, everything of which a copy arrived is executed, both ends agree on what came of
// it, and the counters of both ends are those of the network.
func TestLossyNetworkExecutesOnce(t *testing.T) {
	n := lossyRequests
	if s := os.Getenv("DYNAUTH_LOSSY"); s != "" {
		var err error
		n, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	before := runtime.NumGoroutine()
	synctest.Test(t, func(t *testing.T) { lossy(t, n) })
	// But the one that looks.
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, 10*time.Second, time.Millisecond, "no goroutine is left")
}

func lossy(t *testing.T, n int) {
	network := &dactest.Network{
		Latency: 5 * time.Millisecond, Jitter: 20 * time.Millisecond, Loss: 0.3, Duplicate: 0.3, Reorder: 0.3, Seed: 1, Queue: 1 << 20,
	}
	executed := make([]atomic.Uint32, n)
	srv := &dac.Server{
		Peers: dac.SharedSecret(secret), MaxHandlers: 1 << 12, Memory: 1 << 24,
		Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
			port, err := attrs.NASPort.Get(r.Packet.Attributes)
			if err != nil {
				return nil, err
			}
			executed[port].Add(1)
			if port%7 == 0 {
				return nil, errcause.SessionContextNotFound
			}
			return r.ACK()
		}),
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	pc := network.Listen(nasAddr)
	go func() { done <- srv.Serve(ctx, pc) }()
	client := &dac.Client{Peers: dac.SharedSecret(secret), Dial: network.Dial, InFlight: 1 << 12, Budget: -1}

	var acked, refused, silent int
	for o := range client.Each(ctx, lossyJobs(nasAddr, n)) {
		port := o.Job.Tag.(int)
		switch {
		case o.Err == nil:
			acked++
			require.NotZero(t, port%7)
			require.EqualValues(t, 1, executed[port].Load())
		case errors.Is(o.Err, errcause.SessionContextNotFound):
			refused++
			require.Zero(t, port%7)
			require.EqualValues(t, 1, executed[port].Load())
		default:
			require.ErrorIs(t, o.Err, dac.ErrNoAnswer)
			silent++
		}
	}
	require.NoError(t, client.Close())
	time.Sleep(time.Minute) // what is still on its way arrives
	stop()
	require.NoError(t, <-done)
	synctest.Wait()

	var ran uint64
	for i := range executed {
		times := executed[i].Load()
		require.LessOrEqual(t, times, uint32(1), "request %d", i)
		ran += uint64(times)
	}
	require.Equal(t, n, acked+refused+silent)
	// A request is silent when all of its four transmissions or their answers are lost:
	// (1-0.7*0.7)^4 or less, since duplicates help.
	require.Less(t, float64(silent)/float64(n), 0.07)

	s, c, wire := srv.Stats().Total.CoA, client.Stats().Total.CoA, network.Stats()
	require.Equal(t, ran, s.Requests)
	require.Equal(t, ran, s.ACKs+s.NAKs)
	require.Zero(t, s.Malformed+s.BadAuthenticator+s.Dropped+s.Late)
	toServer := network.StatsTo(nasAddr)
	require.Equal(t, toServer.Received, s.Requests+s.Duplicates, "the server counts what the network delivered")
	require.Equal(t, toServer.Sent, c.Requests+c.Retransmissions, "the client counts what the network was given")
	require.Equal(t, wire.Sent-wire.Lost+wire.Duplicated, wire.Received+wire.Pending)
	require.EqualValues(t, n, c.Requests)
	require.EqualValues(t, acked, c.ACKs)
	require.EqualValues(t, refused, c.NAKs)
	require.EqualValues(t, refused, c.NoContextNAKs)
	require.Zero(t, c.Pending)
	t.Logf("%d requests: %d ACK, %d NAK, %d silent, of those %d executed; %d datagrams", n, acked, refused, silent, int(ran)-acked-refused, wire.Sent)
}

func lossyJobs(nas netip.AddrPort, n int) iter.Seq[dac.Job] {
	return func(yield func(dac.Job) bool) {
		for i := range n {
			j := dac.CoAJob(nas, attrs.NASPort.Of(uint32(i)))
			j.Tag = i
			if !yield(j) {
				return
			}
		}
	}
}
