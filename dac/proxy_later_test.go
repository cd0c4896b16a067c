// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// untraced is a proxy of which the requests are answered later.
func untraced(t *testing.T, p *dac.Proxy, h dac.HandlerFunc) *proxyRig {
	r := proxied(t, p, h)
	p.Trace = nil // before the first request: the Server looks then
	r.serve(&dac.Server{Peers: dac.SharedSecret(secret), Handler: p, MaxHandlers: 64}, laterAddr)
	var err error
	require.NoError(t, r.sender.Close())
	r.sender, err = r.net.DialFrom(t.Context(), aaaAddr, laterAddr)
	require.NoError(t, err)
	return r
}

var laterAddr = netip.MustParseAddrPort("198.51.100.7:3799")

// A middle is middleware that embeds the Proxy.
type middle struct {
	*dac.Proxy
	handled atomic.Int64
}

func (m *middle) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	m.handled.Add(1)
	return m.Proxy.Handle(ctx, r)
}

// Middleware is asked, though it embeds a Proxy.
func TestProxyThatIsEmbedded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := &dac.Proxy{}
		r := proxied(t, p, nil)
		p.Trace = nil
		m := &middle{Proxy: p}
		r.serve(&dac.Server{Peers: dac.SharedSecret(secret), Handler: m}, laterAddr)
		sender := &dac.Client{Peers: dac.SharedSecret(secret), Dial: r.net.Dial}
		defer sender.Close()
		_, err := sender.Disconnect(t.Context(), laterAddr, attrs.UserName.Of("bob"))
		require.NoError(t, err)
		require.EqualValues(t, 1, m.handled.Load())
	})
}

// What was sent on keeps no goroutine waiting, and holds four times MaxHandlers at most.
func TestProxyKeepsNoGoroutineWaiting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := untraced(t, &dac.Proxy{}, silently)
		require.Nil(t, r.asks(coa(t, 0, attrs.UserName.Of("first")), time.Second))
		before := runtime.NumGoroutine()
		for id := range 250 {
			_, err := r.sender.Write(coa(t, byte(id), attrs.UserName.Of("bob")))
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Equal(t, 7*256/8, len(r.arrived()), "one peer alone gets seven eighths of four times MaxHandlers")
		require.LessOrEqual(t, runtime.NumGoroutine(), before+2)
	})
}

// A Router, an Allow or an Edit of the host's that panics, or ends its goroutine, costs one
// request.
func TestProxySurvivesItsRouter(t *testing.T) {
	for name, fails := range map[string]func(){"panic": func() { panic("router") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := untraced(t, &dac.Proxy{Router: dac.RouterFunc(func(ctx context.Context, q *dac.Request) (dac.Target, error) {
					if _, err := attrs.Class.Get(q.Packet.Attributes); err == nil {
						fails()
					}
					return dac.Target{Addr: nasAddr}, nil
				})}, nil)
				for id := range byte(3) {
					require.False(t, r.verdict(coa(t, 2*id, attrs.UserName.Of("bob"), attrs.Class.Of([]byte{1}))).ACK())
					require.True(t, r.verdict(coa(t, 2*id+1, attrs.UserName.Of("bob"))).ACK())
				}
				require.Len(t, r.arrived(), 3)
			})
		})
	}
}

// A Router that is slow does not block the others.
func TestProxyGoesOnBesideASlowRouter(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := untraced(t, &dac.Proxy{Router: dac.RouterFunc(func(ctx context.Context, q *dac.Request) (dac.Target, error) {
			if _, err := attrs.Class.Get(q.Packet.Attributes); err == nil {
				time.Sleep(3 * time.Second)
			}
			return dac.Target{Addr: nasAddr}, nil
		})}, nil)
		slow := coa(t, 1, attrs.UserName.Of("eve"), attrs.Class.Of([]byte{1}))
		began := time.Now()
		_, err := r.sender.Write(slow)
		require.NoError(t, err)
		for id := range byte(5) {
			require.True(t, r.verdict(coa(t, 10+id, attrs.UserName.Of("bob"))).ACK())
		}
		require.Less(t, time.Since(began), time.Second)
		require.NotNil(t, r.asks(slow, 5*time.Second), "it was absorbed, and is answered when the Router has found the way")
		require.Equal(t, 3*time.Second, time.Since(began).Round(time.Second))
		require.Len(t, r.arrived(), 6)
	})
}

// A next hop that a Write of the host's Dial waits for does not block the others.
func TestProxyGoesOnBesideABlockedWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		slow := netip.MustParseAddrPort("203.0.113.9:3799")
		p := &dac.Proxy{Client: &dac.Client{Peers: dac.SharedSecret(nextSecret)}, Router: dac.RouterFunc(func(ctx context.Context, q *dac.Request) (dac.Target, error) {
			if _, err := attrs.Class.Get(q.Packet.Attributes); err == nil {
				return dac.Target{Addr: slow}, nil
			}
			return dac.Target{Addr: nasAddr}, nil
		})}
		var r *proxyRig
		p.Client.Dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			c, err := r.net.DialFrom(ctx, netip.AddrPortFrom(proxyAddr.Addr(), 0), nasAddr)
			if to == slow {
				c = blocked{c}
			}
			return c, err
		}
		rig := untraced(t, p, nil)
		r = rig
		held := coa(t, 1, attrs.UserName.Of("eve"), attrs.Class.Of([]byte{1}))
		began := time.Now()
		for range 2 { // the first opens the port
			_, err := r.sender.Write(held)
			require.NoError(t, err)
			held = coa(t, 2, attrs.UserName.Of("eve"), attrs.Class.Of([]byte{1}))
			synctest.Wait()
		}
		for id := range byte(5) {
			require.True(t, r.verdict(coa(t, 10+id, attrs.UserName.Of("bob"))).ACK())
		}
		require.Less(t, time.Since(began), time.Second)
		time.Sleep(10 * time.Second)
		require.Len(t, r.arrived(), 7)
	})
}

