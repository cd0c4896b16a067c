// SPDX-License-Identifier: Apache-2.0

package radsectest_test

import (
	"context"
	"crypto/tls"
	"fmt"

	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
)

// Certificates of both ends in memory.
func ExampleCA() {
	ca := radsectest.NewCA()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", ca.Config("nas.example.net"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ln.Close()
	go func() {
		if c, err := ln.Accept(); err == nil {
			c.(*tls.Conn).Handshake()
		}
	}()
	cfg := radsec.TLS(ca.Config("aaa.example.net"))
	cfg.TLS.ServerName = "nas.example.net"
	conn, err := radsec.Dial(context.Background(), ln.Addr().String(), cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	fmt.Println(conn.Info().Identity.DNS)
	// Output:
	// [nas.example.net]
}
