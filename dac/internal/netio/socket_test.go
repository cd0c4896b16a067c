// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// onSockets runs f with each way of reading and writing that this platform has.
func onSockets(t *testing.T, network, address string, f func(t *testing.T, c *net.UDPConn, s Socket)) {
	for name, open := range map[string]func(*net.UDPConn) Socket{
		"batched": newUDPSocket,
		"single":  func(c *net.UDPConn) Socket { return newPlainUDP(c) },
		"plain":   func(c *net.UDPConn) Socket { return &plainSocket{pc: c, ap: c, local: AddrPort(c.LocalAddr())} },
		"generic": func(c *net.UDPConn) Socket { return &plainSocket{pc: c, local: AddrPort(c.LocalAddr())} },
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
			onSockets(t, at[0], at[1], func(t *testing.T, c *net.UDPConn, s Socket) {
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
				for got := 0; got < n; {
					ds, err := s.Read()
					require.NoError(t, err)
					var os []Outgoing
					for i := range ds {
						require.Equal(t, fmt.Sprintf("question %d", got), string(ds[i].Octets))
						require.Equal(t, AddrPort(peer.LocalAddr()), Unmap(ds[i].Remote))
						require.Equal(t, uint16(to.Port), ds[i].Local.Port())
						os = append(os, Outgoing{Origin: &ds[i].Origin, Octets: fmt.Appendf(nil, "answer %d", got)})
						got++
					}
					s.Write(os)
					for i := range os {
						require.NoError(t, os[i].Err)
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
	onSockets(t, "udp4", "127.0.0.1:0", func(t *testing.T, c *net.UDPConn, s Socket) {
		peer, err := net.ListenPacket("udp4", "127.0.0.1:0")
		require.NoError(t, err)
		defer peer.Close()
		good := Origin{Socket: s, Remote: AddrPort(peer.LocalAddr()), addr: peer.LocalAddr()}
		bad := good
		bad.Remote = netip.AddrPortFrom(good.Remote.Addr(), 0)
		bad.addr = net.UDPAddrFromAddrPort(bad.Remote)
		os := []Outgoing{{Origin: &good, Octets: []byte("1")}, {Origin: &bad, Octets: []byte("2")}, {Origin: &good, Octets: []byte("3")}}
		s.Write(os)
		require.NoError(t, os[0].Err)
		require.Error(t, os[1].Err)
		require.NoError(t, os[2].Err)
		buf := make([]byte, 10)
		for _, want := range []string{"1", "3"} {
			require.NoError(t, peer.SetReadDeadline(time.Now().Add(10*time.Second)))
			n, _, err := peer.ReadFrom(buf)
			require.NoError(t, err)
			require.Equal(t, want, string(buf[:n]))
		}
	})
}

// A multi-homed host answers from the address that was asked (RFC 5176, section 2.3): 127.0.0.0/8
// is one on Linux.
func TestR5176_2_3_1_AnswerLeavesFromTheAddressAsked(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have one loopback address")
	}
	for _, network := range []string{"udp4", "udp"} { // udp: one socket for IPv4 and IPv6
		for name, open := range map[string]func(*net.UDPConn) Socket{
			"batched": newUDPSocket,
			"single":  func(c *net.UDPConn) Socket { return newPlainUDP(c) },
		} {
			t.Run(network+" "+name, func(t *testing.T) {
				pc, err := net.ListenPacket(network, ":0")
				require.NoError(t, err)
				s := open(pc.(*net.UDPConn))
				defer s.Close()
				port := AddrPort(pc.LocalAddr()).Port()
				for _, address := range []string{"127.0.0.2", "127.9.9.9", "[::1]"} {
					if address == "[::1]" && network == "udp4" {
						continue
					}
					// Connected: hears that address alone.
					c, err := net.Dial("udp", fmt.Sprint(address, ":", port))
					require.NoError(t, err)
					_, err = c.Write([]byte("question"))
					require.NoError(t, err)
					ds, err := s.Read()
					require.NoError(t, err)
					require.Len(t, ds, 1)
					require.Equal(t, fmt.Sprint(address, ":", port), ds[0].Local.String())
					for _, batch := range []int{1, 2} { // a lone one leaves by another way
						os := []Outgoing{{Origin: &ds[0].Origin, Octets: []byte("a")}, {Origin: &ds[0].Origin, Octets: []byte("b")}}[:batch]
						s.Write(os)
						buf := [10]byte{}
						for i := range os {
							require.NoError(t, os[i].Err)
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
