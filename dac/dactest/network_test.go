// SPDX-License-Identifier: Apache-2.0

package dactest_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/radius-dynauth/dynauth/dac/dactest"
)

var (
	nas4 = netip.MustParseAddrPort("198.51.100.7:3799")
	nas6 = netip.MustParseAddrPort("[2001:db8:7::1]:3799")
)

// A socket is what a Network's sockets can do beside net.PacketConn, as a *net.UDPConn can.
type socket interface {
	net.PacketConn
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
}

var _ socket = (*net.UDPConn)(nil)

func dial(t testing.TB, n *dactest.Network, to netip.AddrPort) net.Conn {
	t.Helper()
	c, err := n.Dial(t.Context(), to)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func listen(t testing.TB, n *dactest.Network, at netip.AddrPort) socket {
	t.Helper()
	pc, ok := n.Listen(at).(socket)
	require.True(t, ok, "a listening socket reads and writes netip addresses")
	t.Cleanup(func() { _ = pc.Close() })
	return pc
}

// reconciles says whether the counters agree with each other and everything has been read.
func reconciles(t testing.TB, s dactest.NetworkStats) {
	t.Helper()
	require.Equal(t, s.Sent-s.Lost+s.Duplicated, s.Received+s.Pending, "%+v", s)
}

func TestNetworkCarriesBothFamilies(t *testing.T) {
	for _, at := range []netip.AddrPort{nas4, nas6} {
		t.Run(at.String(), func(t *testing.T) {
			var n dactest.Network
			pc := listen(t, &n, at)
			c := dial(t, &n, at)
			require.Equal(t, net.UDPAddrFromAddrPort(at), pc.LocalAddr())
			require.Equal(t, net.UDPAddrFromAddrPort(at), c.RemoteAddr())

			sent := []byte("request")
			_, err := c.Write(sent)
			require.NoError(t, err)
			sent[0] = 'X' // the Network has a copy
			b := make([]byte, 4096)
			k, from, err := pc.ReadFromUDPAddrPort(b)
			require.NoError(t, err)
			require.Equal(t, "request", string(b[:k]))
			require.Equal(t, c.LocalAddr(), net.UDPAddrFromAddrPort(from))
			require.Equal(t, at.Addr().Is4(), from.Addr().Is4(), "addresses come unmapped")

			_, err = pc.WriteTo([]byte("answer"), net.UDPAddrFromAddrPort(from))
			require.NoError(t, err)
			k, err = c.Read(b)
			require.NoError(t, err)
			require.Equal(t, "answer", string(b[:k]))

			require.Equal(t, dactest.NetworkStats{Sent: 2, Received: 2}, n.Stats())
			require.Equal(t, dactest.NetworkStats{Sent: 1, Received: 1}, n.StatsTo(at))
		})
	}
}

func TestNetworkReadFromTellsTheSender(t *testing.T) {
	var n dactest.Network
	pc, c := listen(t, &n, nas4), dial(t, &n, nas4)
	_, err := c.Write([]byte("long datagram"))
	require.NoError(t, err)
	b := make([]byte, 4)
	k, from, err := pc.ReadFrom(b)
	require.NoError(t, err)
	require.Equal(t, "long", string(b[:k]), "what does not fit is cut off, as by UDP")
	require.Equal(t, c.LocalAddr(), from)

	_, err = c.Write(nil)
	require.NoError(t, err)
	k, _, err = pc.ReadFrom(b)
	require.NoError(t, err)
	require.Zero(t, k, "an empty datagram is one")
}

func TestNetworkGivesEachDialAPortOfItsOwn(t *testing.T) {
	var n dactest.Network
	seen := make(map[string]bool)
	for range 1000 {
		c := dial(t, &n, nas4)
		require.False(t, seen[c.LocalAddr().String()])
		seen[c.LocalAddr().String()] = true
	}
	require.Equal(t, "192.0.2.1", dial(t, &n, nas4).LocalAddr().(*net.UDPAddr).IP.String())
	require.Equal(t, "2001:db8::1", dial(t, &n, nas6).LocalAddr().(*net.UDPAddr).IP.String())
	mapped := netip.AddrPortFrom(netip.AddrFrom16(nas4.Addr().As16()), nas4.Port())
	require.Equal(t, "192.0.2.1", dial(t, &n, mapped).LocalAddr().(*net.UDPAddr).IP.String())
}

func TestNetworkUsesPortsAgainOnceTheyAreFree(t *testing.T) {
	var n dactest.Network
	for range 20_000 { // more than there are ports
		c, err := n.Dial(t.Context(), nas4)
		require.NoError(t, err)
		require.NoError(t, c.Close())
	}
	for range 1<<16 - 49152 {
		dial(t, &n, nas4)
	}
	_, err := n.Dial(t.Context(), nas4)
	require.ErrorContains(t, err, "no free port left")
}

func TestNetworkDialFrom(t *testing.T) {
	var n dactest.Network
	from := netip.MustParseAddrPort("203.0.113.9:1645")
	c, err := n.DialFrom(t.Context(), from, nas4)
	require.NoError(t, err)
	require.Equal(t, from.String(), c.LocalAddr().String())
	_, err = n.DialFrom(t.Context(), from, nas4)
	require.ErrorContains(t, err, "in use")
	_, err = n.DialFrom(t.Context(), netip.MustParseAddrPort("203.0.113.9:0"), nas6)
	require.ErrorContains(t, err, "two families")
	_, err = n.Dial(t.Context(), netip.AddrPort{})
	require.ErrorContains(t, err, "missing address")
	_, err = n.Dial(t.Context(), netip.AddrPortFrom(nas4.Addr(), 0))
	require.ErrorContains(t, err, "missing address or port")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = n.Dial(ctx, nas4)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, c.Close())
	_, err = n.DialFrom(t.Context(), from, nas4)
	require.NoError(t, err, "a closed socket frees its address")
}

