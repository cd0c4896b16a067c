// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"sync"
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

// proxiedRequests is how many requests cross the lossy network in a plain run of the tests;
// DYNAUTH_PROXIED says another number, and CI 100,000.
const proxiedRequests = 3_000

// With one datagram in five lost each way on both legs, and others doubled and overtaken, a proxy
// sends each request on once: the NAS executes none twice and all of which a copy came, whoever
// asked hears what the NAS said, and the counters of the four halves are those of the network.
func TestProxySendsOnceOverLossyNetworks(t *testing.T) {
	n := proxiedRequests
	if s := os.Getenv("DYNAUTH_PROXIED"); s != "" {
		var err error
		n, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	before := runtime.NumGoroutine()
	t.Run("answered later", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { lossyProxy(t, n, nil) })
	})
	t.Run("a handler waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { lossyProxy(t, proxiedRequests, func(dac.Hop) {}) })
	})
	// But the one that looks.
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, 10*time.Second, time.Millisecond, "no goroutine is left")
}

// A proxyTally is what became of requests, by their number.
type proxyTally struct {
	forwarded, executed []atomic.Uint32
	acked, refused      int
	failed, silent      int // 505 or 506 of the proxy; nothing at all
}

func lossyProxy(t *testing.T, n int, trace func(dac.Hop)) {
	network := &dactest.Network{
		Latency: 5 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.2, Duplicate: 0.1, Reorder: 0.1, Seed: 1, Queue: 1 << 20,
	}
	made := &proxyTally{forwarded: make([]atomic.Uint32, n), executed: make([]atomic.Uint32, n)}
	ctx, stop := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serve := func(s *dac.Server, addr netip.AddrPort) {
		pc := network.Listen(addr)
		serving.Go(func() { require.NoError(t, s.Serve(ctx, pc)) })
	}
	nas := &dac.Server{Peers: dac.SharedSecret(nextSecret), MaxHandlers: 1 << 12, Handler: made.nas()}
	down := &dac.Client{Peers: dac.SharedSecret(nextSecret), Dial: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		return network.DialFrom(ctx, netip.AddrPortFrom(proxyAddr.Addr(), 0), to)
	}}
	way := func(ctx context.Context, r *dac.Request) (dac.Target, error) {
		if port, err := attrs.NASPort.Get(r.Packet.Attributes); err == nil {
			made.forwarded[port].Add(1)
		}
		return dac.Target{Addr: nasAddr}, nil
	}
	proxy := &dac.Proxy{Client: down, Router: dac.RouterFunc(way), AnswerSilence: true, Trace: trace}
	up := &dac.Server{Peers: dac.SharedSecret(secret), Handler: proxy, MaxHandlers: 1 << 12}
	serve(nas, nasAddr)
	serve(up, proxyAddr)
	sender := &dac.Client{Peers: dac.SharedSecret(secret), Dial: network.Dial, InFlight: 1 << 11, Budget: -1}
	for o := range sender.Each(ctx, lossyJobs(proxyAddr, n)) {
		made.count(t, o)
	}
	require.NoError(t, sender.Close())
	time.Sleep(time.Minute) // what is still on its way arrives
	require.NoError(t, down.Close())
	stop()
	serving.Wait()
	synctest.Wait()
	made.check(t, n)

	toNAS, fromSender := nas.Stats().Total.CoA, sender.Stats().Total.CoA
	middle, next := up.Stats().Total.CoA, down.Stats().Total.CoA
	require.Equal(t, network.StatsTo(nasAddr).Received, toNAS.Requests+toNAS.Duplicates)
	require.Equal(t, network.StatsTo(nasAddr).Sent, next.Requests+next.Retransmissions)
	require.Equal(t, network.StatsTo(proxyAddr).Received, middle.Requests+middle.Duplicates)
	require.Equal(t, network.StatsTo(proxyAddr).Sent, fromSender.Requests+fromSender.Retransmissions)
	require.Equal(t, middle.Requests, next.Requests, "one downstream for each upstream")
	require.Equal(t, middle.Requests, middle.ACKs+middle.NAKs)
	require.Zero(t, middle.Dropped+middle.Late)
	require.Zero(t, next.Pending)
	t.Logf("%d requests: %d ACK, %d NAK, %d refused by the proxy, %d silent", n, made.acked, made.refused, made.failed, made.silent)
}

func (m *proxyTally) nas() dac.HandlerFunc {
	return func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		port, err := attrs.NASPort.Get(r.Packet.Attributes)
		if err != nil {
			return nil, err
		}
		m.executed[port].Add(1)
		if port%7 == 0 {
			return nil, errcause.SessionContextNotFound
		}
		return r.ACK()
	}
}

// count counts what the sender was told, which is what the NAS did.
func (m *proxyTally) count(t *testing.T, o dac.Outcome) {
	port := o.Job.Tag.(int)
	switch {
	case o.Err == nil:
		m.acked++
		require.NotZero(t, port%7)
		require.EqualValues(t, 1, m.executed[port].Load())
	case errors.Is(o.Err, errcause.SessionContextNotFound):
		m.refused++
		require.Zero(t, port%7)
		require.EqualValues(t, 1, m.executed[port].Load())
	case errors.Is(o.Err, errcause.OtherProxyProcessingError):
		m.failed++
	default:
		require.ErrorIs(t, o.Err, dac.ErrNoAnswer)
		m.silent++
	}
}

func (m *proxyTally) check(t *testing.T, n int) {
	for i := range m.executed {
		require.LessOrEqual(t, m.executed[i].Load(), uint32(1), "request %d was executed twice", i)
		require.LessOrEqual(t, m.forwarded[i].Load(), uint32(1), "request %d was sent on twice", i)
	}
	require.Equal(t, n, m.acked+m.refused+m.failed+m.silent)
	// Four transmissions of 0.8*0.8 that come back: one in sixty fails on a leg, and less, since
	// duplicates help.
	require.Less(t, float64(m.failed+m.silent)/float64(n), 0.05)
}
