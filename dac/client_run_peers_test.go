// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/require"
)

// Peers that take long over one NAS hold up no request to another, and take nothing from the time
// that each has for its answer.
func TestEachAsksPeersAside(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const latency = 3 * time.Second
		p := newPark(t, 4, latency)
		p.client.Peers = dac.PeersFunc(func(_ context.Context, addr netip.AddrPort) (dac.Peer, error) {
			if addr == p.addrs[1] {
				time.Sleep(20 * time.Second)
			}
			return dac.Peer{Secret: dactest.Secret}, nil
		})
		began := time.Now()
		answered := make(map[netip.AddrPort]time.Duration)
		for out := range p.client.Each(t.Context(), jobsTo(t, 40, p.addrs...)) {
			require.NoError(t, out.Err)
			answered[out.Job.NAS] = time.Since(began) // of the last
		}
		const rtt = 2 * latency
		require.Equal(t, map[netip.AddrPort]time.Duration{p.addrs[0]: rtt, p.addrs[1]: 20*time.Second + rtt, p.addrs[2]: rtt, p.addrs[3]: rtt}, answered)
	})
}

// Peers are asked for 256 NASes at a time.
func TestEachAsksPeersForSoManyAtATime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 600, time.Millisecond)
		var asking, most atomic.Int64
		p.client.Peers = dac.PeersFunc(func(context.Context, netip.AddrPort) (dac.Peer, error) {
			n := asking.Add(1)
			defer asking.Add(-1)
			for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
			}
			time.Sleep(time.Second)
			return dac.Peer{Secret: dactest.Secret}, nil
		})
		began := time.Now()
		for out := range p.client.Each(t.Context(), jobsTo(t, 1200, p.addrs...)) {
			require.NoError(t, out.Err)
		}
		require.EqualValues(t, 256, most.Load())
		require.Equal(t, 3*time.Second+2*time.Millisecond, time.Since(began))
	})
}

// Peers that fail, or end their goroutine, fail the jobs for that NAS and no other.
func TestEachFailsWhatPeersFail(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 3, time.Millisecond)
		broken := errors.New("the database is away")
		p.client.Peers = dac.PeersFunc(func(_ context.Context, addr netip.AddrPort) (dac.Peer, error) {
			switch addr {
			case p.addrs[0]:
				return dac.Peer{}, broken
			case p.addrs[1]:
				runtime.Goexit()
			}
			return dac.Peer{Secret: dactest.Secret}, nil
		})
		outcomes := make(map[netip.AddrPort]int)
		for out := range p.client.Each(t.Context(), jobsTo(t, 3000, p.addrs...)) {
			outcomes[out.Job.NAS]++
			switch out.Job.NAS {
			case p.addrs[0]:
				require.ErrorIs(t, out.Err, broken)
			case p.addrs[1]:
				require.ErrorContains(t, out.Err, "Client.Peers ended its goroutine")
			default:
				require.NoError(t, out.Err)
			}
		}
		require.Equal(t, map[netip.AddrPort]int{p.addrs[0]: 1000, p.addrs[1]: 1000, p.addrs[2]: 1000}, outcomes)
	})
}

// What waits for Peers when Each ends comes out, and Peers are told.
func TestEachEndsWhilePeersAreAsked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 300, time.Millisecond)
		p.client.Peers = dac.PeersFunc(func(ctx context.Context, _ netip.AddrPort) (dac.Peer, error) {
			<-ctx.Done()
			return dac.Peer{}, ctx.Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		n, began := 0, time.Now()
		for out := range p.client.Each(ctx, jobsTo(t, 1000, p.addrs...)) {
			require.ErrorIs(t, out.Err, context.DeadlineExceeded)
			n++
		}
		require.Equal(t, 1000, n)
		require.Equal(t, time.Minute, time.Since(began))
	})
}

// A NAS that fell silent is probed once Peers have said how, and nothing is tried before, though
// more jobs for it come.
func TestEachProbesOncePeersHaveAnswered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 1, time.Millisecond)
		nas := p.addrs[0]
		p.client.Budget = 1
		p.client.Retry = dac.Retry{Initial: time.Second, Max: time.Second, Duration: 10 * time.Second, Transmissions: 1}
		var asked atomic.Int64
		p.client.Peers = dac.PeersFunc(func(context.Context, netip.AddrPort) (dac.Peer, error) {
			if asked.Add(1) > 1 {
				time.Sleep(9 * time.Second)
				p.dead[nas].Store(false)
			}
			return dac.Peer{Secret: dactest.Secret}, nil
		})
		jobs := func(yield func(dac.Job) bool) {
			for i := range 20 {
				if i >= 10 {
					time.Sleep(time.Second)
				}
				if !yield(dac.Job{NAS: nas, Request: request(t, i), Tag: i}) {
					return
				}
			}
		}
		failed := 0
		for out := range p.client.Each(t.Context(), jobs) {
			if out.Err == nil && asked.Load() == 1 {
				p.dead[nas].Store(true)
			}
			if out.Err != nil {
				failed++
				require.Less(t, out.Job.Tag, 10)
			}
		}
		require.Greater(t, failed, 0)
		require.EqualValues(t, 2, asked.Load(), "11 s, of which they took 9")
	})
}
