// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"os"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// How a request is sent whose answer another is to interpret: the whole handler of a proxy is
// return client.RoundTrip(ctx, nas, r).
func ExampleClient_RoundTrip() {
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
	resp, err := client.RoundTrip(context.Background(), nas, r)
	fmt.Println(err)
	fmt.Println(resp.ACK(), resp.Packet.Code, resp.Cause())
	// Output:
	// <nil>
	// false CoA-NAK Unsupported-Attribute (401)
}

// How a request that was built by hand is sent: nil is done.
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
	fmt.Println(errors.Is(err, errcause.UnsupportedAttribute), resp.Packet.Code)
	fmt.Println(dac.Hint(err))
	// Output:
	// true CoA-NAK
	// leave out what this NAS does not take: look at vendors' attributes first, then at identification
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
