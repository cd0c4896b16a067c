// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// onSockets runs f with each way of reading and writing that this platform has.
func onSockets(t *testing.T, network, address string, f func(t *testing.T, c *net.UDPConn, io packetIO)) {
	for name, open := range map[string]func(*net.UDPConn) packetIO{
		"batched": newUDPIO,
		"single":  func(c *net.UDPConn) packetIO { return newPlainUDP(c) },
		"plain":   func(c *net.UDPConn) packetIO { return &plainIO{pc: c, ap: c, local: addrPortOf(c.LocalAddr())} },
		"generic": func(c *net.UDPConn) packetIO { return &plainIO{pc: c, local: addrPortOf(c.LocalAddr())} },
	} {
		t.Run(name, func(t *testing.T) {
			pc, err := net.ListenPacket(network, address)
			if err != nil && network == "udp6" {
				t.Skip("no IPv6 on this machine")
			}
			require.NoError(t, err)
			c := pc.(*net.UDPConn)
			defer c.Close()
			f(t, c, open(c))
		})
	}
}

func TestSocketsCarryBatches(t *testing.T) {
	for _, at := range [][2]string{{"udp4", "127.0.0.1:0"}, {"udp6", "[::1]:0"}, {"udp4", ":0"}, {"udp", "127.0.0.1:0"}} {
		t.Run(at[0]+at[1], func(t *testing.T) {
			onSockets(t, at[0], at[1], func(t *testing.T, c *net.UDPConn, io packetIO) {
				to := c.LocalAddr().(*net.UDPAddr)
				if to.IP.IsUnspecified() {
					to.IP = net.IPv4(127, 0, 0, 1)
				}
				peer, err := net.DialUDP("udp", nil, to)
				require.NoError(t, err)
				defer peer.Close()
				const n = 100
				for i := range n {
					_, err := peer.Write(fmt.Appendf(nil, "question %d", i))
					require.NoError(t, err)
				}
				ds := io.buffers(readBatch)
				for got := 0; got < n; {
					k, err := io.read(ds)
					require.NoError(t, err)
					var os []outgoing
					for i := range ds[:k] {
						require.Equal(t, fmt.Sprintf("question %d", got), string(ds[i].octets()))
						require.Equal(t, addrPortOf(peer.LocalAddr()), unmapped(ds[i].remote))
						require.Equal(t, uint16(to.Port), ds[i].local.Port())
						os = append(os, outgoing{origin: &ds[i].origin, octets: fmt.Appendf(nil, "answer %d", got)})
						got++
					}
					io.write(os)
					for i := range os {
						require.NoError(t, os[i].err)
					}
				}
				buf := make([]byte, 100)
				for i := range n {
					require.NoError(t, peer.SetReadDeadline(time.Now().Add(10*time.Second)))
					k, err := peer.Read(buf)
					require.NoError(t, err)
					require.Equal(t, fmt.Sprintf("answer %d", i), string(buf[:k]))
				}
			})
		})
	}
}

func TestWriteErrorsAreOfTheirDatagram(t *testing.T) {
	onSockets(t, "udp4", "127.0.0.1:0", func(t *testing.T, c *net.UDPConn, io packetIO) {
		peer, err := net.ListenPacket("udp4", "127.0.0.1:0")
		require.NoError(t, err)
		defer peer.Close()
		good := origin{io: io, remote: addrPortOf(peer.LocalAddr()), addr: peer.LocalAddr()}
		bad := good
		bad.remote = netip.AddrPortFrom(good.remote.Addr(), 0)
		bad.addr = net.UDPAddrFromAddrPort(bad.remote)
		os := []outgoing{{origin: &good, octets: []byte("1")}, {origin: &bad, octets: []byte("2")}, {origin: &good, octets: []byte("3")}}
		io.write(os)
		require.NoError(t, os[0].err)
		require.Error(t, os[1].err)
		require.NoError(t, os[2].err)
		buf := make([]byte, 10)
		for _, want := range []string{"1", "3"} {
			require.NoError(t, peer.SetReadDeadline(time.Now().Add(10*time.Second)))
			n, _, err := peer.ReadFrom(buf)
			require.NoError(t, err)
			require.Equal(t, want, string(buf[:n]))
		}
	})
}

// A multi-homed host answers from the address that was asked (RFC 5176, section 2.3): 127.0.0.0/8 is one on Linux.
func TestR5176_2_3_1_AnswerLeavesFromTheAddressAsked(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have one loopback address")
	}
	for _, network := range []string{"udp4", "udp"} { // udp: one socket for IPv4 and IPv6
		for name, open := range map[string]func(*net.UDPConn) packetIO{
			"batched": newUDPIO,
			"single":  func(c *net.UDPConn) packetIO { return newPlainUDP(c) },
		} {
			t.Run(network+" "+name, func(t *testing.T) {
				pc, err := net.ListenPacket(network, ":0")
				require.NoError(t, err)
				io := open(pc.(*net.UDPConn))
				defer io.close()
				ds := io.buffers(readBatch)
				port := addrPortOf(pc.LocalAddr()).Port()
				for _, address := range []string{"127.0.0.2", "127.9.9.9", "[::1]"} {
					if address == "[::1]" && network == "udp4" {
						continue
					}
					c, err := net.Dial("udp", fmt.Sprint(address, ":", port)) // connected: hears that address alone
					require.NoError(t, err)
					_, err = c.Write([]byte("question"))
					require.NoError(t, err)
					n, err := io.read(ds)
					require.NoError(t, err)
					require.Equal(t, 1, n)
					require.Equal(t, fmt.Sprint(address, ":", port), ds[0].local.String())
					for _, batch := range []int{1, 2} { // a lone one leaves by another way
						os := []outgoing{{origin: &ds[0].origin, octets: []byte("a")}, {origin: &ds[0].origin, octets: []byte("b")}}[:batch]
						io.write(os)
						buf := [10]byte{}
						for i := range os {
							require.NoError(t, os[i].err)
							require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
							_, err := c.Read(buf[:])
							require.NoError(t, err, address)
						}
					}
					require.NoError(t, c.Close())
				}
			})
		}
	}
}

func TestListenAndServeServesIPv4AndIPv6(t *testing.T) {
	free, err := net.ListenPacket("udp", ":0")
	require.NoError(t, err)
	port := addrPortOf(free.LocalAddr()).Port()
	require.NoError(t, free.Close())
	var local sync.Map
	srv := &Server{Addr: fmt.Sprint(":", port), Peers: SharedSecret("s"), Handler: HandlerFunc(func(ctx context.Context, r *Request) (*Response, error) {
		local.Store(r.Local.String(), true)
		return r.ACK()
	})}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- srv.ListenAndServe(ctx) }()
	for i, address := range []string{"127.0.0.1", "[::1]"} {
		c, err := net.Dial("udp", fmt.Sprint(address, ":", port))
		require.NoError(t, err)
		b, err := request(radius.CodeCoARequest, avp(1, "bob")).AppendSigned(nil, byte(i), "s")
		require.NoError(t, err)
		buf := make([]byte, 4096)
		require.Eventually(t, func() bool { // until it listens
			c.Write(b)
			c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			_, err := c.Read(buf)
			return err == nil
		}, 10*time.Second, time.Millisecond)
		_, ok := local.Load(fmt.Sprint(address, ":", port))
		require.True(t, ok, "Request.Local")
	}
	stop()
	require.NoError(t, <-done)
}
