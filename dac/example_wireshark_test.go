// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
)

// How do I see what crosses the wire in Wireshark? Trace of a Client or a Server, written to a
// file:
//
//	tshark -r dynauth.pcap -o radius.shared_secret:s3cret -o radius.validate_authenticator:TRUE
func ExamplePcapTo() {
	var file bytes.Buffer // an *os.File, mostly

	network := new(dactest.Network) // in memory; else ListenAndServe, and a Client without Dial
	nas := netip.MustParseAddrPort("192.0.2.10:3799")
	server := &dac.Server{
		Peers: dac.SharedSecret("s3cret"),
		Handler: dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) {
			return nil, errcause.SessionContextNotFound
		}),
	}
	client := &dac.Client{
		Peers: dac.SharedSecret("s3cret"),
		Dial:  network.Dial,
		Trace: dac.Tee(dac.PcapTo(&file), func(e dac.Event) { fmt.Println(e.Op, e.Code, e.Peer) }),
	}

	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	socket := network.Listen(nas)
	go func() { served <- server.Serve(ctx, socket) }()
	_, err := client.Disconnect(ctx, nas, attrs.UserName.Of("bob"))
	fmt.Println(err)
	fmt.Println(file.Len(), "octets of capture")
	stop()
	fmt.Println(<-served, client.Close())
	// Output:
	// sent Disconnect-Request 192.0.2.10:3799
	// received Disconnect-NAK 192.0.2.10:3799
	// dac: Disconnect-NAK from 192.0.2.10:3799: Session-Context-Not-Found (503)
	// 205 octets of capture
	// <nil> <nil>
}

// How do I read a packet without a tool?
func ExampleDump() {
	request, err := dac.NewCoA(attrs.UserName.Of("bob"), attrs.FilterID.Of("gold"))
	if err != nil {
		fmt.Println(err)
		return
	}
	wire, err := request.AppendSigned(nil, 7, "s3cret")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := dac.Dump(os.Stdout, wire); err != nil {
		fmt.Println(err)
	}
	// Output:
	// CoA-Request Id 7 length 49
	// 	Message-Authenticator = 0x3a42f7daef2d51b270506bd0d46f5cbb
	// 	User-Name = "bob"
	// 	Filter-Id = "gold"
}
