// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"fmt"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/require"
)

// both runs f with certificates and with keys, in virtual time.
func both(t *testing.T, f func(t *testing.T, nas, aaa *Config, peers dac.IdentityPeers)) {
	t.Run("certificates", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			nas, aaa, peers := certificates()
			f(t, nas, aaa, peers)
		})
	})
	t.Run("keys", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			nas, aaa, peers := keys()
			f(t, nas, aaa, peers)
		})
	})
}

func TestARequestAndItsAnswer(t *testing.T) {
	both(t, func(t *testing.T, nas, aaa *Config, peers dac.IdentityPeers) {
		r := newRig(t, &dactest.Network{}, nas, aaa, peers)
		client := r.client()
		for range 3 {
			_, err := client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
			require.NoError(t, err)
		}
		require.Equal(t, map[string]int{"bob": 3}, r.executed())
		require.Equal(t, 1, r.nas.Stats().Open)
		require.EqualValues(t, 1, r.nas.Stats().Opened)
		require.NoError(t, client.Close())
		time.Sleep(time.Second)
		require.Zero(t, r.aaa.Stats().Open)
		require.Zero(t, r.nas.Stats().Open)
		require.Equal(t, map[string]uint64{"closed by the other end": 1}, r.nas.Stats().Closed)
		r.close()
	})
}

// A loss is a network that loses 30 % of all datagrams each way, doubles and reorders as many.
func lossy(seed uint64) *dactest.Network {
	return &dactest.Network{Latency: 5 * time.Millisecond, Jitter: 3 * time.Millisecond, Loss: 0.3, Duplicate: 0.3, Reorder: 0.3, Seed: seed}
}

func TestLossReorderingAndDuplicatesExecuteOnce(t *testing.T) {
	const requests = 2000
	both(t, func(t *testing.T, nas, aaa *Config, peers dac.IdentityPeers) {
		r := newRig(t, lossy(7), nas, aaa, peers)
		client := r.client()
		jobs := func(yield func(dac.Job) bool) {
			for i := range requests {
				user := attrs.UserName.Of(fmt.Sprint(i))
				job := dac.DisconnectJob(nasAddr, user)
				if i%2 == 1 {
					job = dac.CoAJob(nasAddr, user)
				}
				if !yield(job) {
					return
				}
			}
		}
		acks := 0
		for outcome := range client.Each(t.Context(), jobs) {
			if outcome.Err == nil {
				acks++
			} else {
				require.ErrorIs(t, outcome.Err, dac.ErrNoAnswer)
			}
		}
		t.Log(acks, "ACK of", requests, client.Stats(), r.nas.Stats(), r.aaa.Stats())
		require.Greater(t, acks, requests*9/10)
		require.NoError(t, client.Close())
		r.close() // with what a call has given up, and what came late
		for user, n := range r.executed() {
			require.Equal(t, 1, n, user)
		}
	})
}
