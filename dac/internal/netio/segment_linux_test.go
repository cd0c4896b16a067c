// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package netio

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
)

// makeBusy has s send segments from now on, whatever it has written before.
func makeBusy(s *segmenter) {
	s.last.Store(int64(time.Since(epoch) + time.Hour)) // a pause has not passed for an hour
	s.count.Store(busyDatagrams)
}

// listening opens a socket on loopback that is busy.
func listening(t *testing.T, network, address string) (*net.UDPConn, *batchSocket) {
	pc, err := net.ListenPacket(network, address)
	if err != nil && network == "udp6" {
		t.Skip("no IPv6 on this machine")
	}
	require.NoError(t, err)
	t.Cleanup(func() { pc.Close() })
	c := pc.(*net.UDPConn)
	s, ok := NewSocket(c).(*batchSocket)
	require.True(t, ok)
	if !s.able.Load() {
		t.Skip("this kernel knows no segments")
	}
	makeBusy(&s.segmenter)
	return c, s
}

// sending opens a busy link to a socket of its own.
func sending(t *testing.T) (*batchLink, *net.UDPConn) {
	to, _ := listening(t, "udp4", "127.0.0.1:0")
	c, err := net.DialUDP("udp4", nil, to.LocalAddr().(*net.UDPAddr))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	l, ok := NewLink(c).(*batchLink)
	require.True(t, ok)
	makeBusy(&l.segmenter)
	return l, to
}

// hears reads n datagrams.
func hears(t *testing.T, c *net.UDPConn, n int) (got []string) {
	buf := make([]byte, packet.MaxLen)
	for range n {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
		k, err := c.Read(buf)
		require.NoError(t, err, "after %d of %d", len(got), n)
		got = append(got, string(buf[:k]))
	}
	return got
}

// A burst leaves as datagrams, which a capture shows as such; what goes on leaves as segments.
func TestSegmentsAreForABusySocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s segmenter
		require.False(t, s.wants(MaxBatch), "the kernel knows none")
		s.able.Store(true)
		write := func(n int, pause time.Duration) (segments bool) {
			for range n / MaxBatch {
				time.Sleep(pause)
				segments = s.wants(MaxBatch)
			}
			return segments
		}
		require.False(t, write(busyDatagrams, 0), "a burst of some thousand")
		require.True(t, write(MaxBatch, 0))
		require.True(t, write(10*MaxBatch, busyPause-1))
		require.False(t, write(MaxBatch, busyPause), "a pause")
		require.False(t, write(10*busyDatagrams, busyPause), "what goes on slowly")
		s.refused(syscall.ECONNREFUSED)
		require.True(t, s.able.Load(), "an ICMP error has nothing to do with it")
		s.refused(syscall.EIO)
		require.False(t, write(2*busyDatagrams, 0), "the way takes none")
	})
}

// Answers that leave as segments come one by one, each at its destination, those of one
// destination and length in their order, whatever else is among them.
func TestAnswersInSegmentsComeOneByOne(t *testing.T) {
	for _, at := range [][2]string{{"udp4", "127.0.0.1:0"}, {"udp6", "[::1]:0"}, {"udp4", ":0"}, {"udp6", ":0"}} {
		t.Run(at[0]+at[1], func(t *testing.T) {
			_, s := listening(t, at[0], at[1])
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
			var batch []Outgoing
			for n := range 150 { // more than a system call takes
				to := []int{0, 0, 0, 1, 1, 2}[n%6]
				text := fmt.Sprintf("answer %03d", n)
				if n%30 == 29 {
					text += " is longer" // and so in no run
				}
				want[to] = append(want[to], text)
				from := &Origin{Socket: s, Remote: AddrPort(peers[to].LocalAddr()), via: loopback}
				batch = append(batch, Outgoing{Origin: from, Octets: []byte(text)})
			}
			s.Write(batch)
			for i := range batch {
				require.NoError(t, batch[i].Err)
			}
			require.True(t, s.able.Load(), "nothing was refused")
			for i, c := range peers {
				got := hears(t, c, len(want[i]))
				long := func(s string) bool { return len(s) > len("answer 000") }
				equal := func(all []string) []string { return slices.DeleteFunc(slices.Clone(all), long) }
				require.Equal(t, equal(want[i]), equal(got))
				require.ElementsMatch(t, want[i], got)
			}
		})
	}
}

