// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import (
	"context"
	"net"
	"syscall"
)

const soReuseport = 15 // of asm-generic/socket.h

// alongside opens at most n more sockets at the address of pc. The kernel shares out among all of them what comes in, the same sender and port
// always to the same socket. pc was opened without sharing, so that a second server at that address is told that it is taken.
func alongside(ctx context.Context, network string, pc net.PacketConn, n int) (more []net.PacketConn) {
	first, ok := pc.(*net.UDPConn)
	if !ok || n < 1 || !shared(first) {
		return nil
	}
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		if e := raw.Control(func(fd uintptr) { err = share(int(fd)) }); e != nil {
			return e
		}
		return err
	}}
	for range n {
		one, err := lc.ListenPacket(ctx, network, pc.LocalAddr().String())
		if err != nil {
			break
		}
		more = append(more, one)
	}
	return more
}

// shared reports whether others may open sockets at the address of c from now on.
func shared(c *net.UDPConn) bool {
	err := error(syscall.EINVAL)
	control(c, func(fd int) { err = share(fd) })
	return err == nil
}

func share(fd int) error { return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soReuseport, 1) }
