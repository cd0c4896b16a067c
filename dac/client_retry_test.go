// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestR5080_2_2_1_2_Defaults(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := silent(t)
		_, err := s.disconnect()
		none := noAnswer(t, err)
		assert.Equal(t, seconds(0, 2, 6, 14), s.times(), "IRT 2 s, MRT 16 s, MRC 5")
		assert.Equal(t, 30*time.Second, time.Since(s.began), "MRD 30 s, without a deadline in the context")
		assert.Equal(t, 30*time.Second, none.Waited)
		assert.Equal(t, 4, none.Sent)
		assert.NoError(t, none.Err)
		assert.True(t, none.Timeout())
	})
}

func TestR5080_2_2_1_3_Timeouts(t *testing.T) {
	for _, c := range []struct {
		name   string
		retry  dac.Retry
		random float64
		want   []float64
	}{
		{"no jitter", dac.Retry{}, 0.5, []float64{2, 4, 8, 16, 16, 16}},
		{"RAND -0.1", dac.Retry{}, 0, []float64{1.8, 1.8 * 1.9, 1.8 * 1.9 * 1.9, 1.8 * 1.9 * 1.9 * 1.9, 14.4, 14.4}},
		{"RAND +0.1", dac.Retry{}, 1, []float64{2.2, 2.2 * 2.1, 2.2 * 2.1 * 2.1, 17.6, 17.6, 17.6}},
		{"MRT below IRT", dac.Retry{Max: time.Second}, 1, []float64{1.1, 1.1, 1.1}},
		{"milliseconds", dac.Retry{Initial: 50 * time.Millisecond, Max: 300 * time.Millisecond}, 0.5, []float64{0.05, 0.1, 0.2, 0.3, 0.3}},
		{"no overflow", dac.Retry{Initial: 1 << 62, Max: 1 << 62}, 0.5, []float64{60, 60, 60}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.retry.Timeouts(len(c.want), func() float64 { return c.random })
			assert.InDeltaSlice(t, c.want, got, 1e-6)
		})
	}
}

// The intervals of many requests, in virtual time: each uniform within a tenth of what RFC 5080
// says, none above MRT by more than the jitter.
func TestR5080_2_2_1_1_Jitter(t *testing.T) {
	const n = 2000
	bubble(t, func(t *testing.T) {
		at := make(map[netip.AddrPort]map[byte][]time.Duration)
		var mu sync.Mutex
		network := &dactest.Network{}
		began := time.Now()
		network.Drop = func(from, to netip.AddrPort, b []byte) bool {
			mu.Lock()
			defer mu.Unlock()
			if at[from] == nil {
				at[from] = make(map[byte][]time.Duration)
			}
			at[from][b[1]] = append(at[from][b[1]], time.Since(began))
			return true
		}
		client := &dac.Client{Peers: dac.SharedSecret(secret), Dial: network.Dial, Retry: dac.Retry{Duration: 200 * time.Second, Transmissions: 8}}
		defer client.Close()
		dac.SetRandom(client, rand.New(rand.NewPCG(1, 2)).Float64)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				_, err := client.Do(t.Context(), nasAddr, request(t, i))
				assert.ErrorIs(t, err, dac.ErrNoAnswer)
			})
		}
		wg.Wait()
		var first, second []float64
		requests := 0
		for _, ids := range at {
			for _, sends := range ids {
				require.Len(t, sends, 8)
				requests++
				prev := 0.0
				for i := range 7 {
					rt := (sends[i+1] - sends[i]).Seconds()
					switch {
					case i == 0:
						first = append(first, (rt-2)/2)
					case i < 3:
						second = append(second, (rt-2*prev)/prev)
					case i == 3: // twice the one before may be just below MRT
						low := min(1.9*prev, 14.4)
						assert.InDelta(t, (low+17.6)/2, rt, (17.6-low)/2+1e-6)
					default:
						assert.InDelta(t, 16, rt, 1.6+1e-6, "never above MRT by more than the jitter")
					}
					prev = rt
				}
			}
		}
		assert.Equal(t, n, requests)
		for name, rands := range map[string][]float64{"IRT": first, "doubling": second} {
			assertUniform(t, name, rands)
		}
	})
}

