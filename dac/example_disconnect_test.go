// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/netip"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// labNAS runs a NAS on loopback for an example: a handler, and no more. A NAS uses a
// session.Dispatcher as its handler.
func labNAS(h dac.HandlerFunc) (addr netip.AddrPort, stop func()) {
	pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	srv := &dac.Server{Peers: dac.SharedSecret("s3cret of the lab, and long"), Handler: h}
	var running sync.WaitGroup
	running.Go(func() { srv.Serve(ctx, pc) })
	return pc.LocalAddr().(*net.UDPAddr).AddrPort(), func() { cancel(); running.Wait() }
}

// How an AAA server ends a session, and reads what became of it.
func ExampleClient() {
	gone := false
	nas, stop := labNAS(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		if gone {
			return nil, errcause.SessionContextNotFound
		}
		gone = true
		return r.ACK()
	})
	defer stop()

	client := &dac.Client{
		Peers: dac.PeerMap{netip.MustParsePrefix("127.0.0.0/8"): {Name: "bng-1", Secret: "s3cret of the lab, and long"}},
	}
	defer client.Close()

	for range 2 {
		resp, err := client.Disconnect(context.Background(), nas, attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("4f2a"))
		switch {
		case err == nil:
			fmt.Println("ended;", resp.Packet.Code, "to transmission", resp.Sent)
		case errors.Is(err, errcause.SessionContextNotFound):
			fmt.Println("already gone: what we wanted")
		case errors.Is(err, dac.ErrNoAnswer):
			fmt.Println("perhaps:", err)
		default:
			fmt.Println("refused:", err)
		}
	}
	// Output:
	// ended; Disconnect-ACK to transmission 1
	// already gone: what we wanted
}
