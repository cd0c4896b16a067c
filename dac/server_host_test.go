// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// ends requires that Serve returns soon once its context is done: nothing that is in work has been
// lost.
func (r *rig) ends() {
	r.t.Helper()
	r.stop()
	select {
	case err := <-r.done:
		require.NoError(r.t, err)
		r.done <- nil
	case <-time.After(20 * time.Second):
		r.t.Fatal("Serve did not return")
	}
}

// slowly sleeps where the request is of a slow sender, so that the read loop goes on without it.
func slowly(q *dac.Request) {
	if name, _ := attrs.UserName.Get(q.Packet.Attributes); strings.HasPrefix(name, "slow") {
		time.Sleep(10 * time.Millisecond)
	}
}

func TestTraceThatPanicsOrEndsItsGoroutineCostsNothing(t *testing.T) {
	for name, fault := range map[string]func(){"panic": func() { panic("trace") }, "Goexit": runtime.Goexit} {
		for op := dac.Received; op <= dac.Resent; op++ {
			t.Run(fmt.Sprint(name, " when ", op), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					var runs atomic.Int64
					r := serve(t, &dac.Server{
						Trace: func(e dac.Event) {
							if e.Op == op {
								fault()
							}
						},
						Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
							runs.Add(1)
							slowly(q)
							return q.ACK()
						}),
					})
					c := r.from(aaaAddr)
					for i := range 6 {
						name := "quick"
						if i%2 == 0 {
							name = "slow"
						}
						q := disconnect(t, byte(i), attrs.UserName.Of(fmt.Sprint(name, i)))
						bad := disconnect(t, byte(i), attrs.UserName.Of("bad"))
						bad[4] ^= 1
						require.Nil(t, r.sends(c, bad))
						_, err := c.Write(q)
						require.NoError(t, err)
						time.Sleep(20 * time.Millisecond)
						require.True(t, r.verdict(r.hears(c), q).ACK())
						require.True(t, r.verdict(r.sends(c, q), q).ACK(), "a duplicate")
						require.Nil(t, r.hears(c), "one answer each")
					}
					require.EqualValues(t, 6, runs.Load())
					r.ends()
				})
			})
		}
	}
}

func TestPeersThatEndTheirGoroutineCostOneDatagram(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeersFunc(func(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
			if addr.Addr() != aaaAddr.Addr() {
				runtime.Goexit()
			}
			return dac.Peer{Secret: secret}, nil
		})})
		require.Nil(t, r.sends(r.from(netip.MustParseAddrPort("192.0.2.2:1")), disconnect(t, 1, bob)))
		q := disconnect(t, 2, bob)
		require.True(t, r.verdict(r.sends(r.from(aaaAddr), q), q).ACK())
		r.ends()
	})
}

func TestPeersThatWaitForTheirContextEndWithServe(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeersFunc(func(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
			<-ctx.Done()
			return dac.Peer{}, ctx.Err()
		})})
		require.Nil(t, r.sends(r.from(aaaAddr), disconnect(t, 1, bob)))
		r.ends()
	})
}

// A faulty sequencer does not survive being told.
type faulty struct {
	fault func()
	runs  atomic.Int64
}

func (f *faulty) Arrive(*dac.Request) { f.fault() }
func (f *faulty) Handle(ctx context.Context, q *dac.Request) (*dac.Response, error) {
	f.runs.Add(1)
	return q.ACK()
}

func TestArriveThatPanicsOrEndsItsGoroutineIsFollowedByHandle(t *testing.T) {
	for name, fault := range map[string]func(){"panic": func() { panic("arrive") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := &faulty{fault: fault}
				r := serve(t, &dac.Server{Handler: h, MaxHandlers: 1})
				c := r.from(aaaAddr)
				for i := range 4 {
					q := disconnect(t, byte(i), attrs.UserName.Of(fmt.Sprint(i)))
					require.True(t, r.verdict(r.sends(c, q), q).ACK())
				}
				require.EqualValues(t, 4, h.runs.Load())
				r.ends()
			})
		})
	}
}

func TestAfterThatPanicsOrEndsItsGoroutineKeepsNoPlace(t *testing.T) {
	for name, fault := range map[string]func(context.Context){
		"panic": func(context.Context) { panic("after") }, "Goexit": func(context.Context) { runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := serve(t, &dac.Server{MaxHandlers: 1, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
					slowly(q)
					resp, err := q.ACK()
					resp.After = fault
					return resp, err
				})})
				c := r.from(aaaAddr)
				for i, who := range []string{"slow", "a", "b", "slower", "c"} {
					q := disconnect(t, byte(i), attrs.UserName.Of(who))
					_, err := c.Write(q)
					require.NoError(t, err)
					time.Sleep(20 * time.Millisecond)
					require.True(t, r.verdict(r.hears(c), q).ACK())
				}
				r.ends()
			})
		})
	}
}

