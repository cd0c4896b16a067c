// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

var bob = attrs.UserName.Of("bob")

func TestR5176_2_3_4_DuplicateRecognised(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		c, q := r.from(aaaAddr), disconnect(t, 1, bob)
		first := r.sends(c, q)
		require.True(t, r.verdict(first, q).ACK())
		for range 4 {
			require.Equal(t, first, r.sends(c, q))
		}
		require.EqualValues(t, 1, r.runs.Load())
		require.Equal(t, dac.RequestCounters{Requests: 1, Duplicates: 4, ACKs: 1, Sessions: 1}, r.disconnects())
	})
}

func TestR5080_2_2_2_1_DuplicateInProgressAbsorbed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan bool)
		runs := 0
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			runs++
			<-release
			return q.ACK()
		})})
		c, q := r.from(aaaAddr), coa(t, 1, bob)
		for range 3 {
			require.Nil(t, r.sends(c, q))
		}
		close(release)
		require.True(t, r.verdict(r.hears(c), q).ACK())
		require.Nil(t, r.hears(c), "one answer for all three")
		require.Equal(t, 1, runs)
		require.EqualValues(t, 2, r.coas().Duplicates)
	})
}

func TestR5080_2_2_2_1_CachedAnswerForTheWholeWindow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		c, q := r.from(aaaAddr), coa(t, 1, bob, stamped(0))
		first := r.sends(c, q)
		time.Sleep(299 * time.Second)
		require.Equal(t, first, r.sends(c, q))
		require.EqualValues(t, 1, r.runs.Load())
		time.Sleep(5 * time.Second)
		require.Nil(t, r.sends(c, q), "stale by now")
		require.EqualValues(t, 1, r.runs.Load())
	})
}

// An answer that took long is kept from when it was given, and a request is known for as long as it
// is in work.
func TestALateAnswerIsKeptFromWhenItWasGiven(t *testing.T) {
	for name, tt := range map[string]struct {
		q     func(t *testing.T) []byte
		took  time.Duration
		kept  time.Duration
		fresh bool // once it is kept no longer
	}{
		"stamped ahead": {func(t *testing.T) []byte { return coa(t, 1, bob, stamped(290*time.Second)) }, 290 * time.Second, 299 * time.Second, false},
		"CoA":           {func(t *testing.T) []byte { return coa(t, 1, bob) }, 290 * time.Second, 29 * time.Second, true},
		"Disconnect":    {func(t *testing.T) []byte { return disconnect(t, 1, bob) }, 40 * time.Second, 29 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var runs atomic.Int64
				r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(_ context.Context, q *dac.Request) (*dac.Response, error) {
					runs.Add(1)
					time.Sleep(tt.took)
					return q.ACK()
				})})
				c, q := r.from(aaaAddr), tt.q(t)
				for range 8 {
					require.Nil(t, r.sends(c, q), "absorbed")
					time.Sleep(tt.took / 9)
				}
				time.Sleep(tt.took / 9)
				synctest.Wait()
				first := r.hears(c)
				require.NotNil(t, first)
				time.Sleep(tt.kept)
				require.Equal(t, first, r.sends(c, q))
				require.EqualValues(t, 1, runs.Load())
				time.Sleep(5 * time.Second)
				r.sends(c, q)
				require.Equal(t, tt.fresh, runs.Load() == 2)
			})
		})
	}
}

// A request in work is known however long it takes, whatever expires around it.
func TestWhatIsInWorkIsKnownWhateverExpiresAroundIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release, runs := make(chan bool), atomic.Int64{}
		r := serve(t, &dac.Server{Window: 30 * time.Second, Handler: dac.HandlerFunc(func(_ context.Context, q *dac.Request) (*dac.Response, error) {
			if len(q.Attributes()) > 2 { // the slow one has two User-Names
				runs.Add(1)
				<-release
			}
			return q.ACK()
		})})
		c := r.from(aaaAddr)
		for n := range 400 {
			require.NotNil(t, r.sends(r.from(netip.AddrPortFrom(aaaAddr.Addr(), uint16(1000+n))), coa(t, byte(n), bob)))
		}
		slow := coa(t, 9, bob, bob)
		for range 6 {
			require.Nil(t, r.sends(c, slow))
			time.Sleep(12 * time.Second)
		}
		require.EqualValues(t, 1, runs.Load())
		close(release)
		synctest.Wait()
	})
}