// assertUniform holds rands to the uniform distribution over [-0.1, 0.1] by the test of Kolmogorov
// and Smirnov, at a level of 0.001.
func assertUniform(t *testing.T, name string, rands []float64) {
	slices.Sort(rands)
	worst, n := 0.0, float64(len(rands))
	for i, r := range rands {
		want := (r + 0.1) / 0.2
		worst = max(worst, float64(i+1)/n-want, want-float64(i)/n)
	}
	assert.Less(t, worst*worst*n, 1.95*1.95, name)
	assert.InDelta(t, -0.1, rands[0], 0.001, name)
	assert.InDelta(t, 0.1, rands[len(rands)-1], 0.001, name)
}

func TestR5080_2_2_1_4_Bounds(t *testing.T) {
	for _, c := range []struct {
		name  string
		retry dac.Retry
		ctx   time.Duration
		sends []time.Duration
		end   time.Duration
	}{
		{"MRD", dac.Retry{Duration: 5 * time.Second}, 0, seconds(0, 2), 5 * time.Second},
		{"MRC, of which the last is waited for too", dac.Retry{Transmissions: 3}, 0, seconds(0, 2, 6), 14 * time.Second},
		{"once", dac.Retry{Transmissions: 1}, 0, seconds(0), 2 * time.Second},
		{"the context ends it earlier", dac.Retry{}, 7 * time.Second, seconds(0, 2, 6), 7 * time.Second},
		{"the context cannot end it later", dac.Retry{}, time.Hour, seconds(0, 2, 6, 14), 30 * time.Second},
		{"five within MRD", dac.Retry{Initial: time.Second}, 0, seconds(0, 1, 3, 7, 15), 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := silent(t)
				s.Client.Retry = c.retry
				ctx := t.Context()
				if c.ctx != 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.ctx)
					defer cancel()
				}
				_, err := s.Client.Disconnect(ctx, nasAddr, attrs.UserName.Of("bob"))
				none := noAnswer(t, err)
				assert.Equal(t, c.sends, s.times())
				assert.Equal(t, c.end, time.Since(s.began))
				assert.Equal(t, len(c.sends), none.Sent)
				assert.Equal(t, c.end, none.Waited)
				assert.Equal(t, c.ctx == c.end, none.Err == context.DeadlineExceeded)
			})
		})
	}
}

func TestR5176_2_3_5_ClientRetransmits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Drop(2), dactest.ACK())
		resp, err := s.disconnect()
		require.NoError(t, err)
		assert.Equal(t, 3, resp.Sent)
		assert.Equal(t, seconds(0, 2, 6), s.times())
	})
}

// A retransmission is the same octets, so identifier and authenticator, from the same port.
func TestR5176_2_3_7_IdentifierKept(t *testing.T) { sameOctets(t) }
func TestR5176_2_3_8_AuthenticatorIdentifierAndPortKept(t *testing.T) {
	sameOctets(t)
}
func TestR5176_6_3_5_EventTimestampKept(t *testing.T) { sameOctets(t) }
func TestR2865_2_5_1_SameOctetsSamePort(t *testing.T) { sameOctets(t) }

func sameOctets(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := silent(t)
		_, err := s.disconnect()
		require.Error(t, err)
		all := s.transmissions()
		require.Len(t, all, 4)
		for _, again := range all[1:] {
			assert.Equal(t, all[0].wire, again.wire)
			assert.Equal(t, all[0].from, again.from)
		}
		stamp, err := attrs.EventTimestamp.Get(s.Requests()[3].Attributes())
		require.NoError(t, err)
		assert.True(t, stamp.Equal(s.began.Truncate(time.Second)), "%v is the time of the first transmission", stamp)
	})
}

func TestR5176_2_3_6_NewIdentifierAfterTheAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t)
		for range 3 {
			_, err := s.disconnect()
			require.NoError(t, err)
		}
		ids := identifiers(s.transmissions())
		assert.Equal(t, []byte{ids[0], ids[0] + 1, ids[0] + 2}, ids)
	})
}

