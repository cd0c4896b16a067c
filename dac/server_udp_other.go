// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package dac

import (
	"net"
	"net/netip"
)

const controlSpace = 0

// A viaControl would say which address a datagram came to; the standard library has no portable way.
type viaControl struct{}

func newViaControl(*net.UDPConn) *viaControl             { return nil }
func (*viaControl) parse([]byte) netip.Addr              { return netip.Addr{} }
func (*viaControl) append(b []byte, _ netip.Addr) []byte { return b }
func forceReadBuffer(c *net.UDPConn, n int)              { c.SetReadBuffer(n) }
func readBuffer(*net.UDPConn) int                        { return 0 }
