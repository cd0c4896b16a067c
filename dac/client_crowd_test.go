// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
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

// Many calls at once over real sockets, of which some are given up at any time: the others have
// the answer to its own request, and nothing is left in flight.
func TestCrowdOfCallsOfWhichSomeAreCancelled(t *testing.T) {
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		port, err := attrs.NASPort.Get(r.Packet.Attributes)
		if err != nil {
			return nil, err
		}
		return r.ACK(attrs.Class.Of([]byte{byte(port >> 8), byte(port)}))
	}))
	// Nothing is sent again: an answer to a retransmission could come when its identifier is
	// another request's.
	nas.Client.Retry = dac.Retry{Initial: time.Minute, Max: time.Minute, Duration: 2 * time.Minute}
	var wg sync.WaitGroup
	var answered, cancelled atomic.Int64
	for worker := range 64 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for i := range 45 {
				port := uint32(worker*100 + i)
				ctx, cancel := t.Context(), func() {}
				if i%3 == 0 {
					ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(2000))*time.Microsecond)
				}
				resp, err := nas.Client.Disconnect(ctx, nas.Addr, attrs.NASPort.Of(port))
				cancel()
				if err != nil {
					cancelled.Add(1)
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					assert.True(t, errors.Is(err, dac.ErrNoAnswer))
					continue
				}
				answered.Add(1)
				assert.Equal(t, []byte{byte(port >> 8), byte(port)}, []byte(resp.Packet.Get(25)))
			}
		})
	}
	wg.Wait()
	assert.GreaterOrEqual(t, answered.Load(), int64(64*30))
	n := nas.Client.Stats().Total.Disconnect
	assert.EqualValues(t, answered.Load(), n.ACKs)
	assert.Zero(t, n.Pending)
	assert.Zero(t, n.Retransmissions)
	assert.Zero(t, n.BadAuthenticator+n.Malformed, "every answer finds its own request, or none")
}

// Refusals by ICMP meet a crowd like one: each request is refused, sent as often as Retry says, and
// counted.
func TestCrowdOfCallsToAPortThatRefuses(t *testing.T) {
	addr := dactest.DeadPort(t)
	client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Retry: dac.Retry{Initial: 50 * time.Millisecond, Transmissions: 2}}
	defer client.Close()
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			_, err := client.Disconnect(t.Context(), addr, attrs.UserName.Of("bob"))
			assert.ErrorIs(t, err, dac.ErrUnreachable)
			var silent *dac.NoAnswerError
			if assert.True(t, errors.As(err, &silent)) {
				assert.Equal(t, 2, silent.Sent)
			}
		})
	}
	wg.Wait()
	n := client.Stats().Total
	assert.EqualValues(t, 200, n.Disconnect.Requests)
	assert.EqualValues(t, 200, n.Disconnect.Retransmissions)
	assert.Zero(t, n.Disconnect.Pending)
	require.GreaterOrEqual(t, n.Unreachable, uint64(2))
}