// What may be one run of answers, and what may not. Where nothing were grouped this would fail.
func TestEqualAnswersAreGrouped(t *testing.T) {
	here := &Origin{Remote: netip.MustParseAddrPort("192.0.2.1:1")}
	there := &Origin{Remote: netip.MustParseAddrPort("192.0.2.2:1")}
	same := *here
	via := same
	via.via = netip.MustParseAddr("192.0.2.9")
	batch := func(n int, of ...Outgoing) (all []Outgoing) {
		for i := range n {
			all = append(all, of[i%len(of)])
		}
		return all
	}
	var s sender
	segments := true
	sizes := func(all []Outgoing) (sizes []int) {
		s.group(all, segments)
		require.ElementsMatch(t, s.order, func() (is []int) {
			for i := range all {
				is = append(is, i)
			}
			return is
		}(), "each once")
		for _, r := range s.runs {
			sizes = append(sizes, r.n)
			places := s.order[r.first : r.first+r.n]
			require.True(t, slices.IsSorted(places))
			for _, i := range places {
				require.Equal(t, all[places[0]].Remote, all[i].Remote)
				require.Len(t, all[i].Octets, len(all[places[0]].Octets))
			}
		}
		return sizes
	}
	ones := func(n int) []int { return slices.Repeat([]int{1}, n) }
	ack := Outgoing{Origin: here, Octets: make([]byte, 26)}
	to := func(o *Origin, n int) Outgoing { return Outgoing{Origin: o, Octets: make([]byte, n)} }
	require.Equal(t, []int{MaxBatch}, sizes(batch(MaxBatch, ack, to(&same, 26))), "two origins of one destination")
	require.Equal(t, []int{MaxBatch / 2, MaxBatch / 2}, sizes(batch(MaxBatch, ack, to(there, 26))))
	require.Equal(t, []int{MaxBatch / 2, MaxBatch / 2}, sizes(batch(MaxBatch, ack, to(&via, 26))), "another address to leave from")
	require.Equal(t, []int{minSegments}, sizes(batch(minSegments, ack)))
	require.Equal(t, ones(minSegments-1), sizes(batch(minSegments-1, ack)), "few stay datagrams")
	require.Equal(t, ones(2*minSegments-2), sizes(batch(2*minSegments-2, ack, to(here, 27))))
	require.Equal(t, ones(MaxBatch), sizes(batch(MaxBatch, to(here, maxSegment+1))), "it may not fit a link")
	segments = false
	require.Equal(t, ones(MaxBatch), sizes(batch(MaxBatch, ack)), "a burst stays datagrams")
}

// A way on which the kernel does not split gets its datagrams one by one: the same happens with
// IPsec, and with cards that make no checksums.
func TestAnswersInRefusedSegmentsLeaveOneByOne(t *testing.T) {
	c, s := listening(t, "udp4", "127.0.0.1:0")
	control(c, func(fd int) { noChecksums(t, fd) })
	peer, _ := listening(t, "udp4", "127.0.0.1:0")
	good := &Origin{Socket: s, Remote: AddrPort(peer.LocalAddr())}
	bad := &Origin{Socket: s, Remote: netip.MustParseAddrPort("127.0.0.1:0")}
	var batch []Outgoing
	for n := range 60 {
		o := Outgoing{Origin: good, Octets: bytes.Repeat([]byte{'a' + byte(n%26)}, 30)}
		if n%3 == 2 {
			o.Origin = bad
		}
		batch = append(batch, o)
	}
	s.Write(batch)
	var want []string
	for i := range batch {
		if batch[i].Origin == bad {
			require.Error(t, batch[i].Err)
			continue
		}
		require.NoError(t, batch[i].Err)
		want = append(want, string(batch[i].Octets))
	}
	require.Equal(t, want, hears(t, peer, len(want)))
	require.False(t, s.able.Load(), "it is not tried again")
}

// noChecksums rules segments out.
func noChecksums(t *testing.T, fd int) {
	const soNoCheck = 11 // of asm-generic/socket.h
	require.NoError(t, syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soNoCheck, 1))
}

// requestsOf is n packets of which each is told from the others, of some lengths in turns of 20.
func requestsOf(n int, lengths ...int) (packets [][]byte, want []string) {
	for i := range n {
		text := fmt.Sprintf("%03d", i) + strings.Repeat(".", lengths[i/20%len(lengths)])
		packets, want = append(packets, []byte(text)), append(want, text)
	}
	return packets, want
}