// A blocked Conn takes its time over each Write.
type blocked struct{ net.Conn }

func (c blocked) Write(b []byte) (int, error) {
	time.Sleep(3 * time.Second)
	return c.Conn.Write(b)
}

// A Trace of the Client's that panics has a handler of its own to end: the sender gets one answer,
// and the Server drains.
func TestProxySurvivesTheTraceOfItsClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := &dac.Proxy{Client: &dac.Client{Peers: dac.SharedSecret(nextSecret), Trace: func(e dac.Event) {
			if e.Op == dac.Sent {
				panic("trace")
			}
		}}}
		r := untraced(t, p, nil)
		q := coa(t, 1, attrs.UserName.Of("bob"))
		require.False(t, r.verdict(q).ACK())
		r.sender.SetReadDeadline(time.Now().Add(20 * time.Second))
		_, err := r.sender.Read(make([]byte, 4096))
		require.Error(t, err, "a second answer")
	})
}

// A Logger of the Client's that panics while a request leaves costs nothing: it leaves all the
// same.
func TestProxySurvivesTheLoggerOfItsClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var broken atomic.Bool
		p := &dac.Proxy{Client: &dac.Client{Peers: dac.SharedSecret(nextSecret), Logger: slog.New(breaking{slog.DiscardHandler, &broken})}}
		r := untraced(t, p, nil)
		// Which opens the port.
		require.True(t, r.verdict(coa(t, 1, attrs.UserName.Of("bob"))).ACK())
		broken.Store(true)
		require.True(t, r.verdict(coa(t, 2, attrs.UserName.Of("bob"))).ACK())
		require.Len(t, r.arrived(), 2)
	})
}

// A Logger that panics while the answer of a NAS is told takes nothing from it, and the client goes
// on reading.
func TestProxySurvivesItsLogger(t *testing.T) {
	for _, way := range []string{"later", "with a Trace"} {
		bubble(t, func(t *testing.T) {
			var broken atomic.Bool
			p := &dac.Proxy{Logger: slog.New(breaking{slog.DiscardHandler, &broken})}
			if way != "later" {
				p.Trace = func(dac.Hop) { panic("trace") }
			}
			r := untraced(t, p, nil)
			for id := range byte(3) {
				broken.Store(true)
				require.True(t, r.verdict(coa(t, 1+id, attrs.UserName.Of("bob"))).ACK(), way)
			}
			require.Len(t, r.arrived(), 3)
		})
	}
}

// A breaking handler of logs panics once after it was broken.
type breaking struct {
	slog.Handler
	broken *atomic.Bool
}

func (b breaking) Enabled(context.Context, slog.Level) bool {
	if b.broken.CompareAndSwap(true, false) {
		panic("disk full")
	}
	return false
}

// Whoever waits for a turn gets it, and each request its own answer.
func TestProxyAnswersWhatHadToWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := &dac.Proxy{Client: &dac.Client{Peers: dac.SharedSecret(nextSecret), PerNAS: dac.Limit{InFlight: 2}}}
		r := untraced(t, p, func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			time.Sleep(time.Second)
			return q.ACK(attrs.UserName.Of(userOf(q.Packet.Attributes)))
		})
		sender := &dac.Client{Peers: dac.SharedSecret(secret), Dial: r.net.Dial}
		defer sender.Close()
		var jobs []dac.Job
		for n := range 20 {
			jobs = append(jobs, dac.CoAJob(laterAddr, attrs.UserName.Of(string(rune('a'+n)))))
		}
		began := time.Now()
		got := 0
		for o := range sender.Each(t.Context(), slices.Values(jobs)) {
			require.NoError(t, o.Err)
			require.Equal(t, userOf(o.Job.Request.Packet.Attributes), userOf(o.Response.Packet.Attributes))
			got++
		}
		require.Equal(t, len(jobs), got)
		require.Len(t, r.arrived(), len(jobs))
		require.Equal(t, 10*time.Second, time.Since(began).Round(time.Second))
	})
}

func userOf(set radius.Attributes) string {
	name, _ := attrs.UserName.Get(set)
	return name
}

// A Client that is closed ends what was sent on: whether it was executed is not known.
func TestProxyWhoseClientIsClosed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := untraced(t, &dac.Proxy{AnswerSilence: true}, silently)
		q := coa(t, 1, attrs.UserName.Of("bob"))
		require.Nil(t, r.asks(q, time.Second))
		require.NoError(t, r.proxy.Client.Close())
		answer := make([]byte, 4096)
		require.NoError(t, r.sender.SetReadDeadline(time.Now().Add(time.Second)))
		n, err := r.sender.Read(answer)
		require.NoError(t, err)
		resp, err := dac.ParseResponse(answer[:n], q, secret)
		require.NoError(t, err)
		require.Equal(t, errcause.OtherProxyProcessingError, resp.Cause())
		require.Equal(t, errcause.OtherProxyProcessingError, r.verdict(coa(t, 2, attrs.UserName.Of("bob"))).Cause())
		require.Len(t, r.arrived(), 1)
	})
}
