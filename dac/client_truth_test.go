// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A hostConn is a Conn whose Read and Write do what a test says. A nil one does what the Conn does.
type hostConn struct {
	net.Conn
	read  func([]byte) (int, error)
	write func([]byte) (int, error)
}

func (c *hostConn) Read(b []byte) (int, error) {
	if c.read != nil {
		return c.read(b)
	}
	return c.Conn.Read(b)
}

func (c *hostConn) Write(b []byte) (int, error) {
	if c.write != nil {
		return c.write(b)
	}
	return c.Conn.Write(b)
}

// Only the Client's own Close ends a run: a Conn that its owner closed, and a Dial that says
// net.ErrClosed, are the trouble of one NAS.
func TestOnlyTheClientsOwnCloseEndsEach(t *testing.T) {
	for name, dial := range map[string]func(p *park) func(context.Context, netip.AddrPort) (net.Conn, error){
		"Dial": func(p *park) func(context.Context, netip.AddrPort) (net.Conn, error) {
			return func(context.Context, netip.AddrPort) (net.Conn, error) {
				return nil, fmt.Errorf("tunnel: %w", net.ErrClosed)
			}
		},
		"Conn": func(p *park) func(context.Context, netip.AddrPort) (net.Conn, error) {
			return func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
				conn, err := p.net.Dial(ctx, nas)
				time.AfterFunc(10*time.Millisecond, func() { conn.Close() })
				return conn, err
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPark(t, 2, 50*time.Millisecond)
				bad, hostile := p.addrs[0], dial(p)
				p.client.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
					if nas == bad {
						return hostile(ctx, nas)
					}
					return p.net.Dial(ctx, nas)
				}
				n := 0
				for out := range p.client.Each(t.Context(), jobsTo(t, 3000, p.addrs...)) {
					n++
					if out.Job.NAS != bad {
						require.NoError(t, out.Err)
					} else {
						require.Error(t, out.Err)
						require.True(t, dac.Retryable(out.Err), "%v", out.Err)
					}
				}
				require.Equal(t, 3000, n)
			})
		})
	}
}

// silences are Clients for which a NAS that falls silent leaves requests waiting for their turn.
var silences = map[string]func(c *dac.Client){
	"no limit":  func(*dac.Client) {},
	"in flight": func(c *dac.Client) { c.PerNAS.InFlight, c.Budget = 1, 2 },
	"rate":      func(c *dac.Client) { c.PerNAS.Rate, c.Budget = 20, 2 },
	"slow Dial": func(c *dac.Client) {
		dial := c.Dial
		c.Budget = 2
		c.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
			time.Sleep(3 * c.Retry.Initial)
			return dial(ctx, nas)
		}
	},
	"identifiers that rest": func(c *dac.Client) { c.Budget = 300 },
	"few in all":            func(c *dac.Client) { c.InFlight, c.Budget = 1, 1 },
	"no budget":             func(c *dac.Client) { c.Budget = -1 },
}

// Virtual time goes on while a NAS is silent, whatever its requests wait for.
func TestVirtualTimeGoesOnWhileANASIsSilent(t *testing.T) {
	for name, tune := range silences {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPark(t, 2, time.Millisecond)
				p.client.Retry.Initial = 2 * time.Second
				tune(p.client)
				nas, answered := p.dead[p.addrs[0]], 0
				n := 0
				for out := range p.client.Each(t.Context(), jobsTo(t, 120, p.addrs...)) {
					n++
					if out.Err == nil && out.Job.NAS == p.addrs[0] {
						if answered++; answered == 10 {
							nas.Store(true)
						}
					}
				}
				require.Equal(t, 120, n)
			})
		})
	}
}

// A run that ends while many NASes have jobs waiting to be tried again yields each job that was
// drawn, once.
func TestEachLosesNoJobOfThousandsOfNASes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const nases = 9000
		network := &dactest.Network{Latency: time.Millisecond}
		addr := func(i int) netip.AddrPort {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 3799)
		}
		for i := range nases {
			dactest.ServeScript(t, network.Listen(addr(i)), dactest.NAK(errcause.ResourcesUnavailable))
		}
		client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: network.Dial, RetryCauses: 1}
		defer client.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		r, drawn := request(t, 1), 0
		seen := make(map[int]bool)
		for out := range client.Each(ctx, func(yield func(dac.Job) bool) {
			for ; drawn < 40_000; drawn++ {
				if !yield(dac.Job{NAS: addr(drawn % nases), Request: r, Tag: drawn}) {
					drawn++
					return
				}
			}
		}) {
			require.False(t, seen[out.Job.Tag.(int)], "twice")
			seen[out.Job.Tag.(int)] = true
			require.Error(t, out.Err)
		}
		require.Len(t, seen, drawn)
	})
}

