// SPDX-License-Identifier: Apache-2.0

//go:build amd64 && !race && !purego

package session_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// The tests do without the race detector, which has pools lose things at random, and look where
// packets are hashed together: one by one there is an allocation more.

// An idle host has a Table, and does nothing with what is found there.
type idle struct{ session.Table[*int] }

func (*idle) Disconnect(context.Context, *int, *session.Disconnect) error { return nil }
func (*idle) Change(context.Context, *int, *session.Change) error         { return nil }

// perRound is how many requests stand between two looks at what was allocated.
const perRound = 256

// A conveyor is a socket that brings requests which were signed beforehand. It looks at what was
// allocated each time that a round is over.
type conveyor struct {
	net.PacketConn
	packets  [][]byte
	next     int
	answered int
	rounds   []runtime.MemStats
}

func (c *conveyor) LocalAddr() net.Addr {
	return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: dac.Port}
}

func (c *conveyor) Close() error { return nil }

func (c *conveyor) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	if c.next%perRound == 0 {
		runtime.ReadMemStats(&c.rounds[c.next/perRound])
	}
	if c.next == len(c.packets) {
		return 0, netip.AddrPort{}, net.ErrClosed
	}
	c.next++
	return copy(b, c.packets[c.next-1]), netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 40000), nil
}

func (c *conveyor) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.answered++
	return len(b), nil
}

// garbage is what each of n requests allocates in a Server with a Dispatcher and a Table, from the
// socket to the answer, by the rounds that allocated least: in others the duplicate detection
// cache grows, or a collection has emptied a pool.
func garbage(t *testing.T, n int, r func(number int) *dac.Request) (allocs, octets float64) {
	h := new(idle)
	c := &conveyor{rounds: make([]runtime.MemStats, n/perRound+1)}
	for i := range n / perRound * perRound {
		id := attrs.Identity{AcctSessionID: fmt.Sprintf("%08x", i), UserName: fmt.Sprintf("user%07d@example.net", i)}
		require.NoError(t, h.Put(id, new(int)))
		b, err := r(i).AppendSigned(nil, byte(i), "s3cret")
		require.NoError(t, err)
		c.packets = append(c.packets, b)
	}
	d := session.NewDispatcher(h, attrs.SessionTimeout)
	d.NAS.Addrs = []netipAddr{addr("127.0.0.1")}
	s := &dac.Server{Handler: d, Peers: dac.SharedSecret("s3cret"), Memory: 1 << 26, MaxHandlers: 1 << 20}
	require.ErrorIs(t, s.Serve(t.Context(), c), net.ErrClosed)
	total := s.Stats().Total
	require.EqualValues(t, len(c.packets), total.Disconnect.ACKs+total.CoA.ACKs)
	require.Equal(t, len(c.packets), c.answered)
	for i, after := range c.rounds[1:] {
		before := &c.rounds[i]
		if a := float64(after.Mallocs-before.Mallocs) / perRound; i == 0 || a < allocs {
			allocs = a
		}
		if o := float64(after.TotalAlloc-before.TotalAlloc) / perRound; i == 0 || o < octets {
			octets = o
		}
	}
	return allocs, octets
}

// Of five attributes, as the requests of most servers.
func disconnectOf(t *testing.T) func(int) *dac.Request {
	return func(i int) *dac.Request { return disconnect(t, namesSession(i)...) }
}

// One attribute more, which is changed.
func changeOf(t *testing.T) func(int) *dac.Request {
	return func(i int) *dac.Request {
		return coa(t, append(namesSession(i), attrs.SessionTimeout.Of(3600))...)
	}
}

func namesSession(i int) []attrs.Attr {
	return []attrs.Attr{
		attrs.UserName.Of(fmt.Sprintf("user%07d@example.net", i)), attrs.AcctSessionID.Of(fmt.Sprintf("%08x", i)),
		attrs.NASIPAddress.Of(addr("127.0.0.1")), attrs.EventTimestamp.Of(time.Now()),
	}
}

// What a request leaves for the garbage collector: what a host may keep of it.
func TestGarbageOfARequest(t *testing.T) {
	const n = 40 * perRound
	for _, tt := range []struct {
		name           string
		r              func(int) *dac.Request
		allocs, octets float64
	}{
		{"Disconnect-Request", disconnectOf(t), 4, 696},
		{"CoA-Request", changeOf(t), 5, 784},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// In a bubble the watch finds no handler slow, however busy the machine is.
			synctest.Test(t, func(t *testing.T) {
				allocs, octets := garbage(t, n, tt.r)
				t.Logf("%.2f allocations of %.0f octets", allocs, octets)
				require.InDelta(t, tt.allocs, allocs, 0.1)
				require.InEpsilon(t, tt.octets, octets, 0.05)
			})
		})
	}
}