// A nilError panics when it is nil, as many errors do, and is returned so by mistake.
type nilError struct{ err error }

func (e *nilError) Error() string { return e.err.Error() }
func (e *nilError) Unwrap() error { return e.err }

func TestErrorsAndAnswersThatPanicAreFaultsOfTheHandler(t *testing.T) {
	var fault *nilError
	for name, handle := range map[string]func(q *dac.Request) (*dac.Response, error){
		"error that is a nil pointer":       func(*dac.Request) (*dac.Response, error) { return nil, fault },
		"wrapped nil pointer":               func(*dac.Request) (*dac.Response, error) { return nil, fmt.Errorf("%w", fault) },
		"nil attribute in a Protocol-Error": func(*dac.Request) (*dac.Response, error) { return withNil(52), nil },
		"nil attribute in a NAK":            func(q *dac.Request) (*dac.Response, error) { return withNil(q.Packet.Code + 2), nil },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
					slowly(q)
					return handle(q)
				})})
				c := r.from(aaaAddr)
				for i, who := range []string{"slow", "quick"} {
					q := coa(t, byte(i), attrs.UserName.Of(who))
					_, err := c.Write(q)
					require.NoError(t, err)
					time.Sleep(20 * time.Millisecond)
					resp := r.verdict(r.hears(c), q)
					require.EqualValues(t, 45, resp.Packet.Code)
					require.Zero(t, resp.Cause())
				}
				r.ends()
			})
		})
	}
}

func withNil(code radius.Code) *dac.Response {
	return &dac.Response{Packet: &radius.Packet{Code: code, Attributes: radius.Attributes{nil, {Type: 18, Attribute: []byte("x")}}}}
}

func TestYieldWithoutResumeKeepsTheBounds(t *testing.T) {
	for name, misuse := range map[string]func(ctx context.Context){
		"panic": func(ctx context.Context) {
			dac.Yield(ctx)
			panic("while it waits")
		},
		"Goexit":    func(ctx context.Context) { dac.Yield(ctx); runtime.Goexit() },
		"forgotten": func(ctx context.Context) { dac.Yield(ctx) },
		"twice": func(ctx context.Context) {
			defer dac.Yield(ctx)()
			defer dac.Yield(ctx)()
		},
		"by one who is over": func(ctx context.Context) {
			go func() {
				time.Sleep(3 * time.Millisecond)
				dac.Yield(ctx)()
			}()
		},
		"resumed by one who is over": func(ctx context.Context) {
			resume := dac.Yield(ctx)
			go func() {
				time.Sleep(3 * time.Millisecond)
				resume()
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var running, most atomic.Int64
				r := serve(t, &dac.Server{MaxHandlers: 2, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
					if q.Disconnect() {
						misuse(ctx)
						return q.ACK()
					}
					n := running.Add(1)
					defer running.Add(-1)
					most.Store(max(n, most.Load()))
					time.Sleep(10 * time.Millisecond)
					return q.ACK()
				})})
				c := r.from(aaaAddr)
				for i := range 20 {
					q := disconnect(t, byte(i), attrs.UserName.Of(fmt.Sprint(i)))
					require.NotNil(t, r.sends(c, q))
				}
				time.Sleep(time.Second)
				for i := range 4 {
					_, err := c.Write(coa(t, byte(i), attrs.UserName.Of(fmt.Sprint(i))))
					require.NoError(t, err)
				}
				time.Sleep(time.Second)
				for range 4 {
					require.NotNil(t, r.hears(c))
				}
				require.EqualValues(t, 2, most.Load(), "MaxHandlers at a time, and no fewer")
				r.ends()
			})
		})
	}
}

func TestHandlersThatHaveYieldedAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var waiting atomic.Int64
		turn := make(chan bool)
		r := serve(t, &dac.Server{MaxHandlers: 8, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			if q.Disconnect() {
				return q.ACK()
			}
			waiting.Add(1)
			resume := dac.Yield(ctx)
			<-turn
			resume()
			return q.ACK()
		})})
		c := r.from(aaaAddr)
		for i := range 200 {
			require.Nil(t, r.sends(c, coa(t, byte(i), attrs.UserName.Of(fmt.Sprint(i)))))
		}
		require.EqualValues(t, 28, waiting.Load(), "seven eighths of four times MaxHandlers")
		require.EqualValues(t, 172, r.coas().Overload)
		q := disconnect(t, 201, bob)
		require.True(t, r.verdict(r.sends(r.from(netip.MustParseAddrPort("192.0.2.2:1")), q), q).ACK(), "another peer has a share")
		close(turn)
		r.ends()
		require.EqualValues(t, 28, r.coas().ACKs)
	})
}

func TestNoBoundOnHandlersIsNone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{MaxHandlers: math.MaxInt, Memory: math.MaxInt})
		q := disconnect(t, 1, bob)
		require.True(t, r.verdict(r.sends(r.from(aaaAddr), q), q).ACK())
	})
}

func TestServeWithAContextThatIsDoneReadsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		there := netip.MustParseAddrPort("192.0.2.8:3799")
		pc := r.net.Listen(there)
		c, err := r.net.DialFrom(t.Context(), aaaAddr, there)
		require.NoError(t, err)
		_, err = c.Write(disconnect(t, 1, bob))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, r.srv.Serve(ctx, pc))
		require.NoError(t, r.srv.ListenAndServe(ctx))
		require.Zero(t, r.runs.Load())
		require.EqualValues(t, 0, r.net.StatsTo(there).Received)
	})
}

func TestServeAgainOnTheSameServer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{})
		first := disconnect(t, 1, bob, stamped(0))
		was := r.sends(r.from(aaaAddr), first)
		require.NotNil(t, was)
		r.ends()
		there := netip.MustParseAddrPort("192.0.2.8:3799")
		pc := r.net.Listen(there)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { require.NoError(t, r.srv.Serve(ctx, pc)) })
		c, err := r.net.DialFrom(ctx, netip.MustParseAddrPort("192.0.2.2:7"), there)
		require.NoError(t, err)
		require.Equal(t, was, r.sends(c, first), "it remembers what was done")
		q := disconnect(t, 2, bob)
		require.True(t, r.verdict(r.sends(c, q), q).ACK())
		require.EqualValues(t, 2, r.runs.Load())
		cancel()
		wg.Wait()
	})
}

func TestStragglersAreNamedCalmly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		r := serve(t, &dac.Server{Drain: -1, Logger: log.logger(), Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			time.Sleep(10 * time.Second)
			return q.ACK()
		})})
		require.Nil(t, r.sends(r.from(aaaAddr), coa(t, 1, bob)))
		r.ends()
		require.InDelta(t, 9, strings.Count(log.String(), "waiting for handlers"), 1)
	})
}

func TestWatchHandsOverAfterItSlept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan bool)
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			if !q.Disconnect() {
				<-release
			}
			return q.ACK()
		})})
		c := r.from(aaaAddr)
		for i := range 5 {
			time.Sleep(time.Second)
			require.Nil(t, r.sends(c, coa(t, byte(i), attrs.UserName.Of(fmt.Sprint(i)))))
			synctest.Wait()
			require.NotNil(t, r.sends(c, disconnect(t, byte(i), attrs.UserName.Of(fmt.Sprint(i)))))
		}
		close(release)
		r.ends()
	})
}

// The Server uses what it keeps of a request again, and nothing that a handler has seen.
func TestWhatAHandlerKeepsStaysAsItWas(t *testing.T) {
	bubble(t, func(t *testing.T) {
		type kept struct {
			ctx      context.Context
			q        *dac.Request
			name     string
			deadline time.Time
			done     <-chan struct{}
		}
		var all []kept
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			name, err := attrs.UserName.Get(q.Attributes())
			k := kept{ctx: ctx, q: q, name: name}
			k.deadline, _ = ctx.Deadline()
			if len(all)%2 == 0 {
				k.done = ctx.Done()
			}
			if len(all)%3 == 0 {
				dac.Yield(ctx)()
			}
			all = append(all, k)
			require.NoError(t, errors.Join(err, ctx.Err()))
			return q.ACK()
		})})
		c := r.from(aaaAddr)
		for i := range 60 {
			q := disconnect(t, byte(i), attrs.UserName.Of(fmt.Sprint("user", i)))
			require.True(t, r.verdict(r.sends(c, q), q).ACK())
			for n, k := range all {
				name, err := attrs.UserName.Get(k.q.Attributes())
				require.NoError(t, err)
				require.Equal(t, fmt.Sprint("user", n), name)
				require.Equal(t, k.name, name)
				require.EqualValues(t, n+1, k.q.Seq)
				require.ErrorIs(t, k.ctx.Err(), context.Canceled)
				<-k.ctx.Done()
				if k.done != nil {
					<-k.done
				}
				deadline, _ := k.ctx.Deadline()
				require.Equal(t, k.deadline, deadline)
				dac.Yield(k.ctx)() // gives the place of no other handler back
			}
			time.Sleep(time.Millisecond)
		}
		r.ends()
	})
}

// A handler returns without waiting for the goroutine that takes its place again.
func TestAnotherGoroutineResumesWhileTheHandlerIsAnswered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var late sync.WaitGroup
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			resume, begin := dac.Yield(ctx), make(chan bool)
			late.Go(func() {
				<-begin
				resume()
			})
			close(begin)
			return q.ACK()
		})})
		c := r.from(aaaAddr)
		for i := range 20 {
			q := disconnect(t, byte(i), attrs.UserName.Of(fmt.Sprint("user", i)))
			require.True(t, r.verdict(r.sends(c, q), q).ACK())
		}
		late.Wait()
		r.ends()
	})
}
