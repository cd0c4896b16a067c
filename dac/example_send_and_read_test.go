// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"os"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// How a request is sent whose answer somebody else is to interpret: a proxy's whole handler is return client.Do(ctx, nas, r).
func ExampleClient_Do() {
	nas, stop := labNAS(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		return r.NAK(errcause.UnsupportedAttribute)
	})
	defer stop()
	client := &dac.Client{Peers: dac.SharedSecret("s3cret of the lab, and long")}
	defer client.Close()

	r, err := dac.NewCoA(attrs.UserName.Of("bob"), attrs.FilterID.Of("slow"))
	if err != nil {
		log.Fatal(err)
	}
	resp, err := client.Do(context.Background(), nas, r)
	fmt.Println(err)
	fmt.Println(resp.ACK(), resp.Packet.Code, resp.Cause())
	// Output:
	// <nil>
	// false CoA-NAK Unsupported-Attribute (401)
}

// How to see what would be sent.
func ExampleClient_DryRun() {
	client := &dac.Client{Peers: dac.SharedSecret("s3cret of the lab, and long")}
	defer client.Close()
	quiet := client.With(dac.Peer{Secret: "s3cret of the lab, and long", OmitEventTimestamp: true})
	r, err := dac.NewDisconnect(attrs.UserName.Of("bob"))
	if err != nil {
		log.Fatal(err)
	}
	b, err := quiet.DryRun(context.Background(), netip.MustParseAddrPort("192.0.2.1:3799"), r)
	if err != nil {
		log.Fatal(err)
	}
	dac.Dump(os.Stdout, b)
	// Output:
	// Disconnect-Request Id 0 length 43
	// 	Message-Authenticator = 0x7543e8843cc295e0e0037ae61a2126ec
	// 	User-Name = "bob"
}
