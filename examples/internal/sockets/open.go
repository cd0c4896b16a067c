// SPDX-License-Identifier: Apache-2.0

package sockets

import (
	"context"
	"net"
)

// UDP opens a socket that serve serves.
func UDP(serve func(context.Context, *net.UDPConn) error) func(addr string) (Socket, error) {
	return func(text string) (Socket, error) {
		addr, err := net.ResolveUDPAddr("udp", text)
		if err != nil {
			return nil, err
		}
		pc, err := net.ListenUDP("udp", addr)
		if err != nil {
			return nil, err
		}
		return udp{pc, serve}, nil
	}
}

type udp struct {
	pc    *net.UDPConn
	serve func(context.Context, *net.UDPConn) error
}

func (u udp) Addr() net.Addr                  { return u.pc.LocalAddr() }
func (u udp) Serve(ctx context.Context) error { return u.serve(ctx, u.pc) }
func (u udp) Close() error                    { return u.pc.Close() }

// TCP opens a listener that serve serves.
func TCP(serve func(context.Context, net.Listener) error) func(addr string) (Socket, error) {
	return func(addr string) (Socket, error) {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, err
		}
		return tcp{ln, serve}, nil
	}
}

type tcp struct {
	net.Listener
	serve func(context.Context, net.Listener) error
}

func (t tcp) Serve(ctx context.Context) error { return t.serve(ctx, t.Listener) }
