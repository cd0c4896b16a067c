// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// source is Peers that counts its questions and answers after a while.
type source struct {
	asked atomic.Int32
	takes time.Duration
	reply func(n int32, addr netip.AddrPort) (Peer, error)
}

func (s *source) Peer(ctx context.Context, addr netip.AddrPort) (Peer, error) {
	n := s.asked.Add(1)
	select {
	case <-time.After(s.takes):
		return s.reply(n, addr)
	case <-ctx.Done():
		return Peer{}, ctx.Err()
	}
}

func always(p Peer, err error) func(int32, netip.AddrPort) (Peer, error) {
	return func(int32, netip.AddrPort) (Peer, error) { return p, err }
}

func TestCachePeersKeepsForItsTTL(t *testing.T) {
	down := errors.New("database is down")
	for _, c := range []struct {
		name string
		err  error
		ttl  time.Duration
		keep time.Duration
	}{
		{"a peer", nil, time.Minute, time.Minute},
		{"an unknown one", ErrUnknownPeer, time.Minute, time.Minute},
		{"a failure", down, time.Minute, time.Second},
		{"a failure, with a short ttl", down, time.Millisecond, time.Millisecond},
		{"a failure that is a timeout of the source's own", context.DeadlineExceeded, time.Minute, time.Second},
		{"a peer, with no ttl", nil, 0, 0},
		{"a peer, with a negative ttl", nil, -1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := Peer{Secret: "s"}
				if c.err != nil {
					p = Peer{}
				}
				s := &source{reply: always(p, c.err)}
				cached := CachePeers(s, c.ttl)
				ask := func(want int32) {
					t.Helper()
					got, err := cached.Peer(t.Context(), addr("192.0.2.1"))
					assert.Equal(t, p, got)
					assert.Equal(t, c.err, err)
					assert.Equal(t, want, s.asked.Load())
				}
				ask(1)
				if c.keep > 0 {
					time.Sleep(c.keep - time.Nanosecond)
					ask(1)
					time.Sleep(time.Nanosecond)
				}
				ask(2)
			})
		})
	}
}

func TestCachePeersAsksOncePerAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: 3 * time.Second, reply: func(_ int32, a netip.AddrPort) (Peer, error) { return Peer{Name: a.String(), Secret: "s"}, nil }}
		cached := CachePeers(s, time.Minute)
		start := time.Now()
		var wg sync.WaitGroup
		for _, a := range []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"} {
			for range 100 {
				wg.Go(func() {
					p, err := cached.Peer(t.Context(), addr(a))
					assert.NoError(t, err)
					assert.Equal(t, addr(a).String(), p.Name)
				})
			}
		}
		wg.Wait()
		assert.EqualValues(t, 3, s.asked.Load())
		assert.Equal(t, 3*time.Second, time.Since(start))
	})
}

func TestCachePeersWaitsNoLongerThanTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Hour, reply: always(Peer{Secret: "s"}, nil)}
		cached := CachePeers(s, time.Minute)
		first, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := cached.Peer(first, addr("192.0.2.1"))
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := cached.Peer(short, addr("192.0.2.1"))
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))

		// The first one gives up. Who waits for it asks in its place, once.
		for range 10 {
			wg.Go(func() {
				p, err := cached.Peer(t.Context(), addr("192.0.2.1"))
				assert.NoError(t, err)
				assert.Equal(t, Peer{Secret: "s"}, p)
			})
		}
		wg.Wait()
		assert.EqualValues(t, 2, s.asked.Load())
		assert.Equal(t, time.Hour+10*time.Second, time.Since(start))
	})
}

func TestCachePeersSurvivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Second, reply: func(n int32, _ netip.AddrPort) (Peer, error) {
			if n == 1 {
				panic("driver bug")
			}
			return Peer{Secret: "s"}, nil
		}}
		cached := CachePeers(s, time.Minute)
		var wg sync.WaitGroup
		wg.Go(func() {
			assert.PanicsWithValue(t, "driver bug", func() { cached.Peer(t.Context(), addr("192.0.2.1")) })
		})
		synctest.Wait()
		_, err := cached.Peer(t.Context(), addr("192.0.2.1"))
		assert.Error(t, err, "who waited is told")
		assert.NotErrorIs(t, err, ErrUnknownPeer)
		wg.Wait()
		time.Sleep(time.Second)
		_, err = cached.Peer(t.Context(), addr("192.0.2.1"))
		assert.NoError(t, err, "and asks again after a second")
	})
}
