// SPDX-License-Identifier: Apache-2.0

//go:build unix

package dtls

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/stretchr/testify/require"
)

// TestManySessions opens DYNAUTH_DTLS sessions with one NAS over loopback, and says what both ends
// hold for one, how fast they come up, and how fast requests go over all of them. It is passed over
// where that is not set.
func TestManySessions(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("DYNAUTH_DTLS"))
	if n == 0 {
		t.Skip("DYNAUTH_DTLS is not set")
	}
	ca := radsectest.NewCA()
	nas := Certificates(ca.Issue([]string{"nas.example.net"}), ca.Pool())
	peers := dac.CertPeers{"*.example.net": {}}
	nas.MaxSessions, nas.MaxHandshakes = n, 8*n // all come from one address
	srv := &dac.Server{Peers: peers, Handler: dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() })}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, srv, pc, nas) }()
	addr := netip.MustParseAddrPort(pc.LocalAddr().String())

	ends := make([]*Config, n)
	for i := range ends {
		ends[i] = Certificates(ca.Issue([]string{fmt.Sprintf("aaa-%d.example.net", i)}), ca.Pool())
		ends[i].ServerName, ends[i].HandshakeTimeout = "nas.example.net", time.Minute
	}
	held := func() (octets, goroutines int) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapInuse + m.StackInuse), runtime.NumGoroutine()
	}
	octets, goroutines := held()
	began, before := time.Now(), processor(t)
	conns := make([]*Conn, n)
	var all sync.WaitGroup
	turns := make(chan int)
	for range 64 {
		all.Go(func() {
			for i := range turns {
				var err error
				if conns[i], err = Dial(ctx, addr.String(), ends[i]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range n {
		turns <- i
	}
	close(turns)
	all.Wait()
	require.False(t, t.Failed())
	took, used := time.Since(began), processor(t)-before
	more, many := held()
	t.Logf("%d sessions in %v: %.0f handshakes/s, %v of processor time for both ends of one; they hold %d octets of heap and stacks, and %d goroutines",
		n, took.Round(time.Millisecond), float64(n)/took.Seconds(), (used / time.Duration(n)).Round(time.Microsecond), (more-octets)/n, (many-goroutines)/n)

	const each = 50
	began, before = time.Now(), processor(t)
	for _, conn := range conns {
		all.Go(func() {
			client := &dac.Client{Peers: dac.PeerMap{netip.PrefixFrom(addr.Addr(), 32): {Via: conn}}}
			for i := range each {
				if _, err := client.Disconnect(ctx, addr, attrs.UserName.Of(fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			}
			client.Close()
		})
	}
	all.Wait()
	took, used = time.Since(began), processor(t)-before
	t.Logf("%d requests over all of them, one at a time each: %.0f/s, %v of processor time for both ends of one",
		n*each, float64(n*each)/took.Seconds(), (used / (time.Duration(n) * each)).Round(time.Microsecond))
	stats := srv.Stats()
	require.EqualValues(t, n*each, stats.Total.Disconnect.ACKs)
	for _, conn := range conns {
		require.NoError(t, conn.Err())
		all.Go(func() { conn.Close() })
	}
	all.Wait()
	stop()
	require.NoError(t, <-ended)
	require.Zero(t, nas.Stats().Open)
}

// processor is the time that this process has had of the processors.
func processor(t *testing.T) time.Duration {
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