// RFC 5080, section 2.2.2: a different request from the same address, port and identifier is a new
// one, and what stood there is given up. With Event-Timestamp the old one stays against replays; an
// unstamped CoA may be meant again.
func TestR5080_2_2_2_3_ADifferentRequestEndsAnUnstampedCoA(t *testing.T) {
	up, down := attrs.FilterID.Of("up"), attrs.FilterID.Of("down")
	for name, tt := range map[string]struct {
		a, b func(t *testing.T) []byte
		port uint16 // of b
		runs int64
	}{
		"CoA A B A":               {func(t *testing.T) []byte { return coa(t, 7, up) }, func(t *testing.T) []byte { return coa(t, 7, down) }, 1, 3},
		"a Disconnect between":    {func(t *testing.T) []byte { return coa(t, 7, up) }, func(t *testing.T) []byte { return disconnect(t, 7, bob) }, 1, 3},
		"a stamped one between":   {func(t *testing.T) []byte { return coa(t, 7, up) }, func(t *testing.T) []byte { return coa(t, 7, down, stamped(0)) }, 1, 3},
		"another port":            {func(t *testing.T) []byte { return coa(t, 7, up) }, func(t *testing.T) []byte { return coa(t, 7, down) }, 2, 2},
		"another identifier":      {func(t *testing.T) []byte { return coa(t, 7, up) }, func(t *testing.T) []byte { return coa(t, 8, down) }, 1, 2},
		"an unstamped Disconnect": {func(t *testing.T) []byte { return disconnect(t, 7, bob) }, func(t *testing.T) []byte { return coa(t, 7, down) }, 1, 2},
		"a stamped CoA":           {func(t *testing.T) []byte { return coa(t, 7, up, stamped(0)) }, func(t *testing.T) []byte { return coa(t, 7, down, stamped(0)) }, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := serve(t, &dac.Server{})
				at := func(port uint16) net.Conn { return r.from(netip.AddrPortFrom(aaaAddr.Addr(), port)) }
				one, other := at(1), at(2)
				a, b := tt.a(t), tt.b(t)
				require.NotNil(t, r.sends(one, a))
				time.Sleep(5 * time.Second)
				if tt.port == 1 {
					require.NotNil(t, r.sends(one, b))
				} else {
					require.NotNil(t, r.sends(other, b))
				}
				time.Sleep(5 * time.Second)
				require.NotNil(t, r.sends(one, a))
				require.EqualValues(t, tt.runs, r.runs.Load())
			})
		})
	}
}

func TestR5080_2_2_2_3_OtherAuthenticatorIsANewRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		c := r.from(aaaAddr)
		one, two := disconnect(t, 1, bob, stamped(0)), disconnect(t, 1, attrs.UserName.Of("eve"), stamped(0))
		was := r.sends(c, one)
		require.True(t, r.verdict(r.sends(c, two), two).ACK())
		require.EqualValues(t, 2, r.runs.Load())
		require.Equal(t, was, r.sends(c, one), "the old entry stays against replays")
		require.EqualValues(t, 2, r.runs.Load())
	})
}

func TestR5080_2_2_2_4_UnverifiedPacketTouchesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		c, q := r.from(aaaAddr), disconnect(t, 1, bob)
		forged := append([]byte(nil), q...)
		forged[len(forged)-1] ^= 1
		require.Nil(t, r.sends(c, forged))
		require.True(t, r.verdict(r.sends(c, q), q).ACK())
		require.EqualValues(t, 1, r.disconnects().BadAuthenticator)
	})
}

func TestR5176_6_3_6_ReplayFromAnotherPortIsNotExecuted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		q := disconnect(t, 1, bob, stamped(0))
		first := r.sends(r.from(aaaAddr), q)
		for port := uint16(50000); port < 50003; port++ {
			require.Equal(t, first, r.sends(r.from(netip.AddrPortFrom(aaaAddr.Addr(), port)), q))
		}
		require.Equal(t, first, r.sends(r.from(netip.MustParseAddrPort("192.0.2.77:1")), q), "another address of the same client")
		require.EqualValues(t, 1, r.runs.Load())
	})
}

func TestR5176_6_3_6_RememberedUntilItsStampIsStale(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		c, q := r.from(aaaAddr), disconnect(t, 1, bob, stamped(299*time.Second))
		require.NotNil(t, r.sends(c, q))
		for _, after := range []time.Duration{301, 100, 150, 45} {
			time.Sleep(after * time.Second)
			require.Nil(t, r.sends(r.from(netip.AddrPortFrom(aaaAddr.Addr(), uint16(after)+1)), q), "the answer is gone, and so it stays")
		}
		time.Sleep(10 * time.Second)
		require.Nil(t, r.sends(c, q), "stale now")
		require.EqualValues(t, 1, r.runs.Load())
		require.EqualValues(t, 4, r.disconnects().Replays)
		require.EqualValues(t, 1, r.disconnects().Stale)
	})
}

