// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// A capture has an answer before what the other side sent when it had it, whoever writes answers:
// else the answer seems to be to the next request with the same identifier.
func TestTraceHasAnAnswerBeforeWhatFollowsIt(t *testing.T) {
	const ports, requests = 32, 60
	var mu sync.Mutex
	told := map[netip.AddrPort][]dac.EventOp{}
	srv := &dac.Server{
		Peers: dac.SharedSecret(secret),
		Trace: func(e dac.Event) {
			mu.Lock()
			defer mu.Unlock()
			told[e.Peer] = append(told[e.Peer], e.Op)
		},
		Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			// As a handler that waits for another system, so that workers answer, several of them
			// together.
			defer dac.Yield(ctx)()
			<-time.After(time.Millisecond)
			return q.ACK()
		}),
	}
	ctx, stop := context.WithCancel(t.Context())
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, pc) }()
	var clients sync.WaitGroup
	for range ports {
		c, err := net.Dial("udp", pc.LocalAddr().String())
		require.NoError(t, err)
		defer c.Close()
		var all [][]byte
		for n := range requests {
			all = append(all, disconnect(t, 1, attrs.NASPort.Of(uint32(n)), attrs.UserName.Of(c.LocalAddr().String())))
		}
		clients.Go(func() {
			buf := make([]byte, 4096)
			c.SetReadDeadline(time.Now().Add(time.Minute))
			for _, q := range all {
				if _, err := c.Write(q); err != nil {
					return
				}
				if _, err := c.Read(buf); err != nil {
					return
				}
			}
		})
	}
	clients.Wait()
	stop()
	require.NoError(t, <-done)
	require.Len(t, told, ports)
	for peer, ops := range told {
		require.Len(t, ops, 2*requests)
		for i, op := range ops {
			require.Equal(t, []dac.EventOp{dac.Received, dac.Sent}[i%2], op, "event %d of %v", i, peer)
		}
	}
}
