// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// byFilter is the key of a request: its Filter-Id, and none where that is "any".
func byFilter(r *dac.Request) any {
	filter, _, _ := attrs.FilterID.Lookup(r.Attributes())
	if filter == "any" {
		return nil
	}
	return filter
}

func sequencer(t *testing.T, h dac.HandlerFunc, key func(*dac.Request) any) dac.Sequencer {
	s, ok := session.InOrder(h, key).(dac.Sequencer)
	require.True(t, ok)
	return s
}

// Requests of one key run one at a time, as they arrived, however late their handlers start and
// whatever becomes of those before them.
func TestInOrderRunsRequestsOfAKeyOneAtATimeAsTheyArrived(t *testing.T) {
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			var mu sync.Mutex
			latest, busy := map[string]uint64{}, map[string]int{}
			s := sequencer(t, func(_ context.Context, r *dac.Request) (*dac.Response, error) {
				filter, _ := attrs.FilterID.Get(r.Attributes())
				mu.Lock()
				if busy[filter]++; filter != "any" {
					assert.Equal(t, 1, busy[filter], "two at once")
					assert.Greater(t, r.Seq, latest[filter], "out of order")
					latest[filter] = r.Seq
				}
				mu.Unlock()
				d, end := time.Duration(r.Seq%5)*time.Millisecond, (r.Seq*7+seed)%10
				defer func() { mu.Lock(); busy[filter]--; mu.Unlock() }()
				time.Sleep(d)
				switch end {
				case 0:
					panic("host")
				case 1:
					runtime.Goexit()
				case 2:
					return nil, errors.New("no")
				}
				return r.ACK()
			}, byFilter)
			var wg sync.WaitGroup
			for n := range 40 {
				r := change(t, byID("1"), []string{"a", "b", "any"}[random.IntN(3)])
				r.Seq = uint64(n + 1)
				s.Arrive(r)
				start, patience := time.Duration(random.IntN(20))*time.Millisecond, time.Duration(1+random.IntN(200))*time.Millisecond
				wg.Go(func() {
					defer func() { _ = recover() }()
					time.Sleep(start)
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					if _, err := s.Handle(ctx, r); errors.Is(err, dac.ErrDiscard) {
						assert.Error(t, ctx.Err())
					}
				})
			}
			wg.Wait()
		})
	}
}

// What waits for another request with the same key holds up no other.
func TestInOrderHoldsUpNoOtherKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sequencer(t, func(_ context.Context, r *dac.Request) (*dac.Response, error) {
			if filter, _ := attrs.FilterID.Get(r.Attributes()); filter == "slow" {
				time.Sleep(time.Hour)
			}
			return r.ACK()
		}, byFilter)
		slow := handleLater(t, s, change(t, byID("1"), "slow"))
		synctest.Wait()
		start := time.Now()
		for _, filter := range []string{"a", "any"} {
			_, err := s.Handle(t.Context(), change(t, byID("1"), filter))
			require.NoError(t, err)
		}
		require.Zero(t, time.Since(start))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Handle(ctx, change(t, byID("1"), "slow"))
		require.ErrorIs(t, err, dac.ErrDiscard)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, answer{code: coaACK}, <-slow)
	})
}

func TestInOrderRefusesAKeyThatIsNone(t *testing.T) {
	called := false
	h := func(_ context.Context, r *dac.Request) (*dac.Response, error) { called = true; return r.ACK() }
	for name, key := range map[string]func(*dac.Request) any{
		"not comparable": func(*dac.Request) any { return []int{1} },
		"a panic":        func(*dac.Request) any { panic("host") },
	} {
		s := sequencer(t, h, key)
		r := change(t, byID("1"), "x")
		require.NotPanics(t, func() { s.Arrive(r) }, name)
		_, err := s.Handle(t.Context(), r)
		require.ErrorContains(t, err, "the key of a request", name)
		require.False(t, errors.Is(err, dac.ErrDiscard), "it is answered")
	}
	require.False(t, called)
}

func TestInOrderSaysWhatIsMissing(t *testing.T) {
	c, ok := session.InOrder(nil, nil).(dac.Checker)
	require.True(t, ok)
	require.ErrorContains(t, c.Check(), "Handler of InOrder is nil")
	require.ErrorContains(t, c.Check(), "key func of InOrder is nil")
	_, err := c.Handle(t.Context(), change(t, byID("1"), "x"))
	require.ErrorContains(t, err, "InOrder")
	c, _ = session.InOrder(session.NewDispatcher[*sub](nil), byFilter).(dac.Checker)
	require.ErrorContains(t, c.Check(), "Dispatcher.Handler is nil")
	c, _ = session.InOrder(session.NewDispatcher(twoSubs()), byFilter).(dac.Checker)
	require.NoError(t, c.Check())
}

// Over a Server with many handlers the last of the policies that were sent is the one that holds.
func TestInOrderOverAServer(t *testing.T) {
	var mu sync.Mutex
	var order []uint64
	nas := dactest.NewNAS(t, session.InOrder(dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, r.Seq)
		return r.ACK()
	}), byFilter))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			_, err := nas.Client.CoA(t.Context(), nas.Addr, attrs.AcctSessionID.Of("1"), attrs.FilterID.Of("gold"))
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	require.Len(t, order, 50)
	require.IsIncreasing(t, order)
}
