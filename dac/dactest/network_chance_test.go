// SPDX-License-Identifier: Apache-2.0

package dactest_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/radius-dynauth/dynauth/dac/dactest"
)

// fates sends count datagrams over one path and returns those that arrived, in order.
func fates(t *testing.T, n *dactest.Network, count int) (arrived []uint32) {
	pc := listen(t, n, nas4)
	c, err := n.DialFrom(t.Context(), netip.MustParseAddrPort("192.0.2.1:1000"), nas4)
	require.NoError(t, err)
	for i := range count {
		_, err := c.Write(binary.BigEndian.AppendUint32(nil, uint32(i)))
		require.NoError(t, err)
	}
	require.NoError(t, pc.SetReadDeadline(time.Now().Add(time.Minute)))
	b := make([]byte, 4)
	for {
		if _, _, err := pc.ReadFrom(b); err != nil {
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			break
		}
		arrived = append(arrived, binary.BigEndian.Uint32(b))
	}
	require.NoError(t, c.Close())
	require.NoError(t, pc.Close())
	reconciles(t, n.Stats())
	return arrived
}

func TestNetworkChances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 20_000
		n := dactest.Network{Loss: 0.3, Duplicate: 0.2, Reorder: 0.1, Seed: 42, Queue: 2 * count}
		arrived := fates(t, &n, count)
		s := n.Stats()
		require.InDelta(t, 0.3*count, s.Lost, 0.01*count)
		require.InDelta(t, 0.7*0.2*count, s.Duplicated, 0.01*count)
		require.EqualValues(t, len(arrived), s.Received)
		require.Zero(t, s.Pending)
		late := 0
		for i, v := range arrived {
			if i > 0 && v < arrived[i-1] {
				late++
			}
		}
		require.Positive(t, late, "some arrive out of order")

		again := dactest.Network{Loss: 0.3, Duplicate: 0.2, Reorder: 0.1, Seed: 42, Queue: 2 * count}
		require.Equal(t, arrived, fates(t, &again, count), "one seed is one story")
		other := dactest.Network{Loss: 0.3, Duplicate: 0.2, Reorder: 0.1, Seed: 43, Queue: 2 * count}
		require.NotEqual(t, arrived, fates(t, &other, count))
	})
}

func TestNetworkKeepsOrderWithoutJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := dactest.Network{Latency: time.Second, Loss: 0.5, Queue: 10_000}
		arrived := fates(t, &n, 10_000)
		require.IsIncreasing(t, arrived)
	})
}

func TestNetworkJitterStaysInBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := dactest.Network{Latency: time.Second, Jitter: 100 * time.Millisecond}
		pc, c := listen(t, &n, nas4), dial(t, &n, nas4)
		var sum time.Duration
		for range 1000 {
			start := time.Now()
			_, err := c.Write([]byte("x"))
			require.NoError(t, err)
			_, _, err = pc.ReadFrom(nil)
			require.NoError(t, err)
			took := time.Since(start)
			require.Greater(t, took, time.Second)
			require.LessOrEqual(t, took, 1100*time.Millisecond)
			sum += took
		}
		require.InDelta(t, 1050, (sum / 1000).Milliseconds(), 5)
	})
}

// TestNetworkUnderLoad has many talk to one, with every fault there is, and counts on both ends.
func TestNetworkUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := dactest.Network{
			Latency: time.Millisecond, Jitter: time.Millisecond,
			Loss: 0.3, Duplicate: 0.3, Reorder: 0.3, Seed: 1, Queue: 64,
		}
		const clients, each = 50, 400
		pc := listen(t, &n, nas6)
		var heard, answered atomic.Uint64
		var servers, senders, listeners sync.WaitGroup
		for range 3 {
			servers.Go(func() {
				b := make([]byte, 100)
				for {
					k, from, err := pc.ReadFromUDPAddrPort(b)
					if err != nil {
						assert.ErrorIs(t, err, net.ErrClosed)
						return
					}
					heard.Add(1)
					_, err = pc.WriteToUDPAddrPort(b[:k], from)
					assert.NoError(t, err)
				}
			})
		}
		var conns []net.Conn
		for range clients {
			c := dial(t, &n, nas6)
			conns = append(conns, c)
			senders.Go(func() {
				for range each {
					_, err := c.Write([]byte("request"))
					assert.NoError(t, err)
					time.Sleep(time.Millisecond)
				}
			})
			listeners.Go(func() {
				b := make([]byte, 100)
				for {
					k, err := c.Read(b)
					if err != nil {
						return
					}
					assert.Equal(t, "request", string(b[:k]))
					answered.Add(1)
				}
			})
		}
		senders.Wait()
		time.Sleep(time.Minute)
		s := n.Stats()
		reconciles(t, s)
		require.Zero(t, s.Pending)
		require.Equal(t, heard.Load()+answered.Load(), s.Received)
		toServer := n.StatsTo(nas6)
		reconciles(t, toServer)
		require.EqualValues(t, clients*each, toServer.Sent)
		require.Equal(t, heard.Load(), toServer.Received)
		require.NoError(t, pc.Close())
		for _, c := range conns {
			require.NoError(t, c.Close())
		}
		servers.Wait()
		listeners.Wait()
	})
}

func BenchmarkNetwork(b *testing.B) {
	for _, n := range []*dactest.Network{{}, {Loss: 0.3, Duplicate: 0.3}} {
		b.Run(fmt.Sprintf("loss=%v", n.Loss), func(b *testing.B) {
			pc := n.Listen(nas4).(socket)
			defer pc.Close()
			c, err := n.Dial(b.Context(), nas4)
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			packet := make([]byte, 100)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = c.Write(packet)
				for n.StatsTo(nas4).Pending > 0 {
					_, _, _ = pc.ReadFromUDPAddrPort(packet)
				}
			}
		})
	}
}
