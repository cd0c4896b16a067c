// SPDX-License-Identifier: Apache-2.0

package dtls_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dtls"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/radius-dynauth/dynauth/errcause"
)

// bng is what a NAS does with a request: it knows bob alone.
var bng = dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
	user, err := attrs.UserName.Get(r.Attributes())
	if err != nil {
		return nil, err
	}
	if user != "bob" {
		return nil, errcause.SessionContextNotFound
	}
	fmt.Println(r.Peer, "ends the session of", user)
	return r.ACK()
})

// A NAS that listens, and an AAA server that reaches it by a Config as Via. Certificates prove
// both.
func Example() {
	ca := radsectest.NewCA() // in a test; else certificates come from files
	srv := &dac.Server{Peers: dac.CertPeers{"aaa.example.net": {}}, Handler: bng}
	socket, err := net.ListenPacket("udp", "127.0.0.1:0") // ListenAndServe takes ":2083"
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() {
		served <- dtls.Serve(ctx, srv, socket, dtls.Certificates(ca.Issue([]string{"127.0.0.1"}), ca.Pool()))
	}()

	via := dtls.Certificates(ca.Issue([]string{"aaa.example.net"}), ca.Pool())
	client := &dac.Client{Peers: dac.PeerMap{netip.MustParsePrefix("127.0.0.0/8"): {Via: via}}}
	nas := netip.MustParseAddrPort(socket.LocalAddr().String())
	_, err = client.Disconnect(ctx, nas, attrs.UserName.Of("bob"))
	fmt.Println(err)
	_, err = client.Disconnect(ctx, nas, attrs.UserName.Of("eve"))
	fmt.Println(errors.Is(err, errcause.SessionContextNotFound))
	client.Close()
	stop()
	fmt.Println(<-served)
	// Output:
	// aaa.example.net ends the session of bob
	// <nil>
	// true
	// <nil>
}

// A NAS behind NAT opens the session itself and is reached down it (reverse CoA). Here a key proves
// both ends.
func ExampleDialAndServe() {
	key := dtls.Key("of 16 octets at least, from a random source")
	nases := dtls.KeyPeers{"bng-1": {Key: key, Peer: dac.Peer{ReverseCoA: true}}}
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	// The AAA server, to which NASes connect.
	go func() {
		ended <- dtls.Accept(ctx, socket, nases, &dtls.Config{Keys: nases}, func(ctx context.Context, conn *dtls.Conn) {
			client := &dac.Client{Peers: dac.PeerMap{netip.MustParsePrefix("100::/64"): {Via: conn}}}
			defer client.Close()
			_, err := client.Disconnect(ctx, netip.MustParseAddrPort("[100::1]:2083"), attrs.UserName.Of("bob"))
			fmt.Println(conn.Info().Identity.Name, err)
			stop()
		})
	}()
	// The NAS.
	srv := &dac.Server{Peers: dtls.KeyPeers{"bng-1": {Key: key, Peer: dac.Peer{Name: "aaa"}}}, Handler: bng}
	err = dtls.DialAndServe(ctx, srv, socket.LocalAddr().String(), &dtls.Config{Identity: "bng-1", Key: key})
	fmt.Println(err, <-ended)
	// Output:
	// aaa ends the session of bob
	// bng-1 <nil>
	// <nil> <nil>
}

// ListenAndServe with keys: each AAA server has an identity and a key of its own.
func ExampleListenAndServe() {
	peers := dtls.KeyPeers{
		"aaa-1": {Key: "of 16 octets at least, from a random source"},
		"aaa-2": {Key: "too short"},
	}
	srv := &dac.Server{Peers: peers, Handler: bng}
	err := dtls.ListenAndServe(context.Background(), srv, "127.0.0.1:0", &dtls.Config{Keys: peers})
	fmt.Println(err)
	// Output:
	// dtls: KeyPeers: "aaa-2": dtls: a Key of 9 octets: take 16 at least (RFC 7360, section 6)
}

// A Config as a Peer's Via: the Client dials, retransmits and closes.
func ExampleConfig() {
	cfg := &dtls.Config{Identity: "aaa-1", Key: "of 16 octets at least, from a random source"}
	client := &dac.Client{Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Via: cfg}}}
	defer client.Close()
	fmt.Println(cfg.Stats().Open, cfg.Key)
	// Output: 0 [key]
}
