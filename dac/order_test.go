// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/require"
)

// Over real sockets, and for the race detector too, an answer comes after what the handler did, and
// a request after what its sender did: tests of hosts read what a handler has written without a
// lock of their own.
func TestPacketsComeAfterWhatWasDoneBefore(t *testing.T) {
	asked, done := 0, 0
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		done = asked
		return r.ACK()
	}))
	client := &dac.Client{Peers: nas.Server.Peers}
	defer client.Close()
	for range 400 {
		asked++
		_, err := client.Disconnect(t.Context(), nas.Addr, attrs.NASPort.Of(uint32(asked)))
		require.NoError(t, err)
		require.Equal(t, asked, done)
	}
}

// The same for many requests at a time, which leave and come together.
func TestBatchesComeAfterWhatWasDoneBefore(t *testing.T) {
	var asked, done [1000]int
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		n, err := attrs.NASPort.Get(r.Attributes())
		if err != nil {
			return nil, err
		}
		done[n] = asked[n]
		return r.ACK()
	}))
	client := &dac.Client{Peers: nas.Server.Peers}
	defer client.Close()
	for n := range asked {
		asked[n] = n
	}
	for out := range client.Each(t.Context(), jobsTo(t, len(asked), nas.Addr)) {
		require.NoError(t, out.Err)
		require.Equal(t, out.Job.Tag, done[out.Job.Tag.(int)])
	}
}
