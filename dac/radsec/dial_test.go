// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/cert"
	"github.com/radius-dynauth/dynauth/dac/radsec/internal/testca"
	_ "github.com/radius-dynauth/dynauth/internal/entropy" // FIPS
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// piped is a Config whose dials lead into Serve of srv with its server's Config, in memory.
type piped struct {
	net.Listener
	conns chan net.Conn
	done  chan struct{}
}

func newPiped() *piped { return &piped{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *piped) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *piped) Close() error {
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	return nil
}

func (p *piped) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestR_BIS_3_9_1_1_RedialsWithBackoffForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		auth := testca.NewCA()
		cfg := TLS(auth.Config("nas.example.net"))
		var times []time.Time
		cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
			times = append(times, time.Now())
			return nil, errors.New("connection refused")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		require.NoError(t, DialAndServe(ctx, ack(nasPeers), "aaa.example.net", cfg))
		want := 500 * time.Millisecond
		for i := 1; i < len(times); i++ {
			took := times[i].Sub(times[i-1])
			assert.GreaterOrEqual(t, took, want, "dial %d", i)
			assert.LessOrEqual(t, took, want+want/2, "dial %d", i)
			want = min(2*want, 40*time.Second)
		}
		assert.Greater(t, len(times), 60, "it never gives up")
		assert.EqualValues(t, len(times), cfg.Stats().Failed["other"])
	})
}

// A connection that the other end closes without a packet counts as none: so does one whose
// certificate it refuses, which in TLS 1.3 shows after the handshake.
func TestBackoffGrowsUntilAPacketHasCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		auth := testca.NewCA()
		ln, server, cfg := newPiped(), TLS(auth.Config("aaa.example.net")), TLS(auth.Config("nas.example.net"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- Serve(ctx, ack(dac.CertPeers{"other.example.net": {}}), ln, server) }()
		var times []time.Time
		cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			times = append(times, time.Now())
			return ln.dial(ctx, network, addr)
		}
		go func() { done <- DialAndServe(ctx, ack(nasPeers), "aaa.example.net", cfg) }()
		time.Sleep(30 * time.Second)
		cancel()
		require.NoError(t, errors.Join(<-done, <-done))
		require.Greater(t, len(times), 4)
		for i := 2; i < len(times); i++ {
			assert.Greater(t, times[i].Sub(times[i-1]), time.Duration(1.1*float64(500*time.Millisecond)*float64(int(1)<<(i-1))/1.5))
		}
		assert.EqualValues(t, len(times), server.Stats().Failed["unknown peer"])
	})
}

func TestDialNeedsNoPort(t *testing.T) {
	for addr, want := range map[string]string{
		"aaa.example.net": "aaa.example.net:2083", "aaa.example.net:1": "aaa.example.net:1", "192.0.2.1": "192.0.2.1:2083",
		"2001:db8::1": "[2001:db8::1]:2083", "[2001:db8::1]:1": "[2001:db8::1]:1", "": ":2083", ":1": ":1",
	} {
		assert.Equal(t, want, withPort(addr))
	}
}

func TestPoolSharesAConnection(t *testing.T) {
	server, cfg := TLS(client("nas.example.net")), TLS(client("aaa.example.net"))
	addr := netipAddrPort(serve(t, ack(nasPeers), server))
	peer := dac.Peer{ServerName: "nas.example.net"}
	one, err := cfg.Open(t.Context(), addr, peer)
	require.NoError(t, err)
	two, err := cfg.Open(t.Context(), addr, peer)
	require.NoError(t, err)
	assert.EqualValues(t, 1, cfg.Stats().Opened)
	for range 255 {
		_, ok := one.Info().Identifiers.Acquire(func() {})
		require.True(t, ok)
	}
	if one.Info().Version == dac.RADIUS11 { // has more Tokens than memory holds
		assert.True(t, hasFree(cfg.only(t).conn))
	}
	require.NoError(t, one.Close())
	require.NoError(t, one.Close())
	assert.Equal(t, 1, cfg.Stats().Open)
	require.NoError(t, two.Close())
	eventually(t, "closed with its last use", func() bool { return cfg.Stats().Open == 0 })
	eventually(t, "nothing is kept", func() bool { cfg.mu.Lock(); defer cfg.mu.Unlock(); return len(cfg.pool) == 0 })
}

