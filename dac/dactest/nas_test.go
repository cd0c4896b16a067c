// SPDX-License-Identifier: Apache-2.0

package dactest_test

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
)

// counting is a handler that acknowledges, and counts.
func counting(n *atomic.Int32) dac.Handler {
	return dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
		n.Add(1)
		return r.ACK()
	})
}

func TestNASAnswersItsClient(t *testing.T) {
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
		if name, err := attrs.UserName.Get(r.Attributes()); err != nil || name != "bob" {
			return nil, errcause.SessionContextNotFound
		}
		return r.ACK()
	}))
	require.True(t, nas.Addr.Addr().IsLoopback())
	resp, err := nas.Client.Disconnect(t.Context(), nas.Addr, userName("bob"))
	require.NoError(t, err)
	require.True(t, resp.ACK())
	_, err = nas.Client.CoA(t.Context(), nas.Addr, userName("eve"))
	require.ErrorIs(t, err, errcause.SessionContextNotFound)
	require.EqualValues(t, 1, nas.Server.Stats().Total.Disconnect.ACKs)
}

func TestNASDropsAndTheClientRetries(t *testing.T) {
	var handled atomic.Int32
	nas := dactest.NewNAS(t, counting(&handled)).Drop(1).Drop(1)
	resp, err := nas.Client.Disconnect(t.Context(), nas.Addr, userName("bob"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, resp.Sent, 3)
	require.EqualValues(t, 1, handled.Load())
	require.Contains(t, nas.Diagram(), "lost")
}

func TestNASGivesUpInTime(t *testing.T) {
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) { return nil, dac.ErrDiscard }))
	start := time.Now()
	_, err := nas.Client.Disconnect(t.Context(), nas.Addr, userName("bob"))
	require.ErrorIs(t, err, dac.ErrNoAnswer)
	require.Less(t, time.Since(start), 10*time.Second)
	require.Eventually(t, func() bool { return len(nas.Received()) == 5 }, 10*time.Second, time.Millisecond)
}

func TestNASReceived(t *testing.T) {
	var handled atomic.Int32
	nas := dactest.NewNAS(t, counting(&handled))
	c := dactest.NewScriptedClient(t, nas.Addr)
	good := c.Sign(disconnect(t, "bob"))
	c.Send(good)
	c.Answer(good)
	c.Send(good)
	c.Answer(good)
	c.Secret = "another secret"
	forged := c.Sign(disconnect(t, "bob"))
	c.Send(forged)
	c.Secret = dactest.Secret
	c.Ask(disconnect(t, "the last")) // what came before has been decided about

	in := nas.Received()
	require.Len(t, in, 4)
	require.Equal(t, []dac.EventOp{dac.Received, dac.Repeated, dac.Dropped, dac.Received},
		[]dac.EventOp{in[0].Op, in[1].Op, in[2].Op, in[3].Op})
	require.Equal(t, good, in[0].Wire)
	require.Equal(t, good, in[1].Wire)
	require.Equal(t, forged, in[2].Wire)
	require.ErrorIs(t, in[2].Err, dac.ErrAuthenticator)
	require.Equal(t, nas.Addr, in[0].Local)
	require.EqualValues(t, 2, handled.Load())

	in[0].Wire[0] = 0
	in[1] = dac.Event{}
	require.Equal(t, dac.Repeated, nas.Received()[1].Op, "what is returned is the caller's")
}

func TestNASLogsWhenTheTestFails(t *testing.T) {
	test := func(fail bool) (string, bool) {
		return attempt(t, func(tb testing.TB) {
			nas := dactest.NewNAS(tb, dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) {
				panic("on purpose")
			}))
			dactest.NewScriptedClient(tb, nas.Addr).Ask(disconnect(tb, "bob"))
			if fail {
				tb.Fatal("no")
			}
		})
	}
	log, failed := test(true)
	require.True(t, failed)
	require.Contains(t, log, "what crossed the wire:")
	require.Contains(t, log, `|-- Disconnect-Request 1 ------------------------------>| User-Name = "bob"`)
	require.Contains(t, log, "|<---------------------------------- Disconnect-NAK 1 --|")
	require.Contains(t, log, "on purpose", "what the server logs")
	require.NotContains(t, log, dactest.Secret)
	log, failed = test(false)
	require.False(t, failed, log)
	require.NotContains(t, log, "what crossed the wire:")
}

// ServeNAS is the way into a bubble: retransmissions take no time there.
func TestServeNASInABubble(t *testing.T) {
	for _, at := range []netip.AddrPort{nas4, nas6} {
		synctest.Test(t, func(t *testing.T) {
			var handled atomic.Int32
			n := &dactest.Network{Latency: 30 * time.Millisecond, Loss: 0.5, Seed: 7}
			nas := dactest.ServeNAS(t, n.Listen(at), &dac.Server{Handler: counting(&handled)})
			require.Equal(t, at, nas.Addr)
			executed := 0
			for range 20 {
				resp, err := nas.Client.Disconnect(t.Context(), nas.Addr, userName("bob"))
				if err == nil {
					require.True(t, resp.ACK())
					executed++
				}
			}
			require.GreaterOrEqual(t, int(handled.Load()), executed)
			require.Greater(t, len(nas.Received()), int(handled.Load()), "some came again")
			s := n.Stats()
			require.Equal(t, s.Sent-s.Lost, s.Received+s.Pending)
		})
	}
}

func TestServeNASKeepsWhatIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n dactest.Network
		var handled atomic.Int32
		var traced []dac.EventOp
		nas := dactest.ServeNAS(t, n.Listen(nas4), &dac.Server{
			Handler: counting(&handled),
			Peers:   dac.SharedSecret("a secret of its own"),
			Trace:   func(e dac.Event) { traced = append(traced, e.Op) },
		})
		_, err := nas.Client.Disconnect(t.Context(), nas.Addr, userName("bob"))
		require.NoError(t, err, "the client has the secret from the Peers of the server")
		synctest.Wait()
		require.Equal(t, []dac.EventOp{dac.Received, dac.Sent}, traced)
	})
}

// A half socket is one that no NAS can listen on.
type halfSocket struct{ net.PacketConn }

func TestServeNASRefusesWhatItCannotUse(t *testing.T) {
	var n dactest.Network
	pc := listen(t, &n, nas4)
	for name, serve := range map[string]func(tb testing.TB){
		"NAS":    func(tb testing.TB) { dactest.ServeNAS(tb, halfSocket{pc}, &dac.Server{}) },
		"script": func(tb testing.TB) { dactest.ServeScript(tb, halfSocket{pc}) },
	} {
		t.Run(name, func(t *testing.T) {
			log, failed := attempt(t, serve)
			require.True(t, failed)
			require.Contains(t, log, "dactest: dactest_test.halfSocket has no ReadFromUDPAddrPort and WriteToUDPAddrPort")
		})
	}
}

func TestServeNASReportsWhatServeReturns(t *testing.T) {
	log, failed := attempt(t, func(tb testing.TB) {
		var n dactest.Network
		dactest.ServeNAS(tb, n.Listen(nas4), new(dac.Server)) // no handler
	})
	require.True(t, failed)
	require.Contains(t, log, "dactest: serve 198.51.100.7:3799: ")
}
