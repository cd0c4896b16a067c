// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
)

// Lossy is a network between the AAA side and the NAS that loses answers on demand.
type lossy struct{ answers atomic.Int32 }

// lose has the next n answers lost.
func (l *lossy) lose(n int32) { l.answers.Store(n) }

// Dial opens a socket to the NAS, as a Client without Dial does by itself.
func (l *lossy) Dial(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "udp", nas.String())
	return &lossyConn{c, l}, err
}

type lossyConn struct {
	net.Conn
	network *lossy
}

// Read returns the next answer that is not lost.
func (c *lossyConn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if err != nil || c.network.answers.Add(-1) < 0 {
			return n, err
		}
	}
}
