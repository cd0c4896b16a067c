// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dial connects a client with the certificate of names to addr.
func dial(t *testing.T, addr string, names ...string) *Conn {
	cfg := TLS(client(names...))
	cfg.TLS.ServerName = "nas.example.net"
	conn, err := Dial(t.Context(), addr, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func closes(t *testing.T, conn *Conn) {
	select {
	case <-conn.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the connection stays open")
	}
}

func TestR6613_2_6_7_1_ConnectionsOfAPeerAndInAllAreBounded(t *testing.T) {
	cfg := TLS(client("nas.example.net"))
	cfg.MaxConns, cfg.MaxConnsPerPeer = 3, 2
	addr := serve(t, ack(dac.CertPeers{"*.example.net": {}}), cfg)
	one, two := dial(t, addr, "a.example.net"), dial(t, addr, "a.example.net")
	eventually(t, "both are open", func() bool { return cfg.Stats().Open == 2 })
	closes(t, dial(t, addr, "a.example.net"))
	eventually(t, "counted", func() bool { return cfg.Stats().Refused["too many connections of the peer"] == 1 })
	dial(t, addr, "b.example.net")
	eventually(t, "another peer has its own", func() bool { return cfg.Stats().Open == 3 })
	raw, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer raw.Close()
	eventually(t, "no handshake begins beyond the limit", func() bool { return cfg.Stats().Refused["too many connections"] == 1 })
	one.Close()
	eventually(t, "a closed one makes room", func() bool { return cfg.Stats().Open == 2 })
	dial(t, addr, "a.example.net")
	eventually(t, "for the next", func() bool { return cfg.Stats().Open == 3 })
	assert.NoError(t, two.Err())
	assert.EqualValues(t, 1, cfg.Stats().Closed["closed by the other end"])
}

// Connections that say nothing take the places of their own address; those that wait are taken in
// their turn, and their time runs from then.
func TestR_BIS_7_4_1_HalfOpenConnectionsWait(t *testing.T) {
	cfg := TLS(client("nas.example.net"))
	cfg.MaxHandshakes, cfg.HandshakeTimeout = 16, 500*time.Millisecond // two for each address
	addr := serve(t, ack(nasPeers), cfg)
	for range 5 {
		raw, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		defer raw.Close()
	}
	eventually(t, "two begin and three wait", func() bool { s := cfg.Stats(); return s.Handshaking == 2 && s.Waiting == 3 })
	other := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	raw, err := other.Dial("tcp", addr)
	require.NoError(t, err)
	defer raw.Close()
	with := client("aaa.example.net")
	with.ServerName = "nas.example.net"
	require.NoError(t, tls.Client(raw, with).Handshake(), "another address need not wait")
	assert.Equal(t, 3, cfg.Stats().Waiting)
	dial(t, addr, "aaa.example.net") // has a turn when those before it have had their time
	assert.GreaterOrEqual(t, cfg.Stats().Failed["timeout"], uint64(4))
	assert.Empty(t, cfg.Stats().Refused)
}

func TestWaitingConnectionsEndWithServe(t *testing.T) {
	cfg := TLS(client("nas.example.net"))
	cfg.MaxHandshakes = 1
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- Serve(ctx, ack(nasPeers), ln, cfg) }()
	for range 3 {
		raw, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		defer raw.Close()
	}
	eventually(t, "two wait", func() bool { s := cfg.Stats(); return s.Handshaking == 1 && s.Waiting == 2 })
	cancel()
	require.NoError(t, <-done)
	assert.Zero(t, cfg.Stats().Waiting)
	assert.Zero(t, cfg.Stats().Handshaking)
	assert.Empty(t, cfg.gate.sources)
}

// A thousand connections at once, of a hundred peers and from eight addresses, with the limits that
// a Config has by itself.
func TestAThousandConnectionsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand handshakes")
	}
	cfg := TLS(client("nas.example.net"))
	cfg.HandshakeTimeout = time.Minute // this test has a thousand clients on the same processors
	addr := serve(t, ack(dac.CertPeers{"*.example.net": {}}), cfg)
	configs := make([]*tls.Config, 100)
	for i := range configs {
		configs[i] = client(fmt.Sprintf("bng-%d.example.net", i))
		configs[i].ServerName = "nas.example.net"
	}
	var wg sync.WaitGroup
	var failed atomic.Int32
	for i := range 1000 {
		wg.Go(func() {
			d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%8))}}
			raw, err := d.Dial("tcp", addr)
			if err == nil {
				t.Cleanup(func() { raw.Close() })
				err = tls.Client(raw, configs[i%100]).Handshake()
			}
			if err != nil {
				failed.Add(1)
			}
		})
	}
	wg.Wait()
	assert.Zero(t, failed.Load())
	require.Eventually(t, func() bool { return cfg.Stats().Open == 1000 }, time.Minute, 10*time.Millisecond)
	assert.Empty(t, cfg.Stats().Refused)
	assert.Empty(t, cfg.Stats().Failed)
}

// A passing error of Accept does not end Serve.
func TestAcceptThatFailsForAWhile(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	cfg := TLS(client("nas.example.net"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, ack(nasPeers), &failing{Listener: ln}, cfg) }()
	dial(t, ln.Addr().String(), "aaa.example.net")
	cancel()
	require.NoError(t, <-done)
	broken := &failing{Listener: ln, n: 5}
	require.ErrorContains(t, Serve(t.Context(), ack(nasPeers), broken, cfg), "radsec: accept")
}

type failing struct {
	net.Listener
	n int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.n++; f.n < 3 {
		return nil, passing{}
	}
	return f.Listener.Accept()
}

