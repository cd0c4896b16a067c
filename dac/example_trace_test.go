// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
)

// How do I have packets in my log, in a capture file and in a diagram? Trace goes to all of them, a
// line each.
func ExampleTee() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutChance}))
	var capture bytes.Buffer // an *os.File, mostly
	var diagram dactest.Diagram

	network := new(dactest.Network) // in memory; else ListenAndServe
	server := &dac.Server{
		Peers:   dac.SharedSecret("s3cret"),
		Handler: dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() }),
		Trace: dac.Tee(
			func(e dac.Event) { log.Info("packet", "dac", e) },
			dac.PcapTo(&capture),
			diagram.Trace,
		),
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	socket := network.Listen(netip.MustParseAddrPort("192.0.2.10:3799"))
	go func() { served <- server.Serve(ctx, socket) }()

	client := &dac.Client{Peers: dac.SharedSecret("s3cret"), Dial: network.Dial}
	_, err := client.Disconnect(ctx, netip.MustParseAddrPort("192.0.2.10:3799"), attrs.UserName.Of("bob"))
	stop()
	fmt.Println(<-served, err, client.Close())
	fmt.Println(capture.Len(), "octets of capture")
	fmt.Println(strings.Count(diagram.String(), "|"), "marks on the two lines of life")
	// Output:
	// level=INFO msg=packet dac.op=received dac.addr=192.0.2.1:49152 dac.code=Disconnect-Request
	// level=INFO msg=packet dac.op=sent dac.addr=192.0.2.1:49152 dac.code=Disconnect-ACK
	// <nil> <nil> <nil>
	// 199 octets of capture
	// 4 marks on the two lines of life
}

// withoutChance leaves out what differs each time.
func withoutChance(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey || a.Key == "id" {
		return slog.Attr{}
	}
	return a
}