func TestNetworkListen(t *testing.T) {
	var n dactest.Network
	require.Equal(t, "192.0.2.1:3799", listen(t, &n, netip.AddrPortFrom(netip.Addr{}, 3799)).LocalAddr().String())
	require.Equal(t, "[2001:db8::1]:3799", listen(t, &n, netip.MustParseAddrPort("[::]:3799")).LocalAddr().String())
	require.Equal(t, "192.0.2.1:49152", listen(t, &n, netip.AddrPort{}).LocalAddr().String())
	require.PanicsWithValue(t, "dactest: listen 192.0.2.1:3799: address already in use", func() {
		n.Listen(netip.MustParseAddrPort("192.0.2.1:3799"))
	})
}

func TestNetworkWriteErrors(t *testing.T) {
	var n dactest.Network
	pc, c := listen(t, &n, nas4), dial(t, &n, nas4)
	_, err := c.Write(make([]byte, 65508))
	require.ErrorContains(t, err, "message too long")
	_, err = pc.WriteToUDPAddrPort(nil, nas6)
	require.ErrorContains(t, err, "another family")
	_, err = pc.WriteToUDPAddrPort(nil, netip.AddrPort{})
	require.ErrorContains(t, err, "missing address")
	_, err = pc.WriteTo(nil, &net.TCPAddr{})
	require.ErrorContains(t, err, "not a UDP address")
	_, err = pc.WriteTo(nil, nil)
	require.ErrorContains(t, err, "not a UDP address")
	_, err = c.(socket).WriteToUDPAddrPort(nil, nas4)
	require.ErrorIs(t, err, net.ErrWriteToConnected)
	_, err = pc.(net.Conn).Write(nil)
	require.ErrorContains(t, err, "destination address required")
	require.Nil(t, pc.(net.Conn).RemoteAddr())
	require.Zero(t, n.Stats().Sent)
}

func TestNetworkDialledSocketHearsOnlyItsPeer(t *testing.T) {
	var n dactest.Network
	listen(t, &n, nas4)
	other := listen(t, &n, netip.MustParseAddrPort("198.51.100.8:3799"))
	c := dial(t, &n, nas4)
	_, err := other.WriteTo([]byte("forged"), c.LocalAddr())
	require.NoError(t, err)
	require.Equal(t, dactest.NetworkStats{Sent: 1, Lost: 1, NoPort: 1}, n.Stats())
}

func TestNetworkLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := dactest.Network{Latency: 70 * time.Millisecond}
		pc, c := listen(t, &n, nas4), dial(t, &n, nas4)
		start := time.Now()
		for i := range 3 {
			_, err := c.Write([]byte{byte(i)})
			require.NoError(t, err)
			time.Sleep(10 * time.Millisecond)
		}
		require.EqualValues(t, 3, n.Stats().Pending)
		b := make([]byte, 10)
		for i := range 3 {
			_, _, err := pc.ReadFrom(b)
			require.NoError(t, err)
			require.EqualValues(t, i, b[0])
			require.Equal(t, time.Duration(i)*10*time.Millisecond+n.Latency, time.Since(start))
		}
	})
}

// A reader that waits for what is far away is woken by what is near.
func TestNetworkEarlierArrivalWakesTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := dactest.Network{Jitter: time.Hour, Seed: 3}
		pc, c := listen(t, &n, nas4), dial(t, &n, nas4)
		arrived := make(chan time.Duration, 100)
		start := time.Now()
		for range 4 {
			go func() {
				for range 25 {
					_, _, err := pc.ReadFrom(make([]byte, 1))
					assert.NoError(t, err)
					arrived <- time.Since(start)
				}
			}()
		}
		for i := range 100 {
			synctest.Wait()
			_, err := c.Write([]byte{byte(i)})
			require.NoError(t, err)
		}
		var last time.Duration
		for range 100 {
			at := <-arrived
			require.GreaterOrEqual(t, at, last)
			require.LessOrEqual(t, at, n.Jitter)
			last = at
		}
		require.Greater(t, last, n.Jitter*9/10)
	})
}

func TestNetworkReadDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n dactest.Network
		pc, c := listen(t, &n, nas4), dial(t, &n, nas4)
		start := time.Now()
		require.NoError(t, pc.SetReadDeadline(start.Add(time.Second)))
		_, _, err := pc.ReadFrom(nil)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout())
		require.Equal(t, time.Second, time.Since(start))

		_, err = c.Write([]byte("x"))
		require.NoError(t, err)
		_, _, err = pc.ReadFrom(nil)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded, "a deadline that has passed comes before what is there")

		require.NoError(t, pc.SetReadDeadline(time.Time{}))
		_, _, err = pc.ReadFrom(nil)
		require.NoError(t, err)

		// A deadline set meanwhile ends a wait.
		go func() {
			time.Sleep(time.Minute)
			assert.NoError(t, pc.SetDeadline(time.Unix(1, 0)))
		}()
		_, _, err = pc.ReadFrom(nil)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Equal(t, time.Second+time.Minute, time.Since(start))
		_, err = pc.WriteTo(nil, c.LocalAddr())
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.NoError(t, pc.SetWriteDeadline(time.Now().AddDate(500, 0, 0)))
		_, err = pc.WriteTo(nil, c.LocalAddr())
		require.NoError(t, err)
	})
}

func TestNetworkCloseEndsReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := dactest.Network{Latency: time.Second}
		pc, c := listen(t, &n, nas4), dial(t, &n, nas4)
		var readers sync.WaitGroup
		for range 3 {
			readers.Go(func() {
				_, _, err := pc.ReadFrom(make([]byte, 1))
				assert.ErrorIs(t, err, net.ErrClosed)
			})
		}
		synctest.Wait()
		for range 5 {
			_, err := c.Write([]byte("on its way"))
			require.NoError(t, err)
		}
		require.NoError(t, pc.Close())
		readers.Wait()
		require.ErrorIs(t, pc.Close(), net.ErrClosed)
		require.ErrorIs(t, pc.SetDeadline(time.Time{}), net.ErrClosed)
		_, err := pc.WriteTo(nil, c.LocalAddr())
		require.ErrorIs(t, err, net.ErrClosed)
		_, err = c.Write([]byte("too late"))
		require.NoError(t, err)
		require.Equal(t, dactest.NetworkStats{Sent: 6, Lost: 6, NoPort: 1}, n.Stats())
	})
}

