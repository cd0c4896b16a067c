// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"bytes"
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listening opens a socket on loopback.
func listening(t *testing.T, network, address string) (*net.UDPConn, *batchIO) {
	pc, err := net.ListenPacket(network, address)
	if err != nil && network == "udp6" {
		t.Skip("no IPv6 on this machine")
	}
	require.NoError(t, err)
	t.Cleanup(func() { pc.Close() })
	c := pc.(*net.UDPConn)
	b, ok := newUDPIO(c).(*batchIO)
	require.True(t, ok)
	b.load.lasts.Store(math.MaxInt64)
	return c, b
}

// hears reads n datagrams.
func hears(t *testing.T, c *net.UDPConn, n int) (got []string) {
	buf := make([]byte, maxLen)
	for range n {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
		k, err := c.Read(buf)
		require.NoError(t, err, "after %d of %d", len(got), n)
		got = append(got, string(buf[:k]))
	}
	return got
}

// Answers that leave in one piece come one by one, each at its place, those of one place in their order, whatever else is among them.
func TestSheavesComeOneByOne(t *testing.T) {
	for _, at := range [][2]string{{"udp4", "127.0.0.1:0"}, {"udp6", "[::1]:0"}, {"udp4", ":0"}, {"udp6", ":0"}} {
		t.Run(at[0]+at[1], func(t *testing.T) {
			_, b := listening(t, at[0], at[1])
			if !b.split {
				t.Skip("this kernel makes no datagrams of what it is given in one piece")
			}
			loopback := netip.MustParseAddr("127.0.0.1")
			if at[0] == "udp6" {
				loopback = netip.IPv6Loopback()
			}
			var peers []*net.UDPConn
			var want [3][]string
			for range want {
				c, err := net.ListenUDP(at[0], net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
				require.NoError(t, err)
				defer c.Close()
				peers = append(peers, c)
			}
			var batch []outgoing
			for n := range 150 { // more than a system call takes
				to := []int{0, 0, 0, 1, 1, 2}[n%6]
				text := fmt.Sprintf("answer %03d", n)
				if n%30 == 29 {
					text += " is longer" // and so no part of a sheaf
				}
				want[to] = append(want[to], text)
				batch = append(batch, outgoing{origin: &origin{io: b, remote: addrPortOf(peers[to].LocalAddr()), via: loopback}, octets: []byte(text)})
			}
			b.write(batch)
			for i := range batch {
				require.NoError(t, batch[i].err)
			}
			require.True(t, b.split, "nothing was refused")
			for i, c := range peers {
				got := hears(t, c, len(want[i]))
				short := func(s string) bool { return len(s) > len("answer 000") }
				require.Equal(t, slices.DeleteFunc(slices.Clone(want[i]), short), slices.DeleteFunc(slices.Clone(got), short))
				require.ElementsMatch(t, want[i], got)
			}
		})
	}
}

// What may be one sheaf, and what may not.
func TestBindMakesSheavesOfManyAlike(t *testing.T) {
	b := &batchIO{split: true}
	b.load.lasts.Store(math.MaxInt64)
	here, there := &origin{remote: netip.MustParseAddrPort("192.0.2.1:1")}, &origin{remote: netip.MustParseAddrPort("192.0.2.2:1")}
	same := *here
	via := same
	via.via = netip.MustParseAddr("192.0.2.9")
	batch := func(n int, of ...outgoing) (all []outgoing) {
		for i := range n {
			all = append(all, of[i%len(of)])
		}
		return all
	}
	sizes := func(all []outgoing) (sizes []int) {
		b.bind(all)
		require.ElementsMatch(t, b.order, func() (is []int) {
			for i := range all {
				is = append(is, i)
			}
			return is
		}(), "each once")
		for _, s := range b.sheaves {
			sizes = append(sizes, s.n)
			places := b.order[s.first : s.first+s.n]
			require.True(t, slices.IsSorted(places))
			for _, i := range places {
				require.Equal(t, all[places[0]].remote, all[i].remote)
				require.Len(t, all[i].octets, len(all[places[0]].octets))
			}
		}
		return sizes
	}
	ack := outgoing{origin: here, octets: make([]byte, 26)}
	require.Equal(t, []int{64}, sizes(batch(64, ack, outgoing{origin: &same, octets: make([]byte, 26)})), "two origins of one place")
	require.Equal(t, []int{32, 32}, sizes(batch(64, ack, outgoing{origin: there, octets: make([]byte, 26)})))
	require.Equal(t, []int{32, 32}, sizes(batch(64, ack, outgoing{origin: &via, octets: make([]byte, 26)})), "another address to leave from")
	require.Equal(t, []int{leastSheaf}, sizes(batch(leastSheaf, ack)))
	require.Equal(t, slices.Repeat([]int{1}, leastSheaf-1), sizes(batch(leastSheaf-1, ack)), "few stay datagrams in a capture")
	require.Equal(t, slices.Repeat([]int{1}, 2*leastSheaf-2), sizes(batch(2*leastSheaf-2, ack, outgoing{origin: here, octets: make([]byte, 27)})))
	require.Equal(t, slices.Repeat([]int{1}, 64), sizes(batch(64, outgoing{origin: here, octets: make([]byte, mostSplit+1)})), "it may not fit a link")
	b.load.lasts.Store(0)
	require.Equal(t, slices.Repeat([]int{1}, 64), sizes(batch(64, ack)), "a burst stays datagrams in a capture")
	b.load.lasts.Store(math.MaxInt64)
	b.split = false
	require.Equal(t, slices.Repeat([]int{1}, 64), sizes(batch(64, ack)))
}

// A way on which the kernel does not split gets its datagrams one by one: the same happens with IPsec, and with cards that make no checksums.
func TestSheafThatIsRefusedLeavesOneByOne(t *testing.T) {
	const soNoCheck = 11 // of asm-generic/socket.h; it rules sheaves out
	c, b := listening(t, "udp4", "127.0.0.1:0")
	if !b.split {
		t.Skip("this kernel makes no datagrams of what it is given in one piece")
	}
	control(c, func(fd int) { require.NoError(t, syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soNoCheck, 1)) })
	peer, _ := listening(t, "udp4", "127.0.0.1:0")
	good, bad := &origin{io: b, remote: addrPortOf(peer.LocalAddr())}, &origin{io: b, remote: netip.MustParseAddrPort("127.0.0.1:0")}
	var batch []outgoing
	for n := range 60 {
		o := outgoing{origin: good, octets: bytes.Repeat([]byte{'a' + byte(n%26)}, 30)}
		if n%3 == 2 {
			o.origin = bad
		}
		batch = append(batch, o)
	}
	b.write(batch)
	var want []string
	for i := range batch {
		if batch[i].origin == bad {
			require.Error(t, batch[i].err)
			continue
		}
		require.NoError(t, batch[i].err)
		want = append(want, string(batch[i].octets))
	}
	require.Equal(t, want, hears(t, peer, len(want)))
	require.False(t, b.split, "it is not tried again")
}
