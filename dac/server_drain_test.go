// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"math"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

func TestServeDrains(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var ctxEnded time.Time
		release := make(chan bool)
		r := serve(t, &dac.Server{Drain: 5 * time.Second, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			if name, _ := attrs.UserName.Get(q.Packet.Attributes); name == "quick" {
				return q.ACK()
			}
			<-ctx.Done()
			ctxEnded = time.Now()
			<-release
			return q.ACK()
		})})
		c := r.from(aaaAddr)
		quick := disconnect(t, 1, attrs.UserName.Of("quick"), stamped(0))
		first := r.sends(c, quick)
		slow := disconnect(t, 2, bob, stamped(0))
		require.Nil(t, r.sends(c, slow))
		began := time.Now()
		r.stop()
		require.Equal(t, first, r.sends(c, quick), "duplicates are answered while it drains")
		require.Nil(t, r.sends(c, disconnect(t, 3, attrs.UserName.Of("quick"), stamped(0))), "nothing new is taken")
		require.EqualValues(t, 1, r.disconnects().Overload)
		time.Sleep(6 * time.Second)
		select {
		case <-r.done:
			t.Fatal("Serve returned before the handler")
		default:
		}
		close(release)
		require.True(t, r.verdict(r.hears(c), slow).ACK())
		synctest.Wait()
		require.NoError(t, <-r.done)
		r.done <- nil
		require.Equal(t, began.Add(5*time.Second), ctxEnded)
	})
}

// Who is told first that its time is over leaves to nobody, who waits for it, the little that is
// left of theirs.
func TestDrainEndsAllContextsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const handlers, long = 8, 10_000
		var all [handlers]context.Context
		var going atomic.Int32
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			all[q.Seq-1] = ctx
			for range long { // so that it takes a while until the next one is told
				_, cancel := context.WithCancel(ctx)
				defer cancel()
			}
			<-ctx.Done()
			for _, other := range all {
				if other.Err() == nil {
					going.Add(1)
				}
			}
			return nil, dac.ErrDiscard
		})})
		c := r.from(aaaAddr)
		for i := range handlers {
			require.Nil(t, r.sends(c, coa(t, byte(i), bob)))
		}
		r.stop()
		time.Sleep(6 * time.Second)
		require.EqualValues(t, handlers, r.coas().Dropped)
		require.Zero(t, going.Load())
	})
}

func TestServeNamesHandlersThatIgnoreTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		r := serve(t, &dac.Server{Logger: log.logger(), Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			time.Sleep(time.Minute)
			return q.ACK()
		})})
		require.Nil(t, r.sends(r.from(aaaAddr), coa(t, 1, bob)))
		r.stop()
		time.Sleep(16 * time.Second)
		require.Contains(t, log.String(), "192.0.2.1:40000=CoA-Request")
	})
}

func TestServeReturnsReadErrors(t *testing.T) {
	srv := &dac.Server{Peers: dac.SharedSecret(secret), Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return q.ACK() })}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, pc.Close())
	require.ErrorIs(t, srv.Serve(t.Context(), pc), net.ErrClosed)
}

func TestServeOutlivesPassingReadErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		outlives(t, &flaky{fail: 5, err: errors.New("no buffer space available")}, 10*time.Second)
	})
}

// Windows says of a datagram that is too long that it is an error. However many there are, nobody
// waits for them.
func TestDatagramsTooLongForWindowsCostNoTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		outlives(t, &flaky{fail: 10_000, err: &net.OpError{Op: "read", Net: "udp", Err: os.NewSyscallError("wsarecvfrom", syscall.Errno(10040))}}, 0)
	})
}

