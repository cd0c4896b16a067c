// SPDX-License-Identifier: Apache-2.0

package radsec_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/termcause"
)

// ca issues the certificates of these examples. Those of a real network come from files.
var ca = radsectest.NewCA()

// sessions is a NAS with one session, bob's.
func sessions() *session.Dispatcher[string] {
	return session.NewDispatcher(bng{})
}

type bng struct{ session.Unimplemented[string] }

func (bng) Find(_ context.Context, id attrs.Identity) ([]string, error) {
	if user, _, _ := attrs.UserName.In(id); user == "bob" {
		return []string{"bob"}, nil
	}
	return nil, nil
}

func (bng) Disconnect(_ context.Context, _ string, d *session.Disconnect) error {
	d.TerminateCause = termcause.AdminReset
	return nil
}

// A NAS that listens until ctx is done.
func ExampleListenAndServe() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	cfg := ca.Config("nas.example.net")
	srv := &dac.Server{Peers: dac.CertPeers{"aaa.example.net": {}}, Handler: sessions()}
	err := radsec.ListenAndServe(ctx, srv, "127.0.0.1:0", radsec.TLS(cfg))
	fmt.Println(err)
	// Output:
	// <nil>
}

// A NAS that listens, and an AAA server that connects to it.
func ExampleServe() {
	ctx, cancel := context.WithCancel(context.Background())
	ln := listen()
	srv := &dac.Server{Peers: dac.CertPeers{"aaa.example.net": {}}, Handler: sessions()}
	served := make(chan error)
	go func() { served <- radsec.Serve(ctx, srv, ln, radsec.TLS(ca.Config("nas.example.net"))) }()

	cfg, prefix := ca.Config("aaa.example.net"), netip.MustParsePrefix("127.0.0.0/8")
	client := &dac.Client{Peers: dac.PeerMap{prefix: {Via: radsec.TLS(cfg), ServerName: "nas.example.net"}}}
	_, err := client.Disconnect(ctx, netip.MustParseAddrPort(ln.Addr().String()), attrs.UserName.Of("bob"))
	fmt.Println("bob:", err)
	client.Close()
	cancel()
	fmt.Println("served:", <-served)
	// Output:
	// bob: <nil>
	// served: <nil>
}

// A NAS behind NAT: it connects to its RADIUS server, which asks it down that connection.
func ExampleDialAndServe() {
	ctx, cancel := context.WithCancel(context.Background())
	ln := listen()
	hub := &radsec.Server{Config: radsec.TLS(ca.Config("aaa.example.net")), Peers: dac.CertPeers{"*.nas.example.net": {ReverseCoA: true}}}
	served := make(chan error)
	go func() { served <- hub.Serve(ctx, ln) }()

	cfg := ca.Config("bng-1.nas.example.net")
	cfg.ServerName = "aaa.example.net" // else it is the host of the address
	srv := &dac.Server{Peers: dac.CertPeers{"aaa.example.net": {}}, Handler: sessions()}
	dialled := make(chan error)
	go func() { dialled <- radsec.DialAndServe(ctx, srv, ln.Addr().String(), radsec.TLS(cfg)) }()
	for len(hub.NASes()) == 0 {
		runtime.Gosched()
	}

	client := &dac.Client{Peers: hub}
	_, err := client.Disconnect(ctx, hub.NAS("bng-1.nas.example.net"), attrs.UserName.Of("bob"))
	fmt.Println("bob:", err)
	_, err = client.Disconnect(ctx, hub.NAS("bng-1.nas.example.net"), attrs.UserName.Of("eve"))
	fmt.Println("eve is not there:", errors.Is(err, errcause.SessionContextNotFound))
	_, err = client.Disconnect(ctx, hub.NAS("bng-2.nas.example.net"), attrs.UserName.Of("bob"))
	fmt.Println("bng-2 is not connected:", errors.Is(err, dac.ErrUnreachable))
	client.Close()
	cancel()
	fmt.Println("served:", <-served, <-dialled)
	// Output:
	// bob: <nil>
	// eve is not there: true
	// bng-2 is not connected: true
	// served: <nil> <nil>
}

// A proxy whose NASes connect to it: it finds them by what they say of themselves.
func ExampleServer_Route() {
	hub := &radsec.Server{Config: radsec.TLS(ca.Config("proxy.example.net")), Peers: dac.CertPeers{"*.nas.example.net": {ReverseCoA: true}}}
	client := &dac.Client{Peers: hub}
	proxy := &dac.Proxy{Client: client, Router: hub}
	srv := &dac.Server{Peers: dac.CertPeers{"aaa.example.net": {}}, Handler: proxy}
	fmt.Println(srv.Check())
	// Output:
	// <nil>
}

// listen takes any free port of loopback.
func listen() net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return ln
}

// A certificate that changes while connections are open: hooks of tls.Config are kept.
func ExampleTLS() {
	current := ca.Issue([]string{"nas.example.net"})
	cfg := radsec.TLS(&tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &current, nil },
		ClientCAs:      ca.Pool(),
		KeyLogWriter:   nil, // a file here lets Wireshark read a capture
	})
	fmt.Println(cfg.Stats().Open, "connections open")
	// Output:
	// 0 connections open
}