// The Response of an Outcome answered the request that its Err is about.
func TestOutcomeHasNoResponseOfAnEarlierTry(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.NAK(errcause.ResourcesUnavailable), dactest.Drop(1))
		s.Client.RetryCauses = 1
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		for out := range s.Client.Each(ctx, jobs(t, 1)) {
			assert.Equal(t, 2, noAnswer(t, out.Err).Sent)
			assert.Nil(t, out.Response)
		}
	})
}

// hangs are hosts of which one function hangs for the NAS bad until its context ends, or for ever:
// stop ends the test.
func hangs(p *park, bad netip.AddrPort, stop <-chan struct{}) map[string]func() {
	return map[string]func(){
		"Peers": func() {
			p.client.Peers = dac.PeersFunc(func(_ context.Context, nas netip.AddrPort) (dac.Peer, error) {
				if nas == bad {
					<-stop
				}
				return dac.Peer{Secret: dactest.Secret}, nil
			})
		},
		"Dial": func() {
			p.client.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
				if nas == bad {
					<-stop
					return nil, errors.New("late")
				}
				return p.net.Dial(ctx, nas)
			}
		},
		"Write": func() {
			p.client.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
				conn, err := p.net.Dial(ctx, nas)
				if nas == bad {
					return &hostConn{Conn: conn, write: func(b []byte) (int, error) {
						<-stop
						return len(b), nil
					}}, err
				}
				return conn, err
			}
		},
	}
}

// A function of the host that hangs for one NAS holds up the others for 9/8 of the first timeout at
// most, and once, however many jobs there are for it, and though they come first.
func TestWhatHangsForOneNASHoldsUpTheOthersOnce(t *testing.T) {
	for _, what := range []string{"Peers", "Dial", "Write"} {
		inTurn := func(p *park) []netip.AddrPort { return p.addrs }
		first := func(p *park) (order []netip.AddrPort) {
			for range 5000 {
				order = append(order, p.addrs[0])
			}
			for range 100 {
				order = append(order, p.addrs[1])
			}
			return order
		}
		for name, c := range map[string]struct {
			jobs  int
			order func(p *park) []netip.AddrPort
		}{"in turn": {60_000, inTurn}, "before the others": {5100, first}} {
			t.Run(what+" "+name, func(t *testing.T) {
				if testing.Short() && c.jobs > 10_000 {
					t.Skip("60,000 requests")
				}
				bubble(t, func(t *testing.T) {
					p := newPark(t, 5, 5*time.Millisecond)
					stop := make(chan struct{})
					defer close(stop)
					hangs(p, p.addrs[0], stop)[what]()
					began, n := time.Now(), 0
					var others time.Duration
					for out := range p.client.Each(t.Context(), jobsTo(t, c.jobs, c.order(p)...)) {
						n++
						if out.Job.NAS == p.addrs[0] {
							require.Error(t, out.Err)
						} else {
							require.NoError(t, out.Err)
							others = time.Since(began)
						}
					}
					require.Equal(t, c.jobs, n)
					require.Less(t, others, 3500*time.Millisecond)
					require.Less(t, time.Since(began), 2*time.Minute)
				})
			})
		}
	}
}

// Each returns a second after its end at the latest, though a function of the host goes on.
func TestEachReturnsASecondAfterItsEnd(t *testing.T) {
	for _, what := range []string{"Peers", "Dial", "Write"} {
		for _, end := range []string{"context", "break", "Close"} {
			t.Run(what+" "+end, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					p := newPark(t, 2, 5*time.Millisecond)
					stop := make(chan struct{})
					defer close(stop)
					hangs(p, p.addrs[0], stop)[what]()
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					began, n, yielded := time.Now(), 0, 0
					drawn := func(yield func(dac.Job) bool) {
						for j := range jobsTo(t, 1000, p.addrs...) {
							n++
							if !yield(j) {
								return
							}
						}
					}
					switch end {
					case "context":
						time.AfterFunc(500*time.Millisecond, cancel)
					case "Close":
						time.AfterFunc(500*time.Millisecond, func() { p.client.Close() })
					}
					for out := range p.client.Each(ctx, drawn) {
						if yielded++; out.Job.NAS == p.addrs[0] {
							require.Error(t, out.Err)
						}
						if end == "break" && yielded == 400 {
							began = time.Now().Add(-500 * time.Millisecond)
							break
						}
					}
					if end != "break" {
						require.Equal(t, n, yielded)
					}
					require.LessOrEqual(t, time.Since(began), 1500*time.Millisecond)
				})
			})
		}
	}
}

