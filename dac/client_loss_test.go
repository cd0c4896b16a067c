// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A lossModel is what RFC 5080, section 2.2.1, makes of a network that loses a share of the
// datagrams each way: sends at 0, 2, 6 and 14 s with jitter, a fifth where it falls below 30 s,
// each answered at once with the chance that neither datagram is lost.
func lossModel(loss float64, n int, random *rand.Rand) (sends [6]float64, silent float64) {
	jitter := func(d float64) float64 { return d * (0.2*random.Float64() - 0.1) }
	for range n {
		at, rt, k := 0.0, 2.0, 0
		rt += jitter(rt)
		answered := false
		for at < 30 && k < 5 && !answered {
			k++
			there, back := random.Float64() >= loss, random.Float64() >= loss
			answered = there && back
			at += rt
			if rt = 2*rt + jitter(rt); rt > 16 {
				rt = 16 + jitter(16)
			}
		}
		sends[k]++
		if !answered {
			silent++
		}
	}
	for k := range sends {
		sends[k] /= float64(n)
	}
	return sends, silent / float64(n)
}

// Through a network that loses three in ten each way every request ends, none is executed twice,
// and the transmissions are distributed as the model says, within four standard deviations.
func TestR5080_2_2_1_TransmissionsUnderLoss(t *testing.T) {
	const n, loss = 4000, 0.3
	bubble(t, func(t *testing.T) {
		executed := make([]atomic.Int32, n)
		network := &dactest.Network{Loss: loss, Seed: 7}
		nas := dactest.ServeNAS(t, network.Listen(nasAddr), &dac.Server{Logger: new(journal).logger(), Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
			port, err := attrs.NASPort.Get(r.Attributes())
			if err != nil {
				return nil, err
			}
			executed[port].Add(1)
			return r.ACK()
		})})
		client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: network.Dial}
		defer client.Close()
		dac.SetRandom(client, rand.New(rand.NewPCG(3, 4)).Float64)
		var mu sync.Mutex
		var sends [6]float64
		silent := 0.0
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				resp, err := client.Do(t.Context(), nasAddr, request(t, i))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					sends[resp.Sent] += 1. / n
					assert.EqualValues(t, 1, executed[i].Load(), "answered, so executed once")
					return
				}
				var none *dac.NoAnswerError
				ok := errors.As(err, &none)
				if !assert.True(t, ok, "%v", err) {
					return
				}
				sends[none.Sent] += 1. / n
				silent += 1. / n
				assert.LessOrEqual(t, executed[i].Load(), int32(1))
			})
		}
		wg.Wait()
		want, wantSilent := lossModel(loss, 1_000_000, rand.New(rand.NewPCG(5, 6)))
		within := func(want, got float64, what string) {
			t.Helper()
			assert.InDelta(t, want, got, 4*math.Sqrt(want*(1-want)/n)+1e-9, what)
		}
		for k := 1; k <= 5; k++ {
			within(want[k], sends[k], "transmissions")
		}
		within(wantSilent, silent, "silent")
		assert.LessOrEqual(t, time.Since(nas.Received()[0].Time), 31*time.Second)
		total := client.Stats().Total.Disconnect
		assert.EqualValues(t, n, total.Requests)
		assert.Zero(t, total.Pending)
		assert.EqualValues(t, total.Requests, total.ACKs+uint64(math.Round(silent*n)))
		assert.EqualValues(t, total.Timeouts, total.Retransmissions+uint64(math.Round(silent*n)), "R467x-5")
		require.EqualValues(t, network.StatsTo(nasAddr).Sent, total.Requests+total.Retransmissions)
	})
}
