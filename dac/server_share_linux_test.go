// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
)

// Several sockets at one address are one server: each gets a part of what comes in, nothing is
// executed twice whichever of them it came to, and no other process can serve there.
func TestReadersShareAnAddress(t *testing.T) {
	const readers, clients = 4, 64
	for _, addr := range []string{"127.0.0.1:0", ":0"} {
		t.Run(addr, func(t *testing.T) {
			conns, _, err := netio.Listen(t.Context(), addr, readers)
			require.NoError(t, err)
			// For IPv4 and IPv6, where the machine has that.
			require.Contains(t, []int{readers, 2 * readers}, len(conns))
			_, port, err := net.SplitHostPort(conns[0].LocalAddr().String())
			require.NoError(t, err)
			_, _, err = netio.Listen(t.Context(), strings.TrimSuffix(addr, "0")+port, readers)
			require.ErrorContains(t, err, "another process serves there")

			var runs atomic.Int64
			var mu sync.Mutex
			var readBy = map[net.PacketConn]bool{}
			srv := &Server{Peers: SharedSecret(benchSecret), Handler: HandlerFunc(func(ctx context.Context, r *Request) (*Response, error) {
				runs.Add(1)
				return r.ACK()
			})}
			ctx, stop := context.WithCancel(t.Context())
			var served sync.WaitGroup
			for _, pc := range conns {
				served.Go(func() {
					counted := &countingConn{UDPConn: pc.(*net.UDPConn), read: func() { mu.Lock(); readBy[pc] = true; mu.Unlock() }}
					require.NoError(t, srv.Serve(ctx, counted))
				})
			}
			r, err := NewDisconnect(attrs.UserName.Of("bob"), attrs.EventTimestamp.Of(time.Now()))
			require.NoError(t, err)
			q, err := r.AppendSigned(nil, 1, benchSecret)
			require.NoError(t, err)
			var first []byte
			for range clients {
				got := askOnce(t, netip.MustParseAddrPort("127.0.0.1:"+port), q)
				if first == nil {
					first = got
				}
				require.Equal(t, first, got, "the same request from another port")
			}
			stop()
			served.Wait()
			require.EqualValues(t, 1, runs.Load())
			require.Greater(t, len(readBy), 1, "one socket alone got all of 64 ports")
		})
	}
}

// A countingConn tells when something was read.
type countingConn struct {
	*net.UDPConn
	read func()
}

func (c *countingConn) ReadFromUDPAddrPort(b []byte) (n int, addr netip.AddrPort, err error) {
	n, addr, err = c.UDPConn.ReadFromUDPAddrPort(b)
	if err == nil {
		c.read()
	}
	return n, addr, err
}

// askOnce sends q from a new port, again where it is lost, and returns the answer.
func askOnce(t *testing.T, to netip.AddrPort, q []byte) []byte {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	require.NoError(t, err)
	defer c.Close()
	buf := make([]byte, packet.MaxLen)
	for range 5 {
		_, err = c.Write(q)
		require.NoError(t, err)
		require.NoError(t, c.SetReadDeadline(time.Now().Add(2*time.Second)))
		if n, err := c.Read(buf); err == nil {
			return buf[:n]
		}
	}
	require.Fail(t, "no answer")
	return nil
}