// jobs that panics, or ends its goroutine, ends the run once what it yielded has come out; the
// panic is the caller's.
func TestEachOutlivesJobs(t *testing.T) {
	for name, end := range map[string]func(){"Goexit": runtime.Goexit, "panic": func() { panic("broken jobs") }} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPark(t, 2, time.Millisecond)
				n := 0
				run := func() {
					for out := range p.client.Each(t.Context(), func(yield func(dac.Job) bool) {
						for j := range jobsTo(t, 1000, p.addrs...) {
							if j.Tag == 500 {
								end()
							}
							if !yield(j) {
								return
							}
						}
					}) {
						n++
						require.NoError(t, out.Err)
					}
				}
				if name == "panic" {
					require.PanicsWithValue(t, "broken jobs", run)
				} else {
					run()
				}
				require.Equal(t, 500, n)
			})
		})
	}
}

// A loop body that panics leaves nothing behind.
func TestEachOutlivesItsLoop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 2, time.Millisecond)
		require.PanicsWithValue(t, "broken loop", func() {
			for range p.client.Each(t.Context(), jobsTo(t, 1000, p.addrs...)) {
				panic("broken loop")
			}
		})
		require.Zero(t, p.client.Stats().Total.Disconnect.Pending)
	})
}

// No NAS is silent before its first retransmission would be due: none of its jobs fails unsent.
func TestASlowNASHasAllItsJobsSent(t *testing.T) {
	for _, latency := range []time.Duration{300 * time.Millisecond, 850 * time.Millisecond, 1100 * time.Millisecond} {
		t.Run((2 * latency).String(), func(t *testing.T) {
			if testing.Short() {
				t.Skip("35,000 requests")
			}
			bubble(t, func(t *testing.T) {
				p := newPark(t, 5, 0)
				slow := p.addrs[3]
				p.client.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
					conn, err := p.net.Dial(ctx, nas)
					if nas != slow {
						return conn, err
					}
					return &hostConn{Conn: conn, write: func(b []byte) (int, error) {
						b = append([]byte(nil), b...)
						time.AfterFunc(2*latency, func() { conn.Write(b) })
						return len(b), nil
					}}, err
				}
				n := 0
				for out := range p.client.Each(t.Context(), jobsTo(t, 35_000, p.addrs...)) {
					n++
					require.NoError(t, out.Err)
				}
				require.Equal(t, 35_000, n)
			})
		})
	}
}

// Counters never go down, whatever becomes of a Write.
func TestClientCountersNeverGoDown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 1, time.Millisecond)
		var failing atomic.Bool
		p.client.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
			conn, err := p.net.Dial(ctx, nas)
			return &hostConn{Conn: conn, write: func(b []byte) (int, error) {
				time.Sleep(time.Millisecond) // long enough to be looked at
				if failing.Load() {
					return 0, errors.New("no route")
				}
				return conn.Write(b)
			}}, err
		}
		over := make(chan struct{})
		var looking sync.WaitGroup
		looking.Go(func() {
			var before uint64
			for at := time.NewTicker(100 * time.Microsecond); ; {
				select {
				case <-at.C:
				case <-over:
					return
				}
				n := p.client.Stats().Total.Disconnect
				assert.GreaterOrEqual(t, n.Requests, before)
				assert.LessOrEqual(t, n.ACKs+uint64(n.Pending), n.Requests)
				before = n.Requests
			}
		})
		sent := uint64(0)
		for i := range 40 {
			failing.Store(i%3 == 0)
			if _, err := p.client.Do(t.Context(), p.addrs[0], request(t, i)); err == nil {
				sent++
			}
		}
		close(over)
		looking.Wait()
		n := p.client.Stats().Total.Disconnect
		assert.Equal(t, sent, n.Requests, "what failed to leave is no request")
		assert.Zero(t, n.Pending)
	})
}

// A context that is done is looked at before anything is sent.
func TestNothingIsSentOnceTheContextIsDone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.ACK())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		j := dac.DisconnectJob(nasAddr, attrs.UserName.Of("bob"))
		for range 50 {
			_, err := s.Client.Do(ctx, nasAddr, request(t, 1))
			require.Zero(t, noAnswer(t, err).Sent)
			require.ErrorIs(t, err, context.Canceled)
			_, err = s.Client.Disconnect(ctx, nasAddr, attrs.UserName.Of("bob"))
			require.ErrorIs(t, err, context.Canceled)
			_, err = dac.After(0, s.Client.Attempt(j))(ctx)
			require.ErrorIs(t, err, context.Canceled)
			_, err = dac.After(0, func(context.Context) (*dac.Response, error) { t.Fatal("tried"); return nil, nil })(ctx)
			require.ErrorIs(t, err, context.Canceled)
		}
		require.Empty(t, s.times())
	})
}

