// SPDX-License-Identifier: Apache-2.0

//go:build !linux || !(amd64 || arm64)

package netio

import "net"

// newUDPSocket reads and writes one datagram a call here: other systems have no such calls, or
// package syscall has not what they need.
func newUDPSocket(c *net.UDPConn) Socket { return newPlainUDP(c) }

// newBatchLink returns nil: here one system call moves one packet.
func newBatchLink(*net.UDPConn, *linkConn) Link { return nil }