func TestPoolDialsAnotherWhereIdentifiersAreInUse(t *testing.T) {
	server, cfg := TLS(client("nas.example.net")), TLS(client("aaa.example.net"))
	server.Versions = versions["1.0"]
	addr := netipAddrPort(serve(t, ack(nasPeers), server))
	peer := dac.Peer{ServerName: "nas.example.net"}
	one, err := cfg.Open(t.Context(), addr, peer)
	require.NoError(t, err)
	defer one.Close()
	for range 255 {
		_, ok := one.Info().Identifiers.Acquire(func() {})
		require.True(t, ok)
	}
	two, err := cfg.Open(t.Context(), addr, peer)
	require.NoError(t, err)
	defer two.Close()
	assert.Equal(t, 2, cfg.Stats().Open)
	_, ok := two.Info().Identifiers.Acquire(func() {})
	assert.True(t, ok)
}

func TestPoolSaysWhyAHandshakeFailed(t *testing.T) {
	cfg := TLS(client("aaa.example.net"))
	addr := netipAddrPort(serve(t, ack(nasPeers), TLS(client("nas.example.net"))))
	c := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: cfg, ServerName: "other.example.net"})}
	defer c.Close()
	_, err := c.Disconnect(t.Context(), addr, attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, cert.ErrName)
	require.ErrorContains(t, err, `it has no dNSName "other.example.net", but ["nas.example.net"]`)
	require.Equal(t, "set Peer.ServerName to a name that the certificate has, or give the other end a certificate with the name that is asked for; nothing was sent", dac.Hint(err))
}

func TestPoolWaitsForItsTurnToDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := TLS(testca.NewCA().Config("aaa.example.net"))
		n := 0
		cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
			n++
			return nil, errors.New("connection refused")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for range 100 { // a new request does not shorten it
			go cfg.Open(ctx, netipAddrPort("192.0.2.1:2083"), dac.Peer{})
		}
		_, err := cfg.Open(ctx, netipAddrPort("192.0.2.1:2083"), dac.Peer{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "connection refused")
		assert.LessOrEqual(t, n, 6)
		assert.GreaterOrEqual(t, n, 4)
		time.Sleep(2 * time.Minute)
		assert.LessOrEqual(t, n, 6, "none waits, none is dialled")
	})
}

// What TLS cannot reach is not tried over UDP.
func TestR_BIS_7_7_1_NeverFallsBackToUDP(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer pc.Close()
	c := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: TLS(client("aaa.example.net"))}), Retry: dac.Retry{Initial: 50 * time.Millisecond, Duration: 300 * time.Millisecond}}
	defer c.Close()
	_, err = c.Disconnect(t.Context(), netipAddrPort(pc.LocalAddr().String()), attrs.UserName.Of("bob"))
	require.Error(t, err)
	require.NoError(t, pc.SetReadDeadline(time.Now()))
	_, _, err = pc.ReadFrom(make([]byte, 4096))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

// What has grown old is left when the next connection has answered.
func TestDialAndServeReplacesAnOldConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		auth := testca.NewCA()
		ln, hub := newPiped(), &Server{Config: TLS(auth.Config("hub.example.net")), Peers: dac.CertPeers{"bng-1.nas.example.net": {ReverseCoA: true}}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- hub.Serve(ctx, ln) }()
		cfg := TLS(auth.Config("bng-1.nas.example.net"))
		cfg.Dial, cfg.MaxAge, cfg.TLS.ServerName = ln.dial, time.Hour, "hub.example.net"
		go func() {
			done <- DialAndServe(ctx, ack(dac.CertPeers{"hub.example.net": {}}), "hub.example.net", cfg)
		}()
		c := &dac.Client{Peers: hub}
		time.Sleep(time.Second)
		for range 200 {
			_, err := c.Disconnect(t.Context(), hub.NAS("bng-1.nas.example.net"), attrs.UserName.Of("bob"))
			require.NoError(t, err)
			time.Sleep(time.Minute)
		}
		assert.GreaterOrEqual(t, hub.Config.Stats().Opened, uint64(3))
		assert.LessOrEqual(t, hub.Config.Stats().Opened, uint64(5))
		assert.Equal(t, 1, hub.Config.Stats().Open)
		c.Close()
		cancel()
		require.NoError(t, errors.Join(<-done, <-done))
	})
}