type passing struct{}

func (passing) Error() string   { return "too many open files" }
func (passing) Temporary() bool { return true }

// changing is Peers that a test changes.
type changing struct {
	mu   sync.Mutex
	peer dac.Peer
	err  error
}

func (c *changing) set(p dac.Peer, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peer, c.err = p, err
}

func (c *changing) identify(context.Context) (dac.Peer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peer, c.err
}

func TestRecheckClosesWhatIsNoLongerGood(t *testing.T) {
	other := ca()
	for name, c := range map[string]struct {
		change func(peers *changing, cfg *Config, revoked *atomic.Bool, roots *atomic.Bool)
		reason string // "": stays
	}{
		"nothing":       {func(*changing, *Config, *atomic.Bool, *atomic.Bool) {}, ""},
		"unknown":       {func(p *changing, _ *Config, _, _ *atomic.Bool) { p.set(dac.Peer{}, dac.ErrUnknownPeer) }, "Peers knows it no longer"},
		"another Peer":  {func(p *changing, _ *Config, _, _ *atomic.Bool) { p.set(dac.Peer{Name: "aaa", DenyCoA: true}, nil) }, "Peers has changed"},
		"a list":        {func(_ *changing, _ *Config, revoked, _ *atomic.Bool) { revoked.Store(true) }, "other"},
		"the authority": {func(_ *changing, _ *Config, _, roots *atomic.Bool) { roots.Store(true) }, "unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			var revoked, gone atomic.Bool
			peers := &changing{peer: dac.Peer{Name: "aaa"}}
			cfg := TLS(client("nas.example.net"))
			cfg.TLS.VerifyConnection = func(tls.ConnectionState) error {
				if revoked.Load() {
					return errors.New("revoked")
				}
				return nil
			}
			cfg.Roots = func() *x509Pool {
				if gone.Load() {
					return elsewhere().Pool()
				}
				return other.Pool()
			}
			conn := dial(t, serve(t, ack(identifyFunc(peers.identify)), cfg), "aaa.example.net")
			eventually(t, "open", func() bool { return cfg.Stats().Open == 1 })
			c.change(peers, cfg, &revoked, &gone)
			cfg.Recheck()
			if c.reason == "" {
				assert.NoError(t, conn.Err())
				return
			}
			closes(t, conn)
			eventually(t, "counted", func() bool { return cfg.Stats().Closed[c.reason] == 1 })
		})
	}
}

func TestRecheckKeepsConnectionsWhilePeersFails(t *testing.T) {
	peers := &changing{peer: dac.Peer{Name: "aaa"}}
	cfg := TLS(client("nas.example.net"))
	conn := dial(t, serve(t, ack(identifyFunc(peers.identify)), cfg), "aaa.example.net")
	eventually(t, "open", func() bool { return cfg.Stats().Open == 1 })
	peers.set(dac.Peer{}, errors.New("the database is away"))
	cfg.Recheck()
	assert.NoError(t, conn.Err())
	assert.Equal(t, 1, cfg.Stats().Open)
}

// The clock of the host's tls.Config decides, and RecheckEvery asks by itself.
func TestConnectionEndsWithItsCertificate(t *testing.T) {
	var ahead atomic.Int64
	cfg := TLS(client("nas.example.net"))
	cfg.TLS.Time = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	cfg.RecheckEvery = 20 * time.Millisecond
	conn := dial(t, serve(t, ack(nasPeers), cfg), "aaa.example.net")
	eventually(t, "open", func() bool { return cfg.Stats().Open == 1 })
	ahead.Store(int64(25 * time.Hour))
	closes(t, conn)
	eventually(t, "counted", func() bool { return cfg.Stats().Closed["the certificate has expired"] == 1 })
}

func TestConnectionEndsWithItsCertificateWithoutRecheck(t *testing.T) {
	cfg := TLS(client("nas.example.net"))
	cfg.RecheckEvery = -1
	addr := serve(t, ack(nasPeers), cfg)
	soon := TLS(issued(ca().Issue([]string{"aaa.example.net"}, expiresIn(2*time.Second))))
	soon.TLS.ServerName = "nas.example.net"
	conn, err := Dial(t.Context(), addr, soon)
	require.NoError(t, err)
	closes(t, conn)
	eventually(t, "counted", func() bool { return cfg.Stats().Closed["the certificate has expired"] == 1 })
}

// A connection that ends for what the other end has sent is closed as TLS wants it (RFC 8446,
// section 6.1): the other end has no reason to take that for an attack.
func TestAFaultEndsWithCloseNotify(t *testing.T) {
	addr := serve(t, ack(nasPeers), TLS(client("nas.example.net")))
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for name, packet := range map[string][]byte{
			"Length":        {40, 1, 0, 19},
			"authenticator": append([]byte{40, 1, 0, 20}, make([]byte, 16)...),
		} {
			cfg := client("aaa.example.net")
			cfg.ServerName, cfg.MaxVersion = "nas.example.net", version
			raw, err := net.Dial("tcp", addr)
			require.NoError(t, err)
			came := &counted{Conn: raw}
			conn := tls.Client(came, cfg)
			require.NoError(t, conn.Handshake())
			before := came.octets
			_, err = conn.Write(packet)
			require.NoError(t, err)
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
			_, err = conn.Read(make([]byte, 1))
			require.Equal(t, io.EOF, err, name)
			require.Greater(t, came.octets, before, "the alert: crypto/tls takes a bare FIN for an end too")
			conn.Close()
		}
	}
}

// A counted counts the octets that are read.
type counted struct {
	net.Conn
	octets int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.octets += n
	return n, err
}
