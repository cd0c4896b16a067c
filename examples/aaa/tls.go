// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/netip"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/examples/internal/certs"
	"github.com/radius-dynauth/dynauth/examples/internal/sockets"
)

// startTLS makes what is open over TLS, and binds the network of the start to it.
func (a *aaa) startTLS(n *network) (err error) {
	if a.live, err = certs.NewLive(n.tls, connected{a}, a.log); err != nil {
		return err
	}
	a.live.Hub.Handler = a.accounts.Handler(a.live.Hub)
	n.bind(a.live)
	return nil
}

// bind has the NASes over TLS that are dialled reached by live.
func (n *network) bind(live *certs.Live) {
	for prefix, p := range n.nases {
		if p.Secret == "" {
			p.Via = live.Config
			n.nases[prefix] = p
		}
	}
}

// Connected are the NASes of the latest configuration that connect.
type connected struct{ a *aaa }

func (c connected) Peer(context.Context, netip.AddrPort) (dac.Peer, error) {
	return dac.Peer{}, dac.ErrUnknownPeer
}

func (c connected) Identify(ctx context.Context, id *dac.PeerIdentity) (dac.Peer, error) {
	return c.a.net.Load().certificates.Identify(ctx, id)
}

// peer is how the NAS at addr is asked.
func (a *aaa) peer(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
	n := a.net.Load()
	name, connects := a.live.Name(addr.Addr())
	if !connects {
		return n.nases.Peer(ctx, addr)
	}
	entry, known := n.connect.Find(name)
	if !known {
		return dac.Peer{}, dac.ErrUnknownPeer
	}
	p, err := a.live.Hub.Peer(ctx, addr)
	p.DenyCoA, p.DenyDisconnect = entry.denyCoA, entry.denyDisconnect
	return p, err
}

// wanted are the sockets over TLS that n names.
func (a *aaa) wanted(n *network) (all []sockets.Wanted) {
	if n.tls == nil {
		return nil
	}
	for _, addr := range n.tls.ListenNAS {
		all = append(all, sockets.Wanted{Use: "NASes over TLS", Addr: addr, Open: sockets.TCP(a.live.Hub.Serve)})
	}
	return all
}

// withoutHandle is s without the handle of a NAS over TLS that reports no address: no other program
// knows it.
func (a *aaa) withoutHandle(s route.Session) route.Session {
	s.NAS = attrs.NAS{Identifier: s.NAS.Identifier, Addrs: slices.DeleteFunc(slices.Clone(s.NAS.Addrs), func(addr netip.Addr) bool {
		_, handle := a.live.Name(addr)
		return handle
	})}
	return s
}
