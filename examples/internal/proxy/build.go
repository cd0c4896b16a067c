// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

// A way is a target as the library has it.
func (t *target) way() dac.Target {
	return dac.Target{
		Name: t.Name, Addr: t.addr,
		OmitProxyState:  t.ProxyStates == "foreign" || t.ProxyStates == "none",
		HoldProxyStates: t.ProxyStates == "own" || t.ProxyStates == "none",
	}
}

// newRoutes makes the routers.
func newRoutes(c *config) (*route.Routes, error) {
	routes := &route.Routes{}
	sources := map[netip.Addr]dac.Target{}
	for i := range c.Targets {
		t := &c.Targets[i]
		to := t.way()
		for _, name := range t.NASIdentifiers {
			routes.NASes.Set(attrs.NAS{Identifier: name}, to)
		}
		routes.NASes.Set(attrs.NAS{Addrs: t.NASAddresses}, to)
		for _, realm := range t.Realms {
			routes.Realms.Set(realm, to)
		}
		if t.Forward {
			routes.Forward = append(routes.Forward, to)
		}
		for _, from := range append([]netip.Addr{t.addr.Addr()}, t.AccountingFrom...) {
			sources[from.Unmap()] = to
		}
	}
	routes.Learned.Target = learnedTarget(c, &routes.NASes, sources)
	if c.Visited != nil {
		routes.Visited = &route.Visited{Realm: c.Visited.Realm, Realms: c.Visited.Realms, Target: routes.NASes.Target, Other: &routes.Learned}
		if len(c.Visited.Keys) > 0 {
			keys := make([]dac.Secret, 0, len(c.Visited.Keys))
			for _, key := range c.Visited.Keys {
				keys = append(keys, dac.Secret(key))
			}
			tokens, err := route.NewTokens(keys...)
			if err != nil {
				return nil, err
			}
			routes.Visited.Tokens = tokens
		}
	}
	return routes, nil
}

// learnedTarget says where a session that accounting told of is asked about: at the target that reports from there or, where a relay has told of it, at
// the NAS that it named. Nothing goes to what is no target: there is no secret for it.
func learnedTarget(c *config, nases *route.NASes, sources map[netip.Addr]dac.Target) func(context.Context, route.Session) (dac.Target, error) {
	var relays []netip.Prefix
	if c.Accounting != nil {
		for _, one := range c.Accounting.Clients {
			if prefix, err := command.ParsePrefix(one.Prefix); one.Relays && err == nil {
				relays = append(relays, prefix)
			}
		}
	}
	return func(ctx context.Context, s route.Session) (dac.Target, error) {
		if !slices.ContainsFunc(relays, func(p netip.Prefix) bool { return p.Contains(s.From.Addr()) }) {
			if to, ok := sources[s.From.Addr()]; ok {
				return to, nil
			}
			return dac.Target{}, fmt.Errorf("accounting from %v, which is no target: %w", s.From.Addr(), dac.ErrNoRoute)
		}
		if to, err := nases.Target(ctx, s.NAS); err == nil {
			return to, nil
		}
		for _, addr := range s.NAS.Addrs {
			if to, ok := sources[addr]; ok {
				return to, nil
			}
		}
		return dac.Target{}, fmt.Errorf("the NAS that a relay named is no target: %w", dac.ErrNoRoute)
	}
}

// newProxy makes the proxy: its ways, who may ask about whom, and what may be asked of whom.
func newProxy(c *config, routes *route.Routes) *dac.Proxy {
	all := newDirectory(c.Targets)
	return &dac.Proxy{
		Client: &dac.Client{Peers: dac.PeersFunc(all.peer)}, Router: routes, AnswerSilence: c.AnswerSilence,
		Allow: route.Every(reversePath(c, routes), all.allow),
	}
}

// A directory is the targets by their addresses.
type directory map[netip.AddrPort]*listed

// A listed is all targets of one address: as the first of them is asked, and denied what any of them is.
type listed struct {
	peer                    dac.Peer
	denyDisconnect, denyCoA bool
}

func newDirectory(targets []target) directory {
	all := directory{}
	for i := range targets {
		t := &targets[i]
		at := all[t.addr]
		if at == nil {
			at = &listed{peer: dac.Peer{Name: t.Name, Secret: dac.Secret(t.Secret), OmitMessageAuthenticator: t.OmitMessageAuthenticator}}
			all[t.addr] = at
		}
		at.denyDisconnect = at.denyDisconnect || slices.Contains(t.Deny, "disconnect")
		at.denyCoA = at.denyCoA || slices.Contains(t.Deny, "coa")
	}
	return all
}

func (d directory) peer(_ context.Context, addr netip.AddrPort) (dac.Peer, error) {
	if at := d[addr]; at != nil {
		return at.peer, nil
	}
	return dac.Peer{}, dac.ErrUnknownPeer
}

func (d directory) allow(_ context.Context, r *dac.Request, to dac.Target) error {
	if at := d[to.Addr]; at != nil && (r.Disconnect() && at.denyDisconnect || !r.Disconnect() && at.denyCoA) {
		return fmt.Errorf("%v denies %v", to, r.Packet.Code) // 501
	}
	return nil
}

// reversePath holds clients to their realms; where none has any, they are all one's own.
func reversePath(c *config, routes *route.Routes) func(context.Context, *dac.Request, dac.Target) error {
	check := &route.ReversePath{Realms: map[string][]string{}, Learned: &routes.Learned}
	for _, one := range c.Clients {
		check.Realms[one.name()] = append(check.Realms[one.name()], one.Realms...)
	}
	if !slices.ContainsFunc(c.Clients, func(one client) bool { return len(one.Realms) > 0 }) {
		return nil
	}
	return check.Allow
}
