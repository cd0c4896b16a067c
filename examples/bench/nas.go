// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"runtime"
	"time"
)

// nasRole is the life of a process of NASes: so many ports of loopback, of which each answers what
// comes with an ACK, one datagram for each request, and checks nothing, so that a client is not
// kept waiting. It says where they are, and ends with stdin.
func nasRole(o options, stdin *bufio.Reader, stdout io.Writer) error {
	runtime.GOMAXPROCS(o.cores)
	var addrs []netip.AddrPort
	for range o.nases {
		if o.tls {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			go answerTLS(l, acknowledgeTLS)
			addrs = append(addrs, l.Addr().(*net.TCPAddr).AddrPort())
			continue
		}
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return err
		}
		if err := c.SetReadBuffer(receiveBuffer); err != nil {
			return err
		}
		go answerAll(c, acknowledge(newSigner()), 512)
		addrs = append(addrs, c.LocalAddr().(*net.UDPAddr).AddrPort())
	}
	if err := json.NewEncoder(stdout).Encode(addrs); err != nil {
		return err
	}
	stdin.ReadString('\n')
	return nil
}

func acknowledge(s *signer) answerFunc {
	return func(dst, b []byte, _ time.Time) []byte {
		b, f, ok := parse(b, disconnectRequest)
		if !ok {
			return dst
		}
		return s.appendAnswer(dst, b, f.message, disconnectACK, 0)
	}
}
