// SPDX-License-Identifier: Apache-2.0

//go:build linux && !mips && !mipsle && !mips64 && !mips64le

package main

import (
	"context"
	"net"
	"net/netip"
	"syscall"
)

// mostStrays bounds the sockets that listen for answers from other addresses, so that descriptors
// are left for the requests.
const mostStrays = 256

// dial opens a connected socket to a NAS, as a Client does by itself, and a second one on the same
// port that is not connected. The kernel gives the first what comes from the NAS, and the second
// what comes from elsewhere: answers that passed a NAT, a firewall or a second address of the NAS
// on their way. They are not taken, only remembered.
func (s *strays) dial(local netip.Addr) func(context.Context, netip.AddrPort) (net.Conn, error) {
	return func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
		network := "udp4"
		if nas.Addr().Is6() {
			network = "udp6"
		}
		from := ""
		if local.IsValid() {
			from = local.String()
		}
		if s.full() {
			d := net.Dialer{LocalAddr: udpAddr(from, 0)}
			return d.DialContext(ctx, network, nas.String())
		}
		listen := net.ListenConfig{Control: sharePort}
		pc, err := listen.ListenPacket(ctx, network, net.JoinHostPort(from, "0"))
		if err != nil {
			return nil, err
		}
		d := net.Dialer{LocalAddr: udpAddr(from, pc.LocalAddr().(*net.UDPAddr).Port), Control: sharePort}
		conn, err := d.DialContext(ctx, network, nas.String())
		if err != nil || !s.watch(pc, nas) {
			pc.Close()
		}
		return conn, err
	}
}

func udpAddr(ip string, port int) net.Addr {
	return &net.UDPAddr{IP: net.ParseIP(ip), Port: port}
}

// sharePort lets two sockets of one user have one port.
func sharePort(_, _ string, c syscall.RawConn) error {
	const soReusePort = 15
	var err error
	if e := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soReusePort, 1) }); e != nil {
		return e
	}
	return err
}
