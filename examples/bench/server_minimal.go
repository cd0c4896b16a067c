// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
)

// A bng is a host that ends no session, so that each can be asked for again.
type bng struct {
	session.Table[*subscriber]
	session.Unimplemented[*subscriber]
	block time.Duration
}

// Disconnect waits for as long as the host is said to need.
func (b *bng) Disconnect(ctx context.Context, s *subscriber, d *session.Disconnect) error {
	if b.block > 0 {
		time.Sleep(b.block)
	}
	return nil
}

// serveMinimal is the least that a host of this module is: a Table of pointers, and a handler that
// does nothing.
func serveMinimal(c *net.UDPConn, o options, ready func(counts)) error {
	srv, err := newMinimal(o)
	if err != nil {
		return err
	}
	ready(countsOf(srv))
	return srv.Serve(context.Background(), c)
}

func newMinimal(o options) (*dac.Server, error) {
	host := &bng{block: o.block}
	for n := range o.sessions {
		id := attrs.Identity{AcctSessionID: fmt.Sprintf(sessionIDFormat, n), UserName: fmt.Sprintf(userNameFormat, n)}
		if err := host.Put(id, &subscriber{n}); err != nil {
			return nil, err
		}
	}
	d := session.NewDispatcher(host)
	d.NAS = attrs.NAS{Addrs: []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}}
	return newServer(o, d), nil
}

// serveProxy sends all requests on to one next hop.
func serveProxy(c *net.UDPConn, o options, ready func(counts)) error {
	next, err := netip.ParseAddrPort(o.next)
	if err != nil {
		return fmt.Errorf("-next: %w", err)
	}
	client := &dac.Client{Peers: dac.SharedSecret(secret)}
	defer client.Close()
	srv := newServer(o, &dac.Proxy{Client: client, Router: dac.Target{Addr: next}})
	srv.MaxHandlers = 4096
	ready(countsOf(srv))
	return srv.Serve(context.Background(), c)
}

func newServer(o options, h dac.Handler) *dac.Server {
	srv := &dac.Server{
		Handler: h, Memory: o.memory, Window: o.window(),
		Peers: dac.PeerMap{netip.MustParsePrefix("127.0.0.0/8"): {Name: "generator", Secret: secret}},
	}
	if o.block > 0 {
		srv.MaxHandlers = o.inFlight * 8 / 7 // one peer alone gets seven eighths
	}
	return srv
}

func countsOf(srv *dac.Server) counts {
	return func() counted {
		c := srv.Stats().Total.Disconnect
		return counted{Duplicates: c.Duplicates, Dropped: c.Dropped, Overload: c.Overload}
	}
}
