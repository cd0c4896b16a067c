// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

var cuts = flag.Int("cuts", 3000, "requests over connections that are cut at random")

// A cutNet is a Transport whose connections are cut at random, and the NAS at their other ends.
type cutNet struct {
	t       *testing.T
	version dac.Version
	srv     *dac.Server
	ctx     context.Context

	serving sync.WaitGroup
	mu      sync.Mutex // guards what follows
	src     *rand.Rand
	open    map[*pipe]*Conn
	cut     int
}

func (n *cutNet) chance(most int) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.src.IntN(most)
}

// nasName is what the certificate of either end would say.
var nasName = &dac.PeerIdentity{DNS: []string{"aaa.example.net"}}

// Open makes a connection whose server is the NAS.
func (n *cutNet) Open(ctx context.Context, nas netip.AddrPort, p dac.Peer) (dac.PacketConn, error) {
	if n.chance(10) == 0 {
		return nil, errors.New("connection refused")
	}
	o := Options{Transport: "tls", Secret: "radsec", Version: n.version, Identity: nasName}
	a, b := newPipe(1 << 12)
	server := New(a, nil, o)
	o.Client = true
	client := New(b, nil, o)
	n.mu.Lock()
	n.open[a] = client
	n.mu.Unlock()
	n.serving.Go(func() {
		requests, err := server.Requests()
		require.NoError(n.t, err)
		n.srv.ServePackets(n.ctx, requests)
		server.Close()
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.open, a)
	})
	return cutView{client.View(), client}, nil
}

// A cutView is a View that ends its connection, as the last user of one in a pool does.
type cutView struct {
	*View
	c *Conn
}

func (v cutView) Close() error {
	v.View.Close()
	go v.c.Close()
	return nil
}

// cutter ends connections until ctx is done: both ways at once, with what was under way, or by one
// end in order.
func (n *cutNet) cutter(ctx context.Context) {
	for ctx.Err() == nil {
		time.Sleep(time.Duration(n.chance(10)) * time.Millisecond)
		n.mu.Lock()
		for a, client := range n.open {
			n.cut++
			if n.src.IntN(3) == 0 {
				go client.Close()
			} else {
				go a.cut()
			}
			break
		}
		n.mu.Unlock()
	}
}

// A cutJob is one request, and what became of it.
type cutJob struct {
	handled, ended int // by the NAS
	resp           *dac.Response
	err            error
}

// TestR6613_2_6_1_2_RequestsOverConnectionsThatAreCut: over RADIUS/1.0 none is handled twice, CoAs
// without Event-Timestamp among them; over 1.1 no CoA is, and a Disconnect that is handled twice
// ends nothing the second time, of which the client says Resent. Each is answered or reported.
func TestR6613_2_6_1_2_RequestsOverConnectionsThatAreCut(t *testing.T) {
	for _, version := range []dac.Version{dac.RADIUS10, dac.RADIUS11} {
		t.Run(version.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) { cutTest(t, version, *cuts, nil) })
		})
	}
}

// TestR_BIS_3_11_1_ProxiedRequestsOverConnectionsThatAreCut: the same where the NAS is behind a
// proxy and a network that loses one in ten datagrams. The proxy stops what it sends for a request
// each time that its connection is cut, and goes on when it comes by another one.
func TestR_BIS_3_11_1_ProxiedRequestsOverConnectionsThatAreCut(t *testing.T) {
	for _, version := range []dac.Version{dac.RADIUS10, dac.RADIUS11} {
		t.Run(version.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				network := &dactest.Network{Latency: 3 * time.Millisecond, Loss: 0.1}
				nas := netip.MustParseAddrPort("198.51.100.9:3799")
				ctx, stop := context.WithCancel(context.Background())
				done := make(chan error, 1)
				through := func(h dac.Handler) dac.Handler {
					srv := &dac.Server{Peers: dac.SharedSecret("of the NAS, 24 octets at least"), Handler: h, MaxHandlers: 1 << 10}
					pc := network.Listen(nas)
					go func() { done <- srv.Serve(ctx, pc) }()
					return &dac.Proxy{Router: dac.Target{Addr: nas}, Client: &dac.Client{Peers: dac.SharedSecret("of the NAS, 24 octets at least"), Dial: network.Dial}}
				}
				proxy := cutTest(t, version, *cuts/3, through).(*dac.Proxy)
				require.NoError(t, proxy.Client.Close())
				stop()
				require.NoError(t, <-done)
			})
		})
	}
}

