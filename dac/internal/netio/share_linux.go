// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package netio

import (
	"context"
	"net"
	"syscall"
)

// soReuseport is SO_REUSEPORT, of asm-generic/socket.h, which package syscall lacks. Both
// architectures of this file have this number.
const soReuseport = 15 // of asm-generic/socket.h

// Alongside opens at most n more sockets at the address of pc, for read loops of their own. The
// kernel shares out among all of them what comes in, the same sender and port always to the same
// socket. pc was opened without sharing, so that a second server at that address is told that it
// is in use.
func Alongside(
	ctx context.Context, network string, pc net.PacketConn, n int,
) (more []net.PacketConn) {
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

// shared reports whether others may open sockets at the address of c from now on. That is set after
// c was bound: before, a second server could have taken a share of its datagrams unnoticed.
func shared(c *net.UDPConn) bool {
	err := error(syscall.EINVAL)
	control(c, func(fd int) { err = share(fd) })
	return err == nil
}

// share lets other sockets of this user bind to the address of fd. All of them have to say so.
func share(fd int) error { return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soReuseport, 1) }
