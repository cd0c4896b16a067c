// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"net"
	"os"
	"time"
)

// A port is a socket of the generator, connected to a server. It is for one goroutine.
type port interface {
	// send sends packets.
	send(packets [][]byte) error
	// receive returns the datagrams that have come, for as long as until the next call; none when
	// wait has passed without one.
	receive(wait time.Duration) ([][]byte, error)
	close() error
}

// A plainPort sends and receives one datagram a call, wherever Go runs.
type plainPort struct {
	c   net.Conn
	buf [maxDatagram]byte
	one [1][]byte
}

func newPlainPort(addr string) (port, error) {
	c, err := net.Dial("udp", addr)
	if err != nil {
		return nil, err
	}
	c.(*net.UDPConn).SetReadBuffer(receiveBuffer) // the system may give less
	return &plainPort{c: c}, nil
}

func (p *plainPort) send(packets [][]byte) error {
	for _, b := range packets {
		if _, err := p.c.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func (p *plainPort) receive(wait time.Duration) ([][]byte, error) {
	p.c.SetReadDeadline(time.Now().Add(max(wait, 20*time.Microsecond))) // one that is over would not read at all
	n, err := p.c.Read(p.buf[:])
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, nil
	}
	p.one[0] = p.buf[:n]
	return p.one[:], err
}

func (p *plainPort) close() error { return p.c.Close() }
