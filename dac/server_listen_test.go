// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestListenAndServeServesIPv4AndIPv6(t *testing.T) {
	free, err := net.ListenPacket("udp", ":0")
	require.NoError(t, err)
	port := netio.AddrPort(free.LocalAddr()).Port()
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