// Nor is it where the turn of a request comes in the moment in which its context ends.
func TestNothingIsSentWhoseTurnComesTooLate(t *testing.T) {
	for range 20 {
		bubble(t, func(t *testing.T) {
			s := script(t, dactest.Delay(time.Second, dactest.ACK()))
			s.Client.PerNAS.InFlight = 1
			first := begin(func() error { _, err := s.disconnect(); return err })
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := s.Client.Do(ctx, nasAddr, request(t, 2))
			require.NoError(t, <-first)
			if none := noAnswer(t, err); none.Sent == 0 {
				require.Len(t, s.times(), 1)
			}
			_, err = s.disconnect()
			require.NoError(t, err, "the turn that was not taken is another's")
		})
	}
}

// What its Peer denies a Client does not send.
func TestClientSendsNothingThatItsPeerDenies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.ACK())
		for _, peer := range []dac.Peer{{Secret: dactest.Secret, DenyCoA: true}, {Secret: dactest.Secret, DenyDisconnect: true}} {
			c := s.Client.With(peer)
			check := func(denied bool, err error) {
				t.Helper()
				if !denied {
					require.NoError(t, err)
					return
				}
				var p *dac.PacketError
				require.ErrorAs(t, err, &p)
				require.Equal(t, "send", p.Op)
				require.Equal(t, nasAddr, p.Peer)
				require.ErrorIs(t, err, errcause.AdministrativelyProhibited)
				var nak *dac.NAKError
				require.False(t, errors.As(err, &nak))
				require.False(t, dac.Retryable(err))
			}
			_, err := c.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
			check(peer.DenyDisconnect, err)
			_, err = c.CoA(t.Context(), nasAddr, attrs.UserName.Of("bob"), attrs.FilterID.Of("x"))
			check(peer.DenyCoA, err)
			_, err = c.DryRun(t.Context(), nasAddr, request(t, 1))
			check(peer.DenyDisconnect, err)
			for out := range c.Each(t.Context(), jobs(t, 3)) {
				check(peer.DenyDisconnect, out.Err)
			}
		}
		require.Len(t, s.times(), 5, "one CoA, one Disconnect and three of Each")
	})
}

// Close delivers the answers that have arrived. Every other call ends with net.ErrClosed, and says
// whether its request was sent.
func TestCloseDeliversTheAnswersThatHaveArrived(t *testing.T) {
	test := func(t *testing.T, nas netip.AddrPort, client *dac.Client, received func() int) {
		hold, held := make(chan struct{}), make(chan struct{})
		var once sync.Once
		client.Trace = func(e dac.Event) {
			if e.Op == dac.Received {
				once.Do(func() {
					close(held)
					<-hold
				})
			}
		}
		client.PerNAS.InFlight = 5
		client.Retry = dac.Retry{Initial: 10 * time.Second, Duration: 30 * time.Second} // each request is sent once
		var calls []<-chan error
		for i := range 8 {
			calls = append(calls, begin(func() error { _, err := client.Do(t.Context(), nas, request(t, i)); return err }))
		}
		<-held // one answer is being read
		for received() < 5 {
			time.Sleep(time.Millisecond)
		}
		closed := begin(func() error { return client.Close() })
		time.Sleep(10 * time.Millisecond)
		close(hold)
		answered, sent, unsent := 0, 0, 0
		for _, call := range calls {
			err := <-call
			if err == nil {
				answered++
				continue
			}
			require.ErrorIs(t, err, net.ErrClosed)
			var none *dac.NoAnswerError
			if errors.As(err, &none) && none.Sent > 0 {
				sent++
			} else {
				unsent++
			}
		}
		require.NoError(t, <-closed)
		require.Equal(t, 3, answered)
		require.Equal(t, 5, sent+unsent)
		require.Equal(t, received(), 3+sent)
	}
	answers := []dactest.Step{dactest.Times(3, dactest.ACK()), dactest.Drop(1)}
	t.Run("in memory", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := script(t, answers...)
			test(t, nasAddr, s.Client, func() int { synctest.Wait(); return len(s.Requests()) })
		})
	})
	t.Run("loopback", func(t *testing.T) {
		s := dactest.NewScriptedNAS(t, answers...)
		test(t, s.Addr, s.Client, func() int { return len(s.Requests()) })
	})
}

