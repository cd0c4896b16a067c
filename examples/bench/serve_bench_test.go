// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// A conveyor is a socket that brings requests which were signed beforehand, and counts what is
// answered.
type conveyor struct {
	net.PacketConn
	packets  [][]byte
	next     int
	answered atomic.Int64
	done     func()
}

func (c *conveyor) LocalAddr() net.Addr {
	return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: dac.Port}
}

func (c *conveyor) Close() error { return nil }

func (c *conveyor) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	if c.next == len(c.packets) {
		c.done()
		return 0, netip.AddrPort{}, net.ErrClosed
	}
	c.next++
	return copy(b, c.packets[c.next-1]), netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 40000), nil
}

func (c *conveyor) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.answered.Add(1)
	return len(b), nil
}

// BenchmarkServe is what a request costs in a Server, a Dispatcher and a Table of a million
// sessions, and in a bare server: all but the system calls.
func BenchmarkServe(b *testing.B) {
	const sessions = 1_000_000
	srv, err := newMinimal(options{sessions: sessions, memory: 1 << 25, defaultWindow: true})
	require.NoError(b, err)
	check := newChecker(sessions, longWindow)
	for _, ma := range []bool{false, true} {
		b.Run("minimal "+title(ma), func(b *testing.B) {
			again := &dac.Server{Handler: srv.Handler, Peers: srv.Peers, Memory: srv.Memory, MaxHandlers: 1 << 20}
			c := &conveyor{packets: benched(b, sessions, ma), done: b.StopTimer}
			b.ReportAllocs()
			b.ResetTimer()
			defer reportCPU(b)()
			require.ErrorIs(b, again.Serve(context.Background(), c), net.ErrClosed)
			require.EqualValues(b, b.N, c.answered.Load())
			require.Equal(b, uint64(b.N), again.Stats().Total.Disconnect.ACKs)
		})
		b.Run("bare "+title(ma), func(b *testing.B) {
			packets, now := benched(b, sessions, ma), time.Now()
			var out []byte
			b.ReportAllocs()
			b.ResetTimer()
			defer reportCPU(b)()
			for i := range b.N {
				if out = check.answer(out[:0], packets[i], now); len(out) == 0 {
					b.Fatal("no answer")
				}
			}
		})
	}
}

// reportCPU reports what the process uses until the function that it returns is called: the garbage
// collector works beside.
func reportCPU(b *testing.B) func() {
	before, _ := usage()
	return func() {
		after, _ := usage()
		b.ReportMetric((after-before)/float64(b.N)*1e9, "cpu-ns/op")
	}
}

var benchedSoFar int

// benched are b.N signed requests, none of which came before.
func benched(b *testing.B, sessions int, ma bool) [][]byte {
	all := requestsOf(sessions, benchedSoFar, b.N, ma)
	benchedSoFar += (b.N/identifiers + 1) * identifiers
	return all
}

// requestsOf are n signed requests from number first, all for sessions that exist.
func requestsOf(sessions, first, n int, ma bool) (all [][]byte) {
	s, numbers, now := newSigner(), newNumbering(sessions, 0, 1, 0), time.Now().Unix()
	stencil := newStencil(s, ma)
	for i := first; i < first+n; i++ {
		session, unknown, stamp, err := numbers.next(i, now, int64(longWindow/time.Second))
		if err != nil {
			panic(err)
		}
		stencil.make(s, byte(i), session, unknown, stamp)
		all = append(all, slices.Clone(stencil.octets))
	}
	return all
}
