// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// How does a program answer requests without the rules of package session? A Handler gets packets
// that are verified and not duplicates, and returns an answer or an error. The rules of RFC 5176
// are then its own business: a NAS has a session.Dispatcher as its Handler.
func ExampleServer() {
	server := &dac.Server{
		Peers: dac.PeerMap{netip.MustParsePrefix("127.0.0.0/8"): {Name: "aaa", Secret: "s3cret of the lab, and long"}},
		Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
			user, err := attrs.UserName.Get(r.Attributes())
			if err != nil {
				return nil, err // NAK with Missing-Attribute or Invalid-Request
			}
			if user != "bob" {
				return nil, fmt.Errorf("%s asked for %s: %w", r.Peer, user, errcause.SessionContextNotFound)
			}
			return r.ACK()
		}),
	}
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- server.Serve(ctx, socket) }()

	client := &dac.Client{Peers: dac.SharedSecret("s3cret of the lab, and long")}
	nas := netip.MustParseAddrPort(socket.LocalAddr().String())
	for _, user := range []string{"bob", "eve"} {
		// A NAK is an error beside the Response.
		resp, _ := client.Disconnect(ctx, nas, attrs.UserName.Of(user))
		fmt.Println(user, resp.Packet.Code)
	}
	stop()
	fmt.Println(<-served, client.Close()) // what was begun is finished first

	requests := server.Stats().Total.Disconnect
	fmt.Println(requests.Requests, "requests,", requests.ACKs, "ACK,", requests.NoContextNAKs, "NAK without a session")
	// Output:
	// bob Disconnect-ACK
	// eve Disconnect-NAK
	// <nil> <nil>
	// 2 requests, 1 ACK, 1 NAK without a session
}
