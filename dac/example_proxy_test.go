// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// How do I send requests on to the NASes? A Proxy is the Handler of one Server and asks by one
// Client; where a request goes is what a Router says. This one knows two NASes by their names;
// package dac/route has Routers that learn.
func ExampleProxy() {
	nases := map[string]netip.AddrPort{
		"bng-1": netip.MustParseAddrPort("192.0.2.1:3799"),
		"bng-2": netip.MustParseAddrPort("192.0.2.2:3799"),
	}
	proxy := &dac.Proxy{
		Client: &dac.Client{Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: "of the NASes"}}},
		Router: dac.RouterFunc(func(ctx context.Context, r *dac.Request) (dac.Target, error) {
			name, err := attrs.NASIdentifier.Get(r.Attributes())
			if err != nil {
				return dac.Target{}, err // missing: NAK 402
			}
			addr, ok := nases[name]
			if !ok {
				return dac.Target{}, dac.ErrNoRoute // NAK 502
			}
			return dac.Target{Name: name, Addr: addr}, nil
		}),
	}
	defer proxy.Client.Close()
	srv := &dac.Server{
		Addr: "127.0.0.1:0", Handler: proxy, MaxHandlers: 4096,
		Peers: dac.PeerMap{netip.MustParsePrefix("198.51.100.1/32"): {Secret: "of the AAA server"}},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	fmt.Println(srv.ListenAndServe(ctx))

	// What a sender would be told about a NAS that is not known.
	r, _ := dac.NewDisconnect(attrs.NASIdentifier.Of("bng-3"), attrs.AcctSessionID.Of("4f2a"))
	_, err := proxy.Handle(context.Background(), r)
	fmt.Println(errcause.Of(err))
	// Output:
	// <nil>
	// Request-Not-Routable (502) true
}
