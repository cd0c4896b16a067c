// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"fmt"
	"math"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// sending opens a way to a socket of its own.
func sending(t *testing.T) (*batchLink, *net.UDPConn) {
	to, _ := listening(t, "udp4", "127.0.0.1:0")
	c, err := net.DialUDP("udp4", nil, to.LocalAddr().(*net.UDPAddr))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	l, ok := newBatchLink(c, new(load)).(*batchLink)
	require.True(t, ok)
	if !l.split.Load() {
		t.Skip("this kernel makes no datagrams of what it is given in one piece")
	}
	l.load.lasts.Store(math.MaxInt64)
	return l, to
}

// requests are n packets of which each is told from the others, of some lengths in turns of 20.
func requestsOf(n int, lengths ...int) (packets [][]byte, want []string) {
	for i := range n {
		text := fmt.Sprintf("%03d", i) + strings.Repeat(".", lengths[i/20%len(lengths)])
		packets, want = append(packets, []byte(text)), append(want, text)
	}
	return packets, want
}

// Requests that leave in one piece come one by one and in their order, and all of them count as sent.
func TestRequestsInSheavesComeOneByOne(t *testing.T) {
	for name, lengths := range map[string][]int{"alike": {60}, "of two lengths": {60, 61}, "too large for a sheaf": {60, mostSplit}} {
		t.Run(name, func(t *testing.T) {
			l, to := sending(t)
			packets, want := requestsOf(100, lengths...)
			n, err := l.write(packets)
			require.NoError(t, err)
			require.Equal(t, len(packets), n)
			require.Equal(t, want, hears(t, to, len(want)))
			require.True(t, l.split.Load(), "nothing was refused")
		})
	}
}

// What is shown to the kernel: sheaves of many alike under a load that lasts, and otherwise one by one.
func TestShowMakesSheavesOfManyAlike(t *testing.T) {
	sizes := func(sheaves bool, lengths ...int) (sizes []int) {
		var packets [][]byte
		for _, n := range lengths {
			packets = append(packets, make([]byte, n))
		}
		var h linkHeaders
		h.show(packets, sheaves)
		for i := range h.want {
			require.Equal(t, h.msgs[i].Iovlen > 1, h.msgs[i].Control != nil)
			sizes = append(sizes, int(h.msgs[i].Iovlen))
		}
		return sizes
	}
	repeat := func(n, length int) (all []int) {
		for range n {
			all = append(all, length)
		}
		return all
	}
	require.Equal(t, []int{linkBatch}, sizes(true, repeat(linkBatch, 50)...))
	require.Equal(t, repeat(linkBatch, 1), sizes(false, repeat(linkBatch, 50)...))
	require.Equal(t, repeat(leastSheaf-1, 1), sizes(true, repeat(leastSheaf-1, 50)...))
	require.Equal(t, []int{8, 1, 8, 1, 1}, sizes(true, append(append(append(repeat(8, 50), 51), repeat(8, 50)...), 52, 53)...))
	require.Equal(t, []int{8, 8, 8, 8}, sizes(true, append(append(append(repeat(8, 50), repeat(8, 51)...), repeat(8, 50)...), repeat(8, 51)...)...), "as many as there can be")
	require.Equal(t, repeat(16, 1), sizes(true, repeat(16, mostSplit+1)...), "it may not fit a link")
}

// A way on which the kernel does not split gets its requests one by one, each once.
func TestRequestsInASheafThatIsRefusedLeaveOneByOne(t *testing.T) {
	const soNoCheck = 11 // of asm-generic/socket.h; it rules sheaves out
	l, to := sending(t)
	require.NoError(t, l.raw.Control(func(fd uintptr) { require.NoError(t, syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soNoCheck, 1)) }))
	packets, want := requestsOf(100, 60, 61)
	n, err := l.write(packets)
	require.NoError(t, err)
	require.Equal(t, len(packets), n)
	require.Equal(t, want, hears(t, to, len(want)))
	require.False(t, l.split.Load(), "it is not tried again")
}

// An ICMP error that comes back with a sheaf is that of the first of it, and none of it is sent.
func TestRequestsInASheafMeetAnICMPError(t *testing.T) {
	l, to := sending(t)
	packets, _ := requestsOf(40, 60)
	require.NoError(t, to.Close())
	require.NoError(t, l.writeOne(packets[0]))
	n, err := l.write(packets)
	require.Zero(t, n)
	require.True(t, isICMP(err), "%v", err)
	require.True(t, l.split.Load())
}
