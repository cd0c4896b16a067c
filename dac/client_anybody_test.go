// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nil means done: Do is like Disconnect and CoA, and RoundTrip interprets nothing.
func TestDoMeansDoneAndRoundTripInterpretsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		step dactest.Step
		done bool
	}{
		"ACK":            {dactest.ACK(), true},
		"ACK with 201":   {dactest.ACK(attrs.ErrorCause.Of(errcause.ResidualSessionContextRemoved)), true},
		"NAK":            {dactest.NAK(errcause.SessionContextNotFound), false},
		"NAK of nothing": {dactest.NAK(0), false},
		"Protocol-Error": {dactest.ProtocolError(errcause.RequestNotRoutable), false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := script(t, c.step)
				resp, err := s.Client.Do(t.Context(), nasAddr, request(t, 1))
				require.NotNil(t, resp)
				var nak *dac.NAKError
				require.Equal(t, !c.done, errors.As(err, &nak))
				if !c.done {
					require.Same(t, resp, nak.Response)
					require.NotEmpty(t, nak.Hint())
				}
				resp, err = s.Client.RoundTrip(t.Context(), nasAddr, request(t, 1))
				require.NoError(t, err)
				require.Equal(t, c.done, resp.ACK())
			})
		})
	}
}

// A Response says how long it took in all, and what was discarded before it came.
func TestResponseSaysWhatWasDiscardedAndHowLongItTook(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Forged(), dactest.Delay(time.Second, dactest.ACK()))
		resp, err := s.disconnect()
		require.NoError(t, err)
		assert.Equal(t, 2, resp.Sent)
		assert.Equal(t, time.Second, resp.RTT)
		assert.Equal(t, 3*time.Second, resp.Waited)
		require.Len(t, resp.Discarded, 1)
		assert.ErrorIs(t, resp.Discarded[0], dac.ErrAuthenticator)
		resp, err = s.disconnect()
		require.NoError(t, err)
		assert.Empty(t, resp.Discarded)
	})
}

// What happens to a NAS again and again has one text, which is short, and the advice stands apart.
func TestErrorsAreShortAndAlikeForWhatIsAlike(t *testing.T) {
	for name, step := range map[string]dactest.Step{
		"silence": dactest.Drop(1), "another secret": dactest.Forged(), "another clock": dactest.Stale(-time.Hour), "cut": dactest.Truncated(),
		"NAK": dactest.NAK(errcause.SessionContextNotFound), "the wrong kind": dactest.WrongKind(),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := script(t, step)
				texts := make(map[string]int)
				for i := range 10 {
					time.Sleep(time.Duration(i) * 777 * time.Millisecond)
					_, err := s.disconnect()
					texts[err.Error()]++
					assert.NotContains(t, err.Error(), "look at")
					assert.LessOrEqual(t, len(err.Error()), 140)
					assert.NotEmpty(t, dac.Hint(err))
				}
				assert.Len(t, texts, 1, "%v", texts)
			})
		})
	}
	assert.Empty(t, dac.Hint(nil))
	assert.Empty(t, dac.Hint(errors.New("another")))
}

// An error, a Response and each Event carry the Tag of their Job, or of the context.
func TestTagLeadsToTheCallersOwnSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.ACK(), dactest.Drop(1))
		var mu sync.Mutex
		events := make(map[any]map[dac.EventOp]int)
		s.Client.Trace = func(e dac.Event) {
			mu.Lock()
			defer mu.Unlock()
			if events[e.Tag] == nil {
				events[e.Tag] = make(map[dac.EventOp]int)
			}
			events[e.Tag][e.Op]++
		}
		resp, err := s.Client.Disconnect(dac.WithTag(t.Context(), "a"), nasAddr, attrs.UserName.Of("bob"))
		require.NoError(t, err)
		assert.Equal(t, "a", resp.Tag)
		_, err = s.Client.Do(dac.WithTag(t.Context(), "b"), nasAddr, request(t, 1))
		assert.Equal(t, "b", noAnswer(t, err).Tag)
		j := dac.DisconnectJob(nasAddr, attrs.UserName.Of("bob"))
		j.Tag = "c"
		_, err = s.Client.Attempt(j)(t.Context())
		assert.Equal(t, "c", noAnswer(t, err).Tag)
		j.Tag = "d"
		for out := range s.Client.Each(t.Context(), func(yield func(dac.Job) bool) { yield(j) }) {
			assert.Equal(t, "d", noAnswer(t, out.Err).Tag)
		}
		j.Tag = "e"
		_, err = s.Client.With(dac.Peer{Secret: "s", DenyDisconnect: true}).Attempt(j)(t.Context())
		var denied *dac.PacketError
		require.ErrorAs(t, err, &denied)
		assert.Equal(t, "e", denied.Tag)
		given := map[dac.EventOp]int{dac.Sent: 1, dac.Resent: 3, dac.GaveUp: 1}
		assert.Equal(t, map[any]map[dac.EventOp]int{"a": {dac.Sent: 1, dac.Received: 1}, "b": given, "c": given, "d": given}, events)
	})
}

// Every t, n times: forgetting Duration cuts nothing short, and jobs for a dead NAS fail after
// their own schedule.
func TestEveryTNTimes(t *testing.T) {
	for _, c := range []struct {
		retry dac.Retry
		at    []time.Duration
		end   time.Duration
	}{
		{dac.Every(5*time.Second, 3), seconds(0, 5, 10), 15 * time.Second},
		{dac.Every(20*time.Second, 5), seconds(0, 20, 40, 60, 80), 100 * time.Second},
		{dac.Every(time.Second, 0), seconds(0), time.Second},
		{dac.Every(0, 2), seconds(0, 2), 4 * time.Second},
		{dac.Retry{Initial: 20 * time.Second, Transmissions: 3}, seconds(0, 20, 40), time.Minute},
		{dac.Retry{Transmissions: 6}, seconds(0, 2, 6, 14, 30, 46), 62 * time.Second},
	} {
		bubble(t, func(t *testing.T) {
			s := silent(t)
			s.Client.Retry = c.retry
			_, err := s.disconnect()
			require.Equal(t, len(c.at), noAnswer(t, err).Sent)
			require.Equal(t, c.at, s.times())
			require.Equal(t, c.end, time.Since(s.began))
		})
	}
	client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Retry: dac.Every(time.Minute, 6)}
	defer client.Close()
	_, err := client.Disconnect(t.Context(), netip.MustParseAddrPort("192.0.2.1:3799"), attrs.UserName.Of("bob"))
	require.ErrorContains(t, err, "make Initial, Max or Transmissions smaller")
}

func TestJobsForADeadNASFailAfterTheirOwnSchedule(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 1, time.Millisecond)
		p.dead[p.addrs[0]].Store(true)
		p.client.Retry = dac.Every(time.Second, 2)
		sum := p.run(t, 100, p.addrs...)
		require.Equal(t, 17, sum.silent)
		require.Equal(t, 83, sum.unsent)
		require.Less(t, sum.all, 5*time.Second)
	})
	bubble(t, func(t *testing.T) {
		p := newPark(t, 1, time.Millisecond)
		p.dead[p.addrs[0]].Store(true)
		p.client.Retry = dac.Every(20*time.Second, 4)
		dac.SetRandom(p.client, func() float64 { return 0.5 })
		sum := p.run(t, 100, p.addrs...)
		require.Equal(t, 17, sum.silent)
		require.GreaterOrEqual(t, sum.all, 160*time.Second)
	})
}