// Requests that leave as segments come one by one and in their order, and all count as sent.
func TestRequestsInSegmentsComeOneByOne(t *testing.T) {
	for name, lengths := range map[string][]int{
		"equal": {60}, "of two lengths": {60, 61}, "too large for a segment": {60, maxSegment},
	} {
		t.Run(name, func(t *testing.T) {
			l, to := sending(t)
			packets, want := requestsOf(100, lengths...)
			n, err := l.Write(packets)
			require.NoError(t, err)
			require.Equal(t, len(packets), n)
			require.Equal(t, want, hears(t, to, len(want)))
			require.True(t, l.able.Load(), "nothing was refused")
		})
	}
}

// What may be one run of requests. Where nothing were grouped this would fail.
func TestEqualRequestsAreGrouped(t *testing.T) {
	sizes := func(segments bool, lengths ...int) (sizes []int) {
		var packets [][]byte
		for _, n := range lengths {
			packets = append(packets, make([]byte, n))
		}
		var s sender
		s.inOrder(packets, segments)
		at := 0
		for _, r := range s.runs {
			require.Equal(t, at, r.first)
			at += r.n
			sizes = append(sizes, r.n)
		}
		require.Equal(t, len(packets), at)
		return sizes
	}
	repeat := func(n, length int) []int { return slices.Repeat([]int{length}, n) }
	require.Equal(t, []int{MaxLinks}, sizes(true, repeat(MaxLinks, 50)...))
	require.Equal(t, repeat(MaxLinks, 1), sizes(false, repeat(MaxLinks, 50)...))
	require.Equal(t, repeat(minSegments-1, 1), sizes(true, repeat(minSegments-1, 50)...))
	mixed := slices.Concat(repeat(8, 50), []int{51}, repeat(8, 50), []int{52, 53})
	require.Equal(t, []int{8, 1, 8, 1, 1}, sizes(true, mixed...))
	turns := slices.Concat(repeat(8, 50), repeat(8, 51), repeat(8, 50), repeat(8, 51))
	require.Equal(t, []int{8, 8, 8, 8}, sizes(true, turns...))
	require.Equal(t, repeat(16, 1), sizes(true, repeat(16, maxSegment+1)...), "it may not fit a link")
}

// A way on which the kernel does not split gets its requests one by one, each once.
func TestRequestsInRefusedSegmentsLeaveOneByOne(t *testing.T) {
	l, to := sending(t)
	require.NoError(t, l.raw.Control(func(fd uintptr) { noChecksums(t, int(fd)) }))
	packets, want := requestsOf(100, 60, 61)
	n, err := l.Write(packets)
	require.NoError(t, err)
	require.Equal(t, len(packets), n)
	require.Equal(t, want, hears(t, to, len(want)))
	require.False(t, l.able.Load(), "it is not tried again")
}

// An ICMP error that comes back with segments is that of the first of them, and none is sent.
func TestRequestsInSegmentsMeetAnICMPError(t *testing.T) {
	l, to := sending(t)
	packets, _ := requestsOf(40, 60)
	require.NoError(t, to.Close())
	require.NoError(t, l.WriteOne(packets[0]))
	n, err := l.Write(packets)
	require.Zero(t, n)
	require.True(t, IsICMP(err), "%v", err)
	require.True(t, l.able.Load())
}

// Rooms go back before a socket waits, and others find in them what they need.
func TestIdleSocketsHoldNoRoom(t *testing.T) {
	_, one := listening(t, "udp4", "127.0.0.1:0")
	_, any := listening(t, "udp4", ":0") // asks for control messages
	for i, s := range []*batchSocket{one, any, one, any} {
		to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), s.local.Port())
		c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to))
		require.NoError(t, err)
		_, err = c.Write([]byte{byte(i)})
		require.NoError(t, err)
		ds, err := s.Read()
		require.NoError(t, err)
		require.Len(t, ds, 1)
		require.Equal(t, []byte{byte(i)}, ds[0].Octets)
		require.Equal(t, to, ds[0].Local)
		require.Equal(t, AddrPort(c.LocalAddr()), ds[0].Remote)
		require.NotNil(t, s.room)
		require.NoError(t, s.c.SetReadDeadline(time.Now()))
		_, err = s.Read()
		require.Error(t, err)
		require.Nil(t, s.room, "while it waited")
		require.NoError(t, s.c.SetReadDeadline(time.Time{}))
		require.NoError(t, c.Close())
	}
}
