// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
)

// links are the ways to read and write that this platform has, each over a socket of its own that
// is connected to peer.
func links(t *testing.T, peer net.PacketConn) map[string]Link {
	dial := func() *net.UDPConn {
		c, err := net.DialUDP("udp", nil, peer.LocalAddr().(*net.UDPAddr))
		require.NoError(t, err)
		require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
		t.Cleanup(func() { c.Close() })
		return c
	}
	c := dial()
	all := map[string]Link{
		"one at a time": &plainLink{linkConn: &linkConn{conn: c, done: make(chan struct{})}},
		"as it comes":   NewLink(dial()),
	}
	if runtime.GOOS == "linux" && (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64") {
		require.True(t, all["as it comes"].Batches(), "Linux moves batches")
	}
	require.False(t, all["one at a time"].Batches())
	return all
}

func neighbour(t *testing.T) *net.UDPConn {
	pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	require.NoError(t, pc.SetDeadline(time.Now().Add(10*time.Second)))
	require.NoError(t, pc.SetReadBuffer(linkBuffer))
	t.Cleanup(func() { pc.Close() })
	return pc
}

// Packets of any length arrive as they were sent, in order, more of them than a batch takes; so do
// their echoes.
func TestLinkMovesPackets(t *testing.T) {
	pc := neighbour(t)
	for name, l := range links(t, pc) {
		t.Run(name, func(t *testing.T) {
			var sent [][]byte
			for i := range 3*MaxLinks + 1 {
				b := make([]byte, 4*i) // small enough that a socket holds them all
				if i == MaxLinks {
					b = make([]byte, packet.MaxLen)
				}
				for k := range b {
					b[k] = byte(i)
				}
				sent = append(sent, b)
			}
			n, err := l.Write(sent)
			require.NoError(t, err)
			require.Equal(t, len(sent), n)
			buf := make([]byte, 2*packet.MaxLen)
			for _, want := range sent {
				n, from, err := pc.ReadFromUDPAddrPort(buf)
				require.NoError(t, err)
				require.Equal(t, string(want), string(buf[:n]))
				_, err = pc.WriteToUDPAddrPort(buf[:n], from)
				require.NoError(t, err)
			}
			for rest := sent; len(rest) > 0; {
				packets, err := l.Read()
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

// What cannot be sent stops a write, which says how many went before; nothing is sent twice or left
// out.
func TestLinkSaysWhichPacketFailed(t *testing.T) {
	pc := neighbour(t)
	for name, l := range links(t, pc) {
		t.Run(name, func(t *testing.T) {
			packets := [][]byte{{0}, {1}, make([]byte, 1<<16), {3}}
			n, err := l.Write(packets)
			require.Error(t, err)
			require.Equal(t, 2, n)
			n, err = l.Write(packets[3:])
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

// A link that is closed ends its reader, and refuses to write.
func TestLinkThatIsClosed(t *testing.T) {
	pc := neighbour(t)
	for name, l := range links(t, pc) {
		t.Run(name, func(t *testing.T) {
			ended := make(chan error, 1)
			go func() {
				_, err := l.Read()
				ended <- err
			}()
			l.Close()
			l.Close()
			require.ErrorIs(t, <-ended, net.ErrClosed)
			_, err := l.Write([][]byte{{1}, {2}})
			require.ErrorIs(t, err, net.ErrClosed)
			<-l.Done()
		})
	}
}