// A call that ends while its NAS refuses connections says so, whatever ends it.
func TestPoolSaysThatTheNASRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		wait time.Duration // of the call; 0: none
		took time.Duration
		text string
	}{
		"deadline": {3 * time.Second, 3 * time.Second,
			"dac: no answer from 192.0.2.1:2083: nothing was sent, no connection yet: dialing (radsec: dial: connection refused): context deadline exceeded"},
		"no deadline": {0, 29900 * time.Millisecond,
			"dac: dial 192.0.2.1:2083: radsec: no connection to 192.0.2.1:2083: radsec: dial: connection refused; context deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := TLS(testca.NewCA().Config("aaa.example.net"))
				cfg.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }
				client := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: cfg})}
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if c.wait != 0 {
					ctx, cancel = context.WithTimeout(ctx, c.wait)
				}
				defer cancel()
				began := time.Now()
				_, err := client.Disconnect(ctx, netipAddrPort("192.0.2.1:2083"), attrs.UserName.Of("bob"))
				assert.EqualError(t, err, c.text)
				assert.ErrorIs(t, err, syscall.ECONNREFUSED)
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, c.took, time.Since(began))
				assert.Contains(t, dac.Hint(err), "Peer.ServerName")
				assert.NotContains(t, dac.Hint(err), "Client.Dial")
				assert.True(t, dac.Retryable(err))
				client.Close()
				time.Sleep(time.Minute) // the pool ends
			})
		})
	}
}

// What listens and never shakes hands is told of as that, before and after its time.
func TestPoolSaysThatTheHandshakeHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := TLS(testca.NewCA().Config("aaa.example.net"))
		cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go io.Copy(io.Discard, there)
			return here, nil
		}
		c := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: cfg})}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := c.Disconnect(ctx, netipAddrPort("192.0.2.1:2083"), attrs.UserName.Of("bob"))
		assert.EqualError(t, err, "dac: no answer from 192.0.2.1:2083: nothing was sent, no connection yet: dialing: context deadline exceeded")
		_, err = c.Disconnect(t.Context(), netipAddrPort("192.0.2.1:2083"), attrs.UserName.Of("bob"))
		assert.ErrorContains(t, err, "radsec: handshake with 192.0.2.1:2083")
		assert.Equal(t, "look at whether RADIUS over TLS listens at this address and port; nothing was sent", dac.Hint(err))
		c.Close()
		time.Sleep(time.Minute) // the pool ends
	})
}

// A NAS that refuses the certificate says so after the handshake of TLS 1.3, when a request has
// left already. Its Client dials again in its turn.
func TestR_BIS_3_9_1_1_PoolBacksOffFromConnectionsThatEnd(t *testing.T) {
	for name, peers := range map[string]dac.Peers{
		"refused after the handshake": dac.CertPeers{"other.example.net": {}},
		"closed when a request comes": nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				auth := testca.NewCA()
				ln, cfg := newPiped(), TLS(auth.Config("aaa.example.net"))
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				if peers != nil {
					go func() { done <- Serve(ctx, ack(peers), ln, TLS(auth.Config("nas.example.net"))) }()
				} else {
					done <- nil
					go closeAtRequests(ln, auth.Config("nas.example.net"))
				}
				var times []time.Time
				cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					times = append(times, time.Now())
					return ln.dial(ctx, network, addr)
				}
				c := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: cfg, ServerName: "nas.example.net"}), Retry: dac.Retry{Duration: 20 * time.Second}}
				_, err := c.Disconnect(t.Context(), netipAddrPort("192.0.2.1:2083"), attrs.UserName.Of("bob"))
				assert.Error(t, err)
				c.Close()
				time.Sleep(time.Minute)
				if cancel(); peers == nil {
					ln.Close()
				}
				assert.NoError(t, <-done)
				assert.Greater(t, len(times), 3)
				for i := 1; i < len(times); i++ {
					assert.GreaterOrEqual(t, times[i].Sub(times[i-1]), leastBackoff, "dial %d", i)
				}
			})
		})
	}
}

// closeAtRequests takes connections, and ends each at its first octets.
func closeAtRequests(ln net.Listener, cfg *tls.Config) {
	cfg.ClientAuth = tls.RequireAnyClientCert
	for {
		raw, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			conn := tls.Server(raw, cfg)
			conn.Read(make([]byte, 1))
			raw.Close()
		}()
	}
}

// A connection that is established after the last call of Open has given up is closed.
func TestPoolClosesAConnectionThatComesTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		auth := testca.NewCA()
		ln, cfg, server := newPiped(), TLS(auth.Config("aaa.example.net")), TLS(auth.Config("nas.example.net"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- Serve(ctx, ack(nasPeers), ln, server) }()
		cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			time.Sleep(3 * time.Second)
			return ln.dial(ctx, network, addr)
		}
		short, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		_, err := cfg.Open(short, netipAddrPort("192.0.2.1:2083"), dac.Peer{ServerName: "nas.example.net"})
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(time.Minute)
		assert.Zero(t, cfg.Stats().Open)
		assert.EqualValues(t, 1, server.Stats().Opened)
		cancel()
		assert.NoError(t, <-done)
	})
}