// outlives requires that a Server answers once pc has failed for a while.
func outlives(t *testing.T, pc *flaky, while time.Duration) {
	r := serve(t, &dac.Server{})
	pc.PacketConn = r.net.Listen(netip.MustParseAddrPort("192.0.2.8:3799"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.srv.Serve(ctx, pc) }()
	c, err := r.net.DialFrom(ctx, aaaAddr, netip.MustParseAddrPort("192.0.2.8:3799"))
	require.NoError(t, err)
	time.Sleep(while)
	q := disconnect(t, 1, bob)
	require.True(t, r.verdict(r.sends(c, q), q).ACK())
	cancel()
	require.NoError(t, <-done)
}

// A flaky socket fails at first, as one does under memory pressure.
type flaky struct {
	net.PacketConn
	fail int
	err  error
}

func (f *flaky) ReadFrom(b []byte) (int, net.Addr, error) {
	if f.fail > 0 {
		f.fail--
		return 0, nil, f.err
	}
	return f.PacketConn.ReadFrom(b)
}

func TestConfigurationMistakesFailAtTheStart(t *testing.T) {
	h := dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return q.ACK() })
	for _, c := range []struct {
		says, todo string
		srv        *dac.Server
	}{
		{"Handler is nil", "a session.Dispatcher is one", &dac.Server{Peers: dac.SharedSecret(secret)}},
		{"Peers is nil", "with a PeerMap for example", &dac.Server{Handler: h}},
		{"PeerMap is empty", "name the prefixes", &dac.Server{Handler: h, Peers: dac.PeerMap{}}},
		{"host bits", "write 192.0.2.0/24 for the net", &dac.Server{Handler: h, Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.1/24"): {Secret: secret}}}},
		{"IPv4 in a part only", "write ::/0", &dac.Server{Handler: h, Peers: dac.PeerMap{netip.PrefixFrom(netip.MustParseAddr("::ffff:0:0"), 90): {Secret: secret}}}},
		{"with different Peers", "keep one", &dac.Server{Handler: h, Peers: dac.PeerMap{
			netip.MustParsePrefix("192.0.2.0/24"): {Secret: secret}, netip.MustParsePrefix("::ffff:192.0.2.0/120"): {Secret: "another"},
		}}},
		{"a Limit has a field below zero", "zero is no bound", &dac.Server{Handler: h, Peers: dac.PeerMap{
			netip.MustParsePrefix("192.0.2.0/24"): {Secret: secret, Limit: dac.Limit{Rate: -1}},
		}}},
		{"zero prefix", "write 0.0.0.0/0", &dac.Server{Handler: h, Peers: dac.PeerMap{{}: {Secret: secret}}}},
		{"has no Secret", "give it one", &dac.Server{Handler: h, Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {}}}},
		{"SharedSecret is empty", "give it the secret", &dac.Server{Handler: h, Peers: dac.SharedSecret("")}},
		{"Window of 20s", "leave it zero for 300 s", &dac.Server{Handler: h, Peers: dac.SharedSecret(secret), Window: 20 * time.Second}},
		{"longer than requests", "leave it zero for 300 s", &dac.Server{Handler: h, Peers: dac.SharedSecret(secret), Window: math.MaxInt64}},
		{"MaxHandlers", "leave it zero", &dac.Server{Handler: h, Peers: dac.SharedSecret(secret), MaxHandlers: -1}},
		{"Memory", "leave it zero", &dac.Server{Handler: h, Peers: dac.SharedSecret(secret), Memory: -1}},
		{"missing port", "write host:port", &dac.Server{Handler: h, Peers: dac.SharedSecret(secret), Addr: "nonsense"}},
		{"no such address", "one of its own", &dac.Server{Handler: h, Peers: dac.SharedSecret(secret), Addr: "192.0.2.254:0"}},
	} {
		err := c.srv.ListenAndServe(t.Context())
		require.ErrorContains(t, err, c.says)
		require.ErrorContains(t, err, c.todo)
		require.NotContains(t, err.Error(), secret)
	}
	pc, err := net.ListenPacket("udp4", ":0")
	require.NoError(t, err)
	defer pc.Close()
	taken := &dac.Server{Handler: h, Peers: dac.SharedSecret(secret), Addr: pc.LocalAddr().String()}
	require.ErrorContains(t, taken.ListenAndServe(t.Context()), "another process serves there")
}
