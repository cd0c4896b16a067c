// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package netio

import (
	"net"
	"net/netip"
)

const controlSpace = 0

// A packetInfo would say which address a datagram came to; the standard library has no portable
// way.
type packetInfo struct{}

func newPacketInfo(*net.UDPConn) *packetInfo             { return nil }
func (*packetInfo) parse([]byte) netip.Addr              { return netip.Addr{} }
func (*packetInfo) append(b []byte, _ netip.Addr) []byte { return b }
func forceReadBuffer(c *net.UDPConn, n int)              { c.SetReadBuffer(n) }
func readBuffer(*net.UDPConn) int                        { return 0 }