func TestR5176_2_3_9_ChangedAttributesNewIdentifierAndAuthenticator(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := silent(t)
		s.Client.Retry = dac.Retry{Transmissions: 1}
		_, err := s.disconnect(attrs.UserName.Of("bob"))
		require.Error(t, err)
		_, err = s.disconnect(attrs.UserName.Of("eve"))
		require.Error(t, err)
		all := s.transmissions()
		require.Len(t, all, 2)
		assert.NotEqual(t, all[0].wire[1], all[1].wire[1])
		assert.NotEqual(t, all[0].wire[4:20], all[1].wire[4:20])
	})
}

// Asking a secondary is a new request.
func TestR5176_2_3_10_SecondaryGetsANewRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := silent(t)
		secondary := netip.MustParseAddrPort("192.0.2.10:3799")
		second := dactest.ServeScript(t, s.net.Listen(secondary))
		r := request(t, 1)
		_, err := s.Client.Do(t.Context(), nasAddr, r)
		require.ErrorIs(t, err, dac.ErrNoAnswer)
		resp, err := s.Client.Do(t.Context(), secondary, r)
		require.NoError(t, err)
		assert.Equal(t, secondary, resp.Source)
		assert.NotEqual(t, s.transmissions()[0].wire[4:20], second.Received()[0].Wire[4:20])
	})
}

func TestR5176_2_3_12_RequestAuthenticator(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t)
		_, err := s.disconnect()
		require.NoError(t, err)
		_, err = dac.ParseRequest(s.transmissions()[0].wire, dactest.Secret)
		assert.NoError(t, err)
	})
}

// What the client adds to a request, and how a Peer keeps it from that. The request itself stays as
// it was.
func TestR5176_6_3_1_EventTimestampAndMessageAuthenticatorAdded(t *testing.T) {
	for _, c := range []struct {
		name string
		peer dac.Peer
		want []byte
	}{
		{"normal", dac.Peer{}, []byte{80, 1, 55}},
		{"no Message-Authenticator", dac.Peer{OmitMessageAuthenticator: true}, []byte{1, 55}},
		{"no Event-Timestamp", dac.Peer{OmitEventTimestamp: true}, []byte{80, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := script(t)
				c.peer.Secret = dactest.Secret
				r, err := dac.NewDisconnect(attrs.UserName.Of("bob"))
				require.NoError(t, err)
				_, err = s.Client.With(c.peer).Do(t.Context(), nasAddr, r)
				require.NoError(t, err)
				var got []byte
				for _, a := range s.Requests()[0].Attributes() {
					got = append(got, byte(a.Type))
				}
				assert.Equal(t, c.want, got)
				assert.Len(t, r.Attributes(), 1, "r is not changed")
			})
		})
	}
}

func TestEventTimestampOfTheCallerStays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t)
		own := time.Now().Add(-time.Minute).Truncate(time.Second)
		_, err := s.disconnect(attrs.UserName.Of("bob"), attrs.EventTimestamp.Of(own))
		require.NoError(t, err)
		got, err := attrs.EventTimestamp.Get(s.Requests()[0].Attributes())
		require.NoError(t, err)
		assert.True(t, got.Equal(own))
	})
}

func TestCancellationStopsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := silent(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := begin(func() error {
			_, err := s.Client.Disconnect(ctx, nasAddr, attrs.UserName.Of("bob"))
			return err
		})
		time.Sleep(3 * time.Second)
		synctest.Wait()
		cancel()
		none := noAnswer(t, <-done)
		assert.ErrorIs(t, none, context.Canceled)
		assert.Equal(t, 3*time.Second, time.Since(s.began))
		assert.Equal(t, 2, none.Sent)
		time.Sleep(time.Minute)
		assert.Len(t, s.transmissions(), 2, "nothing is sent any more")
		c := s.counters()
		assert.Zero(t, c.Pending)
		assert.EqualValues(t, 1, c.Timeouts, "cancelling is no timeout")
	})
}