func TestNetworkQueueIsBounded(t *testing.T) {
	n := dactest.Network{Queue: 10}
	pc, c := listen(t, &n, nas4), dial(t, &n, nas4)
	for i := range 25 {
		_, err := c.Write([]byte{byte(i)})
		require.NoError(t, err)
	}
	require.Equal(t, dactest.NetworkStats{Sent: 25, Lost: 15, Overflow: 15, Pending: 10}, n.Stats())
	b := make([]byte, 1)
	for i := range 10 {
		_, _, err := pc.ReadFrom(b)
		require.NoError(t, err)
		require.EqualValues(t, i, b[0], "the last ones are lost, not the first")
	}
	reconciles(t, n.Stats())
}

// What arrives while nothing reads fills the queue as well.
func TestNetworkQueueIsBoundedOnArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := dactest.Network{Queue: 10, Latency: time.Second}
		pc, c := listen(t, &n, nas4), dial(t, &n, nas4)
		for range 25 {
			_, err := c.Write([]byte("x"))
			require.NoError(t, err)
		}
		require.EqualValues(t, 25, n.Stats().Pending, "what is on its way is in no queue")
		time.Sleep(2 * time.Second)
		require.Equal(t, dactest.NetworkStats{Sent: 25, Lost: 15, Overflow: 15, Pending: 10}, n.StatsTo(nas4))
		require.NoError(t, pc.SetReadDeadline(time.Now().Add(time.Second)))
		for range 10 {
			_, _, err := pc.ReadFrom(nil)
			require.NoError(t, err)
		}
		_, _, err := pc.ReadFrom(nil)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
}

func TestNetworkRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := dactest.Network{Latency: 50 * time.Millisecond, Refuse: true}
		c := dial(t, &n, nas4)
		start := time.Now()
		_, err := c.Write([]byte("x"))
		require.NoError(t, err)
		_, err = c.Read(nil)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.Equal(t, 100*time.Millisecond, time.Since(start), "there and back")

		_, err = c.Write([]byte("x"))
		require.NoError(t, err, "an ICMP error is told once")
		time.Sleep(time.Second)
		_, err = c.Write([]byte("x"))
		require.ErrorIs(t, err, syscall.ECONNREFUSED, "a pending one ends a Write that sends nothing")
		require.Equal(t, dactest.NetworkStats{Sent: 2, Lost: 2, NoPort: 2}, n.Stats())

		pc := listen(t, &n, nas6)
		_, err = pc.WriteToUDPAddrPort([]byte("x"), netip.MustParseAddrPort("[2001:db8::9]:9"))
		require.NoError(t, err)
		time.Sleep(time.Second)
		_, err = pc.WriteToUDPAddrPort([]byte("x"), netip.MustParseAddrPort("[2001:db8::9]:9"))
		require.NoError(t, err, "who talks to many is not told")
	})
}

func TestNetworkIsSilentWithoutRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n dactest.Network
		c := dial(t, &n, nas4)
		_, err := c.Write([]byte("x"))
		require.NoError(t, err)
		require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Hour)))
		_, err = c.Read(nil)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
}

func TestNetworkDrop(t *testing.T) {
	var asked []string
	n := dactest.Network{Drop: func(from, to netip.AddrPort, packet []byte) bool {
		asked = append(asked, fmt.Sprintf("%v %v %s", from, to, packet))
		return packet[0] == 'b'
	}}
	pc, c := listen(t, &n, nas4), dial(t, &n, nas4)
	for _, s := range []string{"a", "b", "c"} {
		_, err := c.Write([]byte(s))
		require.NoError(t, err)
	}
	b := make([]byte, 1)
	for _, s := range []string{"a", "c"} {
		_, _, err := pc.ReadFrom(b)
		require.NoError(t, err)
		require.Equal(t, s, string(b))
	}
	from := c.LocalAddr().String()
	require.Equal(t, []string{from + " 198.51.100.7:3799 a", from + " 198.51.100.7:3799 b", from + " 198.51.100.7:3799 c"}, asked)
	require.Equal(t, dactest.NetworkStats{Sent: 3, Lost: 1, Received: 2}, n.Stats())
}