func TestUnstampedDisconnectIsKnownByItsAuthenticatorForHalfAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		q := disconnect(t, 1, bob)
		first := r.sends(r.from(aaaAddr), q)
		time.Sleep(29 * time.Second)
		require.Equal(t, first, r.sends(r.from(netip.MustParseAddrPort("192.0.2.1:41000")), q), "a retry from a new port")
		time.Sleep(2 * time.Second)
		require.NotNil(t, r.sends(r.from(netip.MustParseAddrPort("192.0.2.1:42000")), q))
		require.EqualValues(t, 2, r.runs.Load())
	})
}

func TestUnstampedCoAFromTwoPortsIsMeantTwice(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		q := coa(t, 1, bob)
		r.sends(r.from(aaaAddr), q)
		r.sends(r.from(netip.MustParseAddrPort("192.0.2.1:41000")), q)
		require.EqualValues(t, 2, r.runs.Load())
	})
}

func TestAnswerGoesToFourWhoAskedWhileItWasMade(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan bool)
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			<-release
			return q.ACK()
		})})
		q := disconnect(t, 1, bob, stamped(0))
		var asked []net.Conn
		for port := uint16(1); port <= 6; port++ {
			c := r.from(netip.AddrPortFrom(aaaAddr.Addr(), port))
			require.Nil(t, r.sends(c, q))
			require.Nil(t, r.sends(c, q), "asking twice takes one place")
			asked = append(asked, c)
		}
		close(release)
		synctest.Wait()
		var heard int
		for _, c := range asked {
			if b := r.hears(c); b != nil {
				require.True(t, r.verdict(b, q).ACK())
				heard++
			}
		}
		require.Equal(t, 4, heard)
	})
}

func TestR5176_2_3_4_OneMemoryForAllSockets(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		other := netip.MustParseAddrPort("192.0.2.10:3799")
		ctx, cancel := context.WithCancel(context.Background())
		done, pc := make(chan error), r.net.Listen(other)
		go func() { done <- r.srv.Serve(ctx, pc) }()
		q := disconnect(t, 1, bob, stamped(0))
		first := r.sends(r.from(aaaAddr), q)
		c, err := r.net.DialFrom(ctx, netip.MustParseAddrPort("192.0.2.1:5"), other)
		require.NoError(t, err)
		require.Equal(t, first, r.sends(c, q))
		require.EqualValues(t, 1, r.runs.Load())
		cancel()
		require.NoError(t, <-done)
		require.Equal(t, first, r.sends(r.from(netip.AddrPortFrom(aaaAddr.Addr(), 9)), q))
	})
}

func TestNegativeWindowRemembersForAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Window: -1})
		c, q := r.from(aaaAddr), disconnect(t, 1, bob, stamped(-time.Hour))
		first := r.sends(c, q)
		require.NotNil(t, first, "timestamps are not checked")
		time.Sleep(59 * time.Second)
		require.Equal(t, first, r.sends(c, q))
		time.Sleep(3 * time.Second)
		r.sends(c, q)
		require.EqualValues(t, 2, r.runs.Load())
	})
}

func TestDiscardedIsForgottenAndSilentIsNot(t *testing.T) {
	for _, tt := range []struct {
		err  error
		runs int
	}{{dac.ErrDiscard, 2}, {dac.ErrSilent, 1}} {
		t.Run(tt.err.Error(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var runs atomic.Int64
				r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) {
					runs.Add(1)
					return nil, tt.err
				})})
				c, q := r.from(aaaAddr), disconnect(t, 1, bob)
				require.Nil(t, r.sends(c, q))
				require.Nil(t, r.sends(c, q))
				require.EqualValues(t, tt.runs, runs.Load())
				require.EqualValues(t, tt.runs, r.disconnects().Dropped)
				require.EqualValues(t, 2-tt.runs, r.disconnects().Duplicates)
			})
		})
	}
}

func TestRestartGuardDiscardsWhatWasStampedBefore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{RestartGuard: true})
		c := r.from(aaaAddr)
		require.Nil(t, r.sends(c, disconnect(t, 1, bob, stamped(-31*time.Second))))
		require.NotNil(t, r.sends(c, disconnect(t, 2, bob, stamped(-29*time.Second))))
		require.EqualValues(t, 1, r.disconnects().Stale)
		// Of two timestamps the earlier one counts, wherever it stands.
		require.Nil(t, r.sends(c, disconnect(t, 3, bob, stamped(0), stamped(-31*time.Second))))
		require.Nil(t, r.sends(c, disconnect(t, 4, bob, stamped(-31*time.Second), stamped(0))))
		require.EqualValues(t, 3, r.disconnects().Stale)
	})
}
