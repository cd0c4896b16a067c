// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// Listen opens the sockets for addr, which is host:port: one, or one each for IPv4 and IPv6 where
// it names no host, and at each address as many as readers, where the platform can share out among
// them what comes in. Where the machine has no IPv6, alone is why, and IPv4 is all there is.
//
// An answer leaves from the address that was asked, which one socket for both families would not
// know of IPv4. err says what to do about it.
func Listen(
	ctx context.Context, addr string, readers int,
) (conns []net.PacketConn, alone, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, fmt.Errorf("dac: Server.Addr %q: %w; write host:port, or :port for every address", addr, err)
	}
	var lc net.ListenConfig
	if host != "" {
		network := "udp"
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
			network = "udp4" // 0.0.0.0 would be all of IPv6 too
		}
		pc, err := lc.ListenPacket(ctx, network, addr)
		if err != nil {
			return nil, nil, explain(addr, err)
		}
		return append(Alongside(ctx, network, pc, readers-1), pc), nil, nil
	}
	four, err := lc.ListenPacket(ctx, "udp4", ":"+port)
	if err != nil {
		return nil, nil, explain(addr, err)
	}
	if port == "0" { // both families have the one that the system gives
		_, port, _ = net.SplitHostPort(four.LocalAddr().String())
	}
	six, err := lc.ListenPacket(ctx, "udp6", ":"+port)
	if IsInUse(err) {
		four.Close()
		return nil, nil, explain(addr, err)
	}
	conns = Alongside(ctx, "udp4", four, readers-1)
	if err != nil { // a machine without IPv6, or with all of it switched off
		return append(conns, four), err, nil
	}
	return append(append(conns, Alongside(ctx, "udp6", six, readers-1)...), four, six), nil, nil
}

// explain says what to do about an error of listening, where that is known: an operator reads it
// when a Server does not start.
func explain(addr string, err error) error {
	hint := ""
	switch {
	case IsInUse(err):
		hint = "; another process serves there: end it, or set Server.Addr to another port"
	case errors.Is(err, syscall.EACCES):
		hint = "; ports below 1024 need a privilege: set Server.Addr to another port"
	case IsNoAddress(err):
		hint = "; this machine has no such address: set Server.Addr to one of its own, or to :port for all"
	}
	return fmt.Errorf("dac: listening on %s: %w%s", addr, err, hint)
}
