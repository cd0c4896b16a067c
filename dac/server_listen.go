// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"syscall"
)

// readersAt is how many sockets share an address, each with a read loop of its own: one for every two cores, since handlers, workers and
// the rest of the process want some too.
func readersAt() int { return min(max(runtime.GOMAXPROCS(0)/2, 1), 8) }

// listen opens the sockets for addr: one, or one each for IPv4 and IPv6 where it names no address; readers of them where the platform can
// share out among them what comes in.
func listen(ctx context.Context, addr string, readers int, log *slog.Logger) ([]net.PacketConn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("dac: Server.Addr %q: %w; write host:port, or :port for every address", addr, err)
	}
	var lc net.ListenConfig
	if host != "" {
		network := "udp"
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
			network = "udp4" // 0.0.0.0 would be all of IPv6 too
		}
		pc, err := lc.ListenPacket(ctx, network, addr)
		if err != nil {
			return nil, explain(addr, err)
		}
		return append(alongside(ctx, network, pc, readers-1), pc), nil
	}
	four, err := lc.ListenPacket(ctx, "udp4", ":"+port)
	if err != nil {
		return nil, explain(addr, err)
	}
	if port == "0" {
		_, port, _ = net.SplitHostPort(four.LocalAddr().String())
	}
	six, err := lc.ListenPacket(ctx, "udp6", ":"+port)
	if isInUse(err) {
		four.Close()
		return nil, explain(addr, err)
	}
	if err != nil {
		log.Info("dac: serving IPv4 alone: there is no IPv6 here", "err", err)
		return append(alongside(ctx, "udp4", four, readers-1), four), nil
	}
	return append(append(alongside(ctx, "udp4", four, readers-1), alongside(ctx, "udp6", six, readers-1)...), four, six), nil
}

// explain says what to do about an error of listening.
func explain(addr string, err error) error {
	hint := ""
	switch {
	case isInUse(err):
		hint = "; another process serves there: end it, or set Server.Addr to another port"
	case errors.Is(err, syscall.EACCES):
		hint = "; ports below 1024 need a privilege: set Server.Addr to another port"
	case isNoAddress(err):
		hint = "; this machine has no such address: set Server.Addr to one of its own, or to :port for all"
	}
	return fmt.Errorf("dac: listening on %s: %w%s", addr, err, hint)
}
