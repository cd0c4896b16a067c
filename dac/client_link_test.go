// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// links are the ways to read and write that this platform has, each over a socket of its own that is connected to peer.
func links(t *testing.T, peer net.PacketConn) map[string]*packetLink {
	dial := func() *net.UDPConn {
		c, err := net.DialUDP("udp", nil, peer.LocalAddr().(*net.UDPAddr))
		require.NoError(t, err)
		require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
		t.Cleanup(func() { c.Close() })
		return c
	}
	c := dial()
	all := map[string]*packetLink{
		"one at a time": {conn: c, linkIO: &plainLink{conn: c, buf: make([]byte, maxLen)}, done: make(chan struct{})},
		"as it comes":   newPacketLink(dial(), new(load)),
	}
	if runtime.GOOS == "linux" && (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64") {
		require.True(t, all["as it comes"].batches(), "Linux moves batches")
	}
	require.False(t, all["one at a time"].batches())
	return all
}

func neighbour(t *testing.T) *net.UDPConn {
	pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	require.NoError(t, pc.SetDeadline(time.Now().Add(10*time.Second)))
	require.NoError(t, pc.SetReadBuffer(receiveBuffer))
	t.Cleanup(func() { pc.Close() })
	return pc
}

// Packets of any length arrive as they were sent, in order, more of them than a batch takes; so do their echoes.
func TestLinkMovesPackets(t *testing.T) {
	pc := neighbour(t)
	for name, l := range links(t, pc) {
		t.Run(name, func(t *testing.T) {
			var sent [][]byte
			for i := range 3*linkBatch + 1 {
				b := make([]byte, 4*i) // small enough that a socket holds them all
				if i == linkBatch {
					b = make([]byte, maxLen)
				}
				for k := range b {
					b[k] = byte(i)
				}
				sent = append(sent, b)
			}
			n, err := l.write(sent)
			require.NoError(t, err)
			require.Equal(t, len(sent), n)
			buf := make([]byte, 2*maxLen)
			for _, want := range sent {
				n, from, err := pc.ReadFromUDPAddrPort(buf)
				require.NoError(t, err)
				require.Equal(t, string(want), string(buf[:n]))
				_, err = pc.WriteToUDPAddrPort(buf[:n], from)
				require.NoError(t, err)
			}
			for rest := sent; len(rest) > 0; {
				packets, err := l.read()
				require.NoError(t, err)
				require.NotEmpty(t, packets)
				for _, b := range packets {
					require.Equal(t, string(rest[0]), string(b))
					rest = rest[1:]
				}
			}
		})
	}
}

// What cannot be sent stops a write, which says how many went before; nothing is sent twice or left out.
func TestLinkSaysWhichPacketFailed(t *testing.T) {
	pc := neighbour(t)
	for name, l := range links(t, pc) {
		t.Run(name, func(t *testing.T) {
			packets := [][]byte{{0}, {1}, make([]byte, 1<<16), {3}}
			n, err := l.write(packets)
			require.Error(t, err)
			require.Equal(t, 2, n)
			n, err = l.write(packets[3:])
			require.NoError(t, err)
			require.Equal(t, 1, n)
			for _, want := range []byte{0, 1, 3} {
				var buf [4]byte
				n, _, err := pc.ReadFromUDPAddrPort(buf[:])
				require.NoError(t, err)
				require.Equal(t, []byte{want}, buf[:n])
			}
		})
	}
}

// A link that is closed ends whoever reads it, and refuses to write.
func TestLinkThatIsClosed(t *testing.T) {
	pc := neighbour(t)
	for name, l := range links(t, pc) {
		t.Run(name, func(t *testing.T) {
			ended := make(chan error, 1)
			go func() {
				_, err := l.read()
				ended <- err
			}()
			l.close()
			l.close()
			require.ErrorIs(t, <-ended, net.ErrClosed)
			_, err := l.write([][]byte{{1}, {2}})
			require.ErrorIs(t, err, net.ErrClosed)
			<-l.done
		})
	}
}

// What was read is used before its room is given back, and not after.
func TestRoomIsGivenBackOnceRead(t *testing.T) {
	p, x := asked(t, radius.CodeDisconnectRequest, Peer{Secret: "s"})
	ack := appendHeader(nil, radius.CodeDisconnectACK, x.id, true)
	require.NoError(t, closePacket(ack, 0))
	signResponse(ack, x.wire, "s")
	lent := &lender{packets: [][]byte{slices.Clone(ack)}}
	p.link.linkIO = lent
	p.receive()
	require.True(t, lent.back)
	require.NoError(t, x.err)
	require.Equal(t, ack, x.answer)
}

// A lender is a linkIO of one read, whose room others use once it is given back.
type lender struct {
	plainLink
	packets [][]byte
	back    bool
}

func (l *lender) read() ([][]byte, error) {
	if l.back {
		return nil, io.EOF
	}
	return l.packets, nil
}

func (l *lender) giveBack() {
	l.back = true
	for _, b := range l.packets {
		clear(b)
	}
}

// A recorder is a linkIO that keeps what is written.
type recorder struct {
	plainLink
	mu     sync.Mutex
	writes [][]byte // the identifiers of each
}

func (r *recorder) batches() bool { return true }

func (r *recorder) write(packets [][]byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []byte
	for _, b := range packets {
		ids = append(ids, b[1])
	}
	r.writes = append(r.writes, ids)
	return len(packets), nil
}

func (r *recorder) writeOne(b []byte) error {
	_, err := r.write([][]byte{b})
	return err
}

// Requests that are made at the same time leave together, each once; where few are in flight, each leaves at once by itself.
func TestRequestsLeaveTogether(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const n = 40
	for _, busy := range []bool{false, true} {
		t.Run(fmt.Sprintf("busy %v", busy), func(t *testing.T) {
			p, first := asked(t, radius.CodeDisconnectRequest, Peer{Secret: "s"})
			r := new(recorder)
			p.link.linkIO = r
			var wg sync.WaitGroup
			want := make(map[byte]int)
			for range n {
				x := p.to.core.newExchange(first.peer, first.request, first.began)
				hasTurn, err := p.to.enter(x, x.began)
				require.NoError(t, err)
				require.True(t, hasTurn)
				require.True(t, x.sign())
				if x.crowd = 0; busy {
					x.crowd = n
				}
				want[x.id]++
				wg.Go(func() { p.post(x) })
			}
			wg.Wait()
			got := make(map[byte]int)
			for _, ids := range r.writes {
				for _, id := range ids {
					got[id]++
				}
			}
			require.Equal(t, want, got)
			if busy {
				assert.LessOrEqual(t, len(r.writes), n/4)
			} else {
				assert.Len(t, r.writes, n)
			}
		})
	}
}
