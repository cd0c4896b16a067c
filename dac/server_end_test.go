// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/require"
)

// An ending is a Server that is ended at a random instant while it has requests to handle.
type ending struct {
	requests [][]byte
	handler  func(n *atomic.Int64) dac.HandlerFunc // counts what it executes
	trace    bool
	within   time.Duration // of the first request that is handled, the Server is ended
	peers    dac.Peers
}

// round serves once and returns how many requests were executed and how many answered.
func (e *ending) round(t *testing.T) (executed, answered int) {
	network := new(dactest.Network)
	var runs atomic.Int64
	began, h := make(chan bool), e.handler(&runs)
	begin := sync.OnceFunc(func() { close(began) })
	srv := &dac.Server{Peers: e.peers, Drain: time.Minute, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
		begin()
		return h(ctx, q)
	})}
	if e.trace {
		srv.Trace = func(dac.Event) {}
	}
	pc := network.Listen(nasAddr)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, pc) }()
	c, err := network.DialFrom(ctx, aaaAddr, nasAddr)
	require.NoError(t, err)
	defer c.Close()
	go func() {
		<-began
		busy(rand.N(e.within))
		cancel()
	}()
	for _, q := range e.requests {
		c.Write(q)
	}
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(time.Minute):
		t.Fatal("Serve did not return")
	}
	return int(runs.Load()), int(network.StatsTo(aaaAddr).Pending) // they are in the socket at once
}

// busy works for so long.
func busy(d time.Duration) {
	for until := time.Now().Add(d); time.Now().Before(until); {
	}
}

func TestWhatWasExecutedIsAnsweredBeforeTheSocketCloses(t *testing.T) {
	many := make([][]byte, 256)
	for i := range many {
		many[i] = disconnect(t, byte(i), attrs.UserName.Of("bob"), stamped(0))
	}
	ack := func(n *atomic.Int64) dac.HandlerFunc {
		return func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			n.Add(1)
			return q.ACK()
		}
	}
	for name, tt := range map[string]struct {
		ending
		rounds int
	}{
		"one": {ending{requests: many[:1], within: 400 * time.Microsecond, handler: func(n *atomic.Int64) dac.HandlerFunc {
			return func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				n.Add(1)
				busy(200 * time.Microsecond)
				return q.ACK()
			}
		}}, 3000},
		"256":        {ending{requests: many, within: 1500 * time.Microsecond, handler: ack}, 300},
		"256 traced": {ending{requests: many, within: 1500 * time.Microsecond, handler: ack, trace: true}, 100},
		"256, some slow": {ending{requests: many, within: 1500 * time.Microsecond, handler: func(n *atomic.Int64) dac.HandlerFunc {
			return func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				if n.Add(1)%50 == 0 {
					busy(3 * time.Millisecond)
				}
				return q.ACK()
			}
		}}, 100},
		"256 that yield": {ending{requests: many, within: 1500 * time.Microsecond, handler: func(n *atomic.Int64) dac.HandlerFunc {
			return func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				resume := dac.Yield(ctx)
				n.Add(1)
				resume()
				return q.ACK()
			}
		}}, 100},
		"256 with After": {ending{requests: many, within: 1500 * time.Microsecond, handler: func(n *atomic.Int64) dac.HandlerFunc {
			return func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				n.Add(1)
				resp, err := q.ACK()
				resp.After = func(context.Context) {}
				return resp, err
			}
		}}, 100},
		"Peers that are asked aside": {ending{requests: many, within: 1500 * time.Microsecond, handler: ack, peers: slowPeers()}, 30},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.peers == nil {
				tt.peers = dac.SharedSecret(secret)
			}
			if testing.Short() {
				tt.rounds /= 10
			}
			all := 0
			for range tt.rounds {
				executed, answered := tt.round(t)
				require.Equal(t, executed, answered)
				all += executed
			}
			require.NotZero(t, all)
		})
	}
}

// slowPeers takes a while for every other question.
func slowPeers() dac.Peers {
	var n atomic.Int64
	return dac.PeersFunc(func(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
		if n.Add(1)%2 == 0 {
			busy(3 * time.Millisecond)
		}
		return dac.Peer{Secret: secret}, nil
	})
}