// cutTest asks a NAS, or what through makes of it, and returns who answered.
func cutTest(t *testing.T, version dac.Version, count int, through func(dac.Handler) dac.Handler) dac.Handler {
	var mu sync.Mutex // guards jobs
	jobs := make([]cutJob, count)
	ctx, stop := context.WithCancel(t.Context())
	n := &cutNet{t: t, version: version, ctx: ctx, open: map[*pipe]*Conn{}, src: rand.New(rand.NewPCG(uint64(count), uint64(version)))}
	n.srv = &dac.Server{
		Peers: dac.CertPeers{"aaa.example.net": {}}, MaxHandlers: 1 << 10,
		Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
			time.Sleep(time.Duration(n.chance(10)) * time.Millisecond)
			var i int
			id, err := attrs.AcctSessionID.Get(r.Packet.Attributes)
			require.NoError(t, err)
			fmt.Sscan(id, &i)
			mu.Lock()
			defer mu.Unlock()
			jobs[i].handled++
			if r.Packet.Code == radius.CodeDisconnectRequest && jobs[i].ended > 0 {
				return nil, errcause.SessionContextNotFound
			}
			jobs[i].ended++
			return r.ACK()
		}),
	}
	if through != nil {
		n.srv.Handler = through(n.srv.Handler)
	}
	nas := netip.MustParseAddrPort("192.0.2.1:2083")
	client := &dac.Client{Peers: dac.PeerMap{netip.PrefixFrom(nas.Addr(), 32): {Via: n, OmitEventTimestamp: true}}}
	cutting, stopCutting := context.WithCancel(ctx)
	go n.cutter(cutting)

	next := make(chan int)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for i := range next {
				do := client.Disconnect
				if i%2 == 0 {
					do = client.CoA
				}
				resp, err := do(t.Context(), nas, attrs.AcctSessionID.Of(fmt.Sprint(i)))
				mu.Lock()
				jobs[i].resp, jobs[i].err = resp, err
				mu.Unlock()
			}
		})
	}
	for i := range count {
		next <- i
	}
	close(next)
	all.Wait()
	stopCutting()
	require.NoError(t, client.Close())
	time.Sleep(time.Minute)
	stop()
	n.serving.Wait()
	synctest.Wait()

	answered, twice, silent, unsent := 0, 0, 0, 0
	for i, j := range jobs {
		var nak *dac.NAKError
		switch {
		case j.err == nil:
			answered++
			require.Equal(t, 1, j.ended, "%d: answered", i)
			require.True(t, j.handled == 1 || j.resp.Resent, "%d", i)
		case through != nil && errors.Is(j.err, errcause.OtherProxyProcessingError):
			silent++ // the network lost the answers to all transmissions
		case errors.As(j.err, &nak):
			answered++
			twice++
			require.Equal(t, dac.RADIUS11, version, "%d: %v", i, j.err)
			require.Equal(t, 1, i%2, "%d: a CoA was handled twice", i)
			require.Equal(t, errcause.SessionContextNotFound, nak.Cause)
			require.True(t, nak.Resent)
		case errors.Is(j.err, dac.ErrNoAnswer):
			silent++
		default:
			require.Zero(t, j.handled, "%d: %v", i, j.err)
			unsent++
		}
		require.LessOrEqual(t, j.ended, 1, "%d", i)
		if version == dac.RADIUS10 || i%2 == 0 {
			require.LessOrEqual(t, j.handled, 1, "%d", i)
		}
	}
	t.Logf("%v: %d requests, %d cuts, %d answered (%d by a second one that found nothing), %d may have been executed, %d not sent",
		version, count, n.cut, answered, twice, silent, unsent)
	require.Greater(t, n.cut, count/100)
	require.Greater(t, answered, count/2)
	if through != nil {
		require.NotZero(t, n.srv.Stats().Total.CoA.Abandoned)
	}
	return n.srv.Handler
}