// Close waits for no Dial and no Write that hangs.
func TestCloseWaitsForNothingThatHangs(t *testing.T) {
	for _, what := range []string{"Dial", "Write"} {
		t.Run(what, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPark(t, 1, time.Millisecond)
				stop := make(chan struct{})
				defer close(stop)
				hangs(p, p.addrs[0], stop)[what]()
				call := begin(func() error { _, err := p.client.Do(t.Context(), p.addrs[0], request(t, 1)); return err })
				synctest.Wait()
				began := time.Now()
				require.NoError(t, p.client.Close())
				require.Less(t, time.Since(began), 2*time.Second)
				require.ErrorIs(t, <-call, net.ErrClosed)
			})
		})
	}
}

// A Dial that panics, ends its goroutine or comes late is an error of the requests that wait for
// it.
func TestClientOutlivesItsDial(t *testing.T) {
	for name, dial := range map[string]func(){"panic": func() { panic("x") }, "Goexit": runtime.Goexit, "late": func() { time.Sleep(time.Hour) }} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPark(t, 1, time.Millisecond)
				var opened atomic.Value
				p.client.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
					dial()
					conn, err := p.net.Dial(ctx, nas)
					opened.Store(conn)
					return conn, err
				}
				_, err := p.client.Do(t.Context(), p.addrs[0], request(t, 1))
				var failed *dac.PacketError
				require.ErrorAs(t, err, &failed)
				require.Equal(t, "dial", failed.Op)
				require.True(t, dac.Retryable(err))
				time.Sleep(2 * time.Hour)
				if conn, ok := opened.Load().(net.Conn); ok {
					_, err := conn.Write([]byte{1})
					require.ErrorIs(t, err, net.ErrClosed, "what came late is closed")
				}
			})
		})
	}
}

// A request that an earlier Write kept from being written was not sent, and says so.
func TestARequestBehindAHangingWriteWasNotSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 1, time.Millisecond)
		stop := make(chan struct{})
		defer close(stop)
		hangs(p, p.addrs[0], stop)["Write"]()
		first := begin(func() error { _, err := p.client.Do(t.Context(), p.addrs[0], request(t, 1)); return err })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.client.Do(ctx, p.addrs[0], request(t, 2))
		assert.Zero(t, noAnswer(t, err).Sent)
		assert.ErrorContains(t, err, "an earlier Write hangs")
		assert.Contains(t, dac.Hint(err), "Client.Dial keeps the Write")
		assert.Equal(t, 1, noAnswer(t, <-first).Sent)
	})
}

// A Write that has sent a request, and then panics, ends its goroutine or says that it failed, does
// not make the request one that was not sent: the NAS has executed it.
func TestWhatAWriteHasSentIsNotCalledUnsent(t *testing.T) {
	for name, fail := range map[string]func(n int) (int, error){
		"it panics":          func(int) (int, error) { panic("write") },
		"it ends":            func(int) (int, error) { runtime.Goexit(); return 0, nil },
		"it fails, and sent": func(n int) (int, error) { return n, errors.New("write") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				network := new(dactest.Network)
				var executed atomic.Int64
				nas := &dac.Server{Peers: dac.SharedSecret(secret), Handler: dac.HandlerFunc(func(_ context.Context, q *dac.Request) (*dac.Response, error) {
					executed.Add(1)
					return nil, dac.ErrSilent
				})}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go nas.Serve(ctx, network.Listen(nasAddr))
				client := &dac.Client{Peers: dac.SharedSecret(secret), Dial: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
					conn, err := network.Dial(ctx, to)
					return &hostConn{Conn: conn, write: func(b []byte) (int, error) {
						n, err := conn.Write(b)
						if err != nil {
							return n, err
						}
						return fail(n)
					}}, err
				}}
				defer client.Close()
				_, err := client.Disconnect(ctx, nasAddr, attrs.UserName.Of("bob"))
				synctest.Wait()
				require.EqualValues(t, 1, executed.Load())
				var fault *dac.PacketError
				var silent *dac.NoAnswerError
				switch {
				case errors.As(err, &fault):
					require.Equal(t, "receive", fault.Op, "%v", err)
				case errors.As(err, &silent):
					require.NotZero(t, silent.Sent)
				default:
					require.Fail(t, "no such error", "%v", err)
				}
				for o := range client.Each(ctx, slices.Values([]dac.Job{dac.DisconnectJob(nasAddr, attrs.UserName.Of("eve"))})) {
					synctest.Wait()
					require.EqualValues(t, 2, executed.Load())
					silent = nil
					require.True(t, errors.As(o.Err, &fault) && fault.Op == "receive" || errors.As(o.Err, &silent) && silent.Sent > 0, "%v", o.Err)
				}
			})
		})
	}
}
