// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// What a full queue drops is a first arrival when it comes again: a client that retransmits has all
// of it executed, and each once.
func TestFullQueueDropsDrainsAndExecutesOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const jobs = 60
		var runs [jobs]atomic.Int64
		r := serve(t, &dac.Server{MaxHandlers: 4, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			port, err := attrs.NASPort.Get(q.Packet.Attributes)
			if err != nil {
				return nil, err
			}
			runs[port].Add(1)
			time.Sleep(300 * time.Millisecond)
			return q.ACK()
		})})
		client := &dac.Client{Peers: dac.SharedSecret(secret), Dial: r.net.Dial, Retry: dac.Retry{Duration: time.Minute, Transmissions: 20}}
		n := 0
		for o := range client.Each(t.Context(), lossyJobs(nasAddr, jobs)) {
			require.NoError(t, o.Err)
			n++
		}
		require.NoError(t, client.Close())
		require.Equal(t, jobs, n)
		for i := range runs {
			require.EqualValues(t, 1, runs[i].Load())
		}
		s := r.coas()
		require.NotZero(t, s.Overload, "the queue was full")
		require.Equal(t, s.Overload, s.Dropped)
		require.EqualValues(t, jobs, s.Requests)
		require.EqualValues(t, jobs, s.ACKs)
		require.Equal(t, r.net.StatsTo(nasAddr).Received, s.Requests+s.Duplicates+s.Dropped)
		r.ends()
	})
}

// A handler that finishes after its client gave up has done what it did: the next Disconnect for
// the session finds none, and the counters of both ends say what came of each.
func TestHandlerThatFinishesAfterTheClientGaveUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var mu sync.Mutex
		live := map[string]bool{"4f2a": true}
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			id, err := attrs.AcctSessionID.Get(q.Packet.Attributes)
			if err != nil {
				return nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			if !live[id] {
				return nil, errcause.SessionContextNotFound
			}
			time.Sleep(40 * time.Second) // the teardown hangs, whatever the context says
			delete(live, id)
			return q.ACK()
		})})
		client := &dac.Client{Peers: dac.SharedSecret(secret), Dial: r.net.Dial}
		_, err := client.Disconnect(t.Context(), nasAddr, attrs.AcctSessionID.Of("4f2a"))
		require.ErrorIs(t, err, dac.ErrNoAnswer)
		require.EqualValues(t, 0, r.disconnects().ACKs, "nothing is said before it is so")
		time.Sleep(time.Minute)
		s := r.disconnects()
		require.EqualValues(t, 1, s.Requests)
		require.EqualValues(t, 1, s.ACKs)
		require.EqualValues(t, 1, s.Sessions)
		require.EqualValues(t, 1, s.Late)
		_, err = client.Disconnect(t.Context(), nasAddr, attrs.AcctSessionID.Of("4f2a"))
		require.ErrorIs(t, err, errcause.SessionContextNotFound)
		after := r.disconnects()
		s.Requests, s.NAKs, s.NoContextNAKs = 2, 1, 1
		require.Equal(t, s, after)
		c := client.Stats().Total.Disconnect
		require.EqualValues(t, 2, c.Requests)
		require.EqualValues(t, 0, c.ACKs)
		require.EqualValues(t, 1, c.NAKs)
		require.NoError(t, client.Close())
		r.ends()
	})
}
