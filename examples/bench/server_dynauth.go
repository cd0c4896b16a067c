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

// memory is the requests that a run has: a Server remembers each of them for its window.
const memory = 1 << 25

func serveDynauth(c *net.UDPConn, o options, ready func()) error {
	srv, err := newDynauth(o)
	if err != nil {
		return err
	}
	ready()
	return srv.Serve(context.Background(), c)
}

func newDynauth(o options) (*dac.Server, error) {
	host := &bng{block: o.block}
	for n := range o.sessions {
		id := attrs.Identity{AcctSessionID: fmt.Sprintf(sessionIDFormat, n), UserName: fmt.Sprintf(userNameFormat, n)}
		if err := host.Put(id, &subscriber{n}); err != nil {
			return nil, err
		}
	}
	d := session.NewDispatcher(host)
	d.NAS = attrs.NAS{Addrs: []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}}
	srv := &dac.Server{
		Handler: d, Memory: memory, Window: window * time.Second,
		Peers: dac.PeerMap{netip.MustParsePrefix("127.0.0.0/8"): {Name: "generator", Secret: secret}},
	}
	if o.block > 0 {
		srv.MaxHandlers = o.inFlight * 8 / 7 // one peer alone gets seven eighths
	}
	return srv, nil
}
