// SPDX-License-Identifier: Apache-2.0

//go:build !linux || mips || mipsle || mips64 || mips64le

package main

import (
	"context"
	"net"
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac"
)

const mostStrays = 0

// dial opens a socket as a Client does by itself: answers from other addresses are not seen here.
func (s *strays) dial(local netip.Addr) func(context.Context, netip.AddrPort) (net.Conn, error) {
	if !local.IsValid() {
		return func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", nas.String())
		}
	}
	return dac.DialFrom(local)
}
