// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// A breakingConn loses its way back: once something was written, Read fails for good.
type breakingConn struct {
	net.Conn
	written chan struct{}
	once    sync.Once
}

func (c *breakingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.once.Do(func() { close(c.written) })
	return n, err
}

func (c *breakingConn) Read([]byte) (int, error) {
	<-c.written
	return 0, io.EOF
}

func (c *breakingConn) Close() error {
	c.once.Do(func() { close(c.written) })
	return c.Conn.Close()
}

// A NAK says that nothing was done. The NAS has executed what the way back was lost for, so the
// Proxy says nothing, and 505 only where AnswerSilence asks for it; where nothing could be sent it
// says so.
func TestProxySaysNothingOfWhatMayHaveBeenExecuted(t *testing.T) {
	broken := func(ctx context.Context, r *proxyRig, to netip.AddrPort) (net.Conn, error) {
		c, err := r.net.DialFrom(ctx, netip.AddrPortFrom(proxyAddr.Addr(), 0), to)
		return &breakingConn{Conn: c, written: make(chan struct{})}, err
	}
	undialled := func(context.Context, *proxyRig, netip.AddrPort) (net.Conn, error) { return nil, io.ErrUnexpectedEOF }
	unwritten := func(ctx context.Context, r *proxyRig, to netip.AddrPort) (net.Conn, error) {
		c, err := r.net.DialFrom(ctx, netip.AddrPortFrom(proxyAddr.Addr(), 0), to)
		return unwritable{c}, err
	}
	for name, c := range map[string]struct {
		dial          func(context.Context, *proxyRig, netip.AddrPort) (net.Conn, error)
		answerSilence bool
		executed      int
		cause         errcause.Cause // 0: silence
	}{
		"receive":                  {dial: broken, executed: 1},
		"receive, silence is told": {dial: broken, answerSilence: true, executed: 1, cause: 505},
		"dial":                     {dial: undialled, cause: 505},
		"send":                     {dial: unwritten, cause: 505},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T) {
				p := &dac.Proxy{AnswerSilence: c.answerSilence, Client: &dac.Client{Peers: dac.SharedSecret(nextSecret)}}
				var r *proxyRig
				p.Client.Dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) { return c.dial(ctx, r, to) }
				r = proxied(t, p, nil)
				q := disconnect(t, 1, attrs.UserName.Of("bob"), stamped(0))
				if c.cause != 0 {
					require.Equal(t, c.cause, r.verdict(q).Cause())
				} else {
					require.Nil(t, r.asks(q, 20*time.Second))
					require.Nil(t, r.asks(q, time.Second), "it is remembered")
					if h, ok := r.hop(); ok {
						require.ErrorIs(t, h.Err, dac.ErrSilent)
					}
				}
				synctest.Wait()
				require.Len(t, r.arrived(), c.executed)
			})
		})
	}
}

// An unwritable Conn refuses every Write.
type unwritable struct{ net.Conn }

func (unwritable) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// A Server that ends loses no answer of the next hop that comes within Drain: whoever asked hears
// it. What has no answer by then is left unanswered and counted.
func TestProxyRelaysWhatComesWithinDrain(t *testing.T) {
	const rounds, requests, drain = 40, 64, 5 * time.Second
	bothWays(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(7, 8))
		for range rounds {
			relayOneDrain(t, random, requests, drain)
		}
	})
}

func relayOneDrain(t *testing.T, random *rand.Rand, requests int, drain time.Duration) {
	var inTime, late atomic.Int64 // answers of the NAS, by when they were given
	begun := time.Now()
	stop := time.Duration(random.IntN(3000)) * time.Millisecond
	waits := make([]time.Duration, requests)
	for i := range waits {
		waits[i] = time.Duration(random.IntN(int(2 * drain)))
	}
	h := func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
		port, err := attrs.NASPort.Get(q.Packet.Attributes)
		if err != nil {
			return nil, err
		}
		time.Sleep(waits[port])
		if time.Since(begun) < stop+drain {
			inTime.Add(1)
		} else {
			late.Add(1)
		}
		return q.ACK()
	}
	trace := func(dac.Hop) {}
	if t.Name()[len(t.Name())-len(later):] == later {
		trace = nil
	}
	p := &dac.Proxy{Trace: trace}
	r := proxied(t, p, h)
	front := &dac.Server{Peers: dac.SharedSecret(secret), Handler: p, Drain: drain}
	r.serve(front, laterAddr)
	require.NoError(t, r.sender.Close())
	sender, err := r.net.DialFrom(t.Context(), aaaAddr, laterAddr)
	require.NoError(t, err)
	defer sender.Close()
	for i := range requests {
		_, err := sender.Write(disconnect(t, byte(i), attrs.NASPort.Of(uint32(i))))
		require.NoError(t, err)
	}
	synctest.Wait()
	time.Sleep(stop)
	last := len(r.stops) - 1
	r.stops[last]() // returns when the Server has
	r.stops = r.stops[:last]
	heard := 0
	buf := make([]byte, 4096)
	for {
		sender.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := sender.Read(buf); err != nil {
			break
		}
		heard++
	}
	s := front.Stats().Total.Disconnect
	require.EqualValues(t, inTime.Load(), heard)
	require.EqualValues(t, heard, s.ACKs)
	require.EqualValues(t, requests-heard, s.Dropped, "counted")
	require.Zero(t, s.NAKs)
	time.Sleep(time.Minute)
	require.EqualValues(t, requests, inTime.Load()+late.Load())
	for _, stop := range r.stops {
		stop()
	}
	r.stops = nil
	require.NoError(t, p.Client.Close())
}

// A NAS that has executed a request and is then gone answers its retransmissions by ICMP alone:
// that says nothing of the first one, so the Proxy says nothing either. The other way round a NAS
// that comes up may execute the last one.
func TestProxyTakesNoICMPErrorForWhatWasSentBefore(t *testing.T) {
	for name, c := range map[string]struct {
		up   bool // the NAS comes up, and does not go
		fast bool
	}{"the NAS goes": {}, "the NAS goes, fast": {fast: true}, "the NAS comes": {up: true}} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T) {
				p := &dac.Proxy{Client: &dac.Client{Peers: dac.SharedSecret(nextSecret), FailFast: c.fast}}
				later := netip.MustParseAddrPort("192.0.2.77:3799")
				if c.up {
					p.Router = dac.Target{Addr: later}
				}
				r := proxied(t, p, silently)
				turned := make(chan struct{})
				time.AfterFunc(time.Second, func() {
					defer close(turned)
					if c.up {
						silent := &dac.Server{Peers: dac.SharedSecret(nextSecret), Handler: dac.HandlerFunc(silently)}
						ctx, cancel := context.WithCancel(context.Background())
						r.stops = append(r.stops, cancel)
						go silent.Serve(ctx, r.net.Listen(later))
					} else {
						r.stops[0]()
						r.stops = r.stops[1:]
					}
				})
				answer := r.asks(disconnect(t, 1, attrs.UserName.Of("bob"), stamped(0)), 40*time.Second)
				<-turned // before the rig ends what is in r.stops
				require.Nil(t, answer)
				if h, ok := r.hop(); ok {
					require.ErrorIs(t, h.Err, dac.ErrSilent)
				}
			})
		})
	}
}
