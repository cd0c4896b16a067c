// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/netio/netiotest"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/serve"
	"github.com/stretchr/testify/require"
)

// A convoy brings datagrams in reads of all sizes, and notes what is answered.
type convoy struct {
	netiotest.Socket
	requests [][]byte // by their numbers
	octets   [][]byte
	from     []netip.AddrPort
	next     int
	sizes    *rand.Rand
	end      chan struct{} // closed once no more is to come

	mu      sync.Mutex
	answers map[uint32]int // by the number in Proxy-State
	wrong   int            // of all, those that are not signed as they should be
}

// socket is what a reader reads c by.
func (c *convoy) socket() *netiotest.Socket {
	c.OnRead = c.read
	if c.OnWrite == nil {
		c.OnWrite = c.write
	}
	return &c.Socket
}

func (c *convoy) read(ds []netio.Datagram) (int, error) {
	n := min(1+c.sizes.IntN(len(ds)), len(c.octets)-c.next)
	if n == 0 {
		<-c.end
		return 0, io.EOF
	}
	for i := range ds[:n] {
		netiotest.Put(&ds[i], c.from[c.next], c.octets[c.next])
		c.next++
	}
	return n, nil
}

func (c *convoy) write(os []netio.Outgoing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range os {
		n := binary.BigEndian.Uint32(packet.Find(o.Octets, packet.TypeProxyState))
		c.answers[n]++
		if verifyResponse(o.Octets, c.requests[n], benchSecret) != nil {
			c.wrong++
		}
	}
}

// numbered is request n, with the number in its Proxy-State.
func numbered(t *testing.T, n int) []byte {
	b, err := request(40, avp(packet.TypeProxyState, string(binary.BigEndian.AppendUint32(nil, uint32(n))))).AppendSigned(nil, byte(n), benchSecret)
	require.NoError(t, err)
	return b
}

// Whatever handlers do that arrived together, and in whatever reads duplicates come: nothing is
// executed twice, everything is, all is answered that is to be, and nothing is left behind.
func TestWhateverTheHandlersOfABatchDo(t *testing.T) {
	const requests = 3000
	src := rand.New(rand.NewPCG(3, 3))
	c := &convoy{sizes: rand.New(rand.NewPCG(4, 4)), end: make(chan struct{}), answers: make(map[uint32]int)}
	add := func(b []byte) {
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + src.IntN(2))}), uint16(40000+src.IntN(2)))
		c.octets, c.from = append(c.octets, b), append(c.from, at)
	}
	for n := range requests {
		c.requests = append(c.requests, numbered(t, n))
		add(c.requests[n])
		for src.IntN(3) == 0 {
			add(c.requests[max(0, n-src.IntN(100))])
		}
	}
	var mu sync.Mutex
	runs := make([]int, requests)
	s := &Server{Peers: SharedSecret(benchSecret), MaxHandlers: 4096, Handler: HandlerFunc(func(ctx context.Context, r *Request) (*Response, error) {
		n := int(binary.BigEndian.Uint32(r.Packet.Attributes.Get(packet.TypeProxyState)))
		mu.Lock()
		runs[n]++
		mu.Unlock()
		resp, err := r.ACK()
		switch n % 40 {
		case 0:
			<-time.After(3 * serve.WatchTick)
		case 7:
			resume := Yield(ctx)
			<-time.After(serve.WatchTick)
			resume()
		case 13:
			panic("handler")
		case 19:
			runtime.Goexit()
		case 23:
			return nil, fmt.Errorf("busy: %w", ErrDiscard)
		case 29:
			return nil, ErrSilent
		case 31:
			resp.After = func(context.Context) { <-time.After(serve.WatchTick) }
		case 37:
			resp.After = func(context.Context) { runtime.Goexit() }
		}
		return resp, err
	})}
	st := s.state()
	st.Open()
	r := readerOf(t, st, c.socket())
	r.Go()
	require.Eventually(t, func() bool {
		total := s.Stats().Total.Disconnect
		return total.Requests+total.Duplicates == uint64(len(c.octets)) && r.Idle()
	}, time.Minute, time.Millisecond)
	close(c.end)
	require.ErrorIs(t, r.Failed(), io.EOF)
	r.EndWatch()
	r.Wait()
	st.Close()

	for n, times := range runs {
		switch n % 40 {
		case 23:
			require.GreaterOrEqual(t, times, 1, "request %d, which is forgotten each time", n)
			require.Zero(t, c.answers[uint32(n)], n)
		case 29:
			require.Equal(t, 1, times, n)
			require.Zero(t, c.answers[uint32(n)], n)
		default:
			require.Equal(t, 1, times, n)
			require.NotZero(t, c.answers[uint32(n)], n)
		}
	}
	require.Zero(t, c.wrong)
	running, waiting, yielded := r.Places()
	require.Zero(t, running+waiting+yielded)
	require.Zero(t, r.Busy())
}
