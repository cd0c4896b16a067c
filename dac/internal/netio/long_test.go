// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLongSocketReadsMoreThanARADIUSPacket(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	client, err := net.Dial("udp", server.LocalAddr().String())
	require.NoError(t, err)
	defer client.Close()
	for _, pc := range []net.PacketConn{server, struct{ net.PacketConn }{server}} {
		s := NewLongSocket(pc, 8192)
		_, err = client.Write(make([]byte, 4200))
		require.NoError(t, err)
		got, err := s.Read()
		require.NoError(t, err)
		require.Len(t, got[0].Octets, 4200)
		out := []Outgoing{{Origin: &got[0].Origin, Octets: make([]byte, 4300)}}
		s.Write(out)
		require.NoError(t, out[0].Err)
		n, err := client.Read(make([]byte, 8192))
		require.NoError(t, err)
		require.Equal(t, 4300, n)
	}
	require.NoError(t, server.Close())
}
