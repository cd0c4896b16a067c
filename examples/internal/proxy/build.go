// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/examples/internal/certs"
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
		if !t.addr.IsValid() { // many NASes: what they have said of themselves names one
			continue
		}
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
		tokens, err := c.tokens()
		if err != nil {
			return nil, err
		}
		routes.Visited.Tokens = tokens
	}
	return routes, nil
}

// learnedTarget says where a session that accounting told of is asked about: at the target that
// reports from there or, where a relay has told of it, at the NAS that it named. Nothing goes to
// what is no target: there is no secret for it.
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

// A generation is one configuration at work: where requests go, who may ask about whom, and what
// may be asked of whom.
type generation struct {
	config         *config
	clients        dac.Peers // those over TLS too
	accounts       dac.PeerMap
	nases          dac.CertPeers // that may connect
	targets        *directory
	gone           map[netip.AddrPort]leftover // targets of generations before
	goneStars      certs.Names[leftover]
	allow          func(context.Context, *dac.Request, dac.Target) error
	learned        func(context.Context, route.Session) (dac.Target, error) // where a session is asked about
	byRealm, byNAS dac.Router
	realms         bool // there are any
}

// newGeneration makes a configuration work. What was learned outlives it, and what is open over
// TLS.
func newGeneration(c *config, learned *route.Learned, live *certs.Live) (g *generation, err error) {
	for i := range c.Targets {
		if t := &c.Targets[i]; t.Certificate != "" && !certs.Star(t.Certificate) {
			t.addr = live.Hub.NAS(t.Certificate)
		}
	}
	routes, err := newRoutes(c)
	if err != nil {
		return nil, err
	}
	g = &generation{
		config: c, targets: newDirectory(c.Targets, live), nases: dac.CertPeers{},
		gone: map[netip.AddrPort]leftover{}, goneStars: certs.Names[leftover]{},
	}
	g.learned = g.targets.learned(routes.Learned.Target)
	for _, t := range c.Targets {
		if t.Certificate != "" {
			g.nases[t.Certificate] = dac.Peer{ReverseCoA: true}
		}
	}
	byAddr, byCert, err := peers(c.Clients)
	if err != nil {
		return nil, err
	}
	g.clients = dac.JoinPeers(byAddr, byCert)
	if c.Accounting != nil {
		if g.accounts, _, err = peers(c.Accounting.Clients); err != nil {
			return nil, err
		}
	}
	g.allow = route.Every(reversePath(c, learned), g.targets.allow)
	var visited dac.Router
	if routes.Visited != nil {
		routes.Visited.Other = learned
		visited, g.realms = routes.Visited, true
	}
	for i := range c.Targets {
		g.realms = g.realms || len(c.Targets[i].Realms) > 0
	}
	g.byRealm = route.First(visited, &routes.Realms)
	g.byNAS = route.First(&routes.NASes, route.Sole(routes.Forward...), learned, dac.RouterFunc(learned.RouteNAS), dac.RouterFunc(g.targets.connected))
	return g, nil
}

// A leftover is a target that is there no more. What was on its way when it went is sent to it
// still: how it is reached is known until then.
type leftover struct {
	peer  dac.Peer
	until time.Time
}

// drains is how long a target that went is known: no request takes longer from its way to its first
// transmission.
const drains = time.Minute

// follow has g know the targets that went with before.
func (g *generation) follow(before *generation, now time.Time) {
	g.gone, g.goneStars = maps.Clone(before.gone), maps.Clone(before.goneStars)
	maps.DeleteFunc(g.gone, func(_ netip.AddrPort, left leftover) bool { return !left.until.After(now) })
	maps.DeleteFunc(g.goneStars, func(_ string, left leftover) bool { return !left.until.After(now) })
	for addr, at := range before.targets.at {
		g.gone[addr] = leftover{at.peer, now.Add(drains)}
	}
	for star, at := range before.targets.stars {
		g.goneStars[star] = leftover{at.peer, now.Add(drains)}
	}
}

// peer is whom the Client sends to: the Router has chosen it, by this generation or by one before.
func (g *generation) peer(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
	peer, err := g.targets.peer(ctx, addr)
	if err == nil {
		return peer, nil
	}
	if left, ok := g.gone[addr]; ok {
		return left.peer, nil
	}
	if name, ok := g.targets.live.Name(addr.Addr()); ok {
		if left, ok := g.goneStars.Find(name); ok {
			peer, err = left.peer, nil
			peer.Name = name
		}
	}
	return peer, err
}

// Route is that of route.Routes.
func (g *generation) Route(ctx context.Context, r *dac.Request) (dac.Target, error) {
	if g.realms {
		if _, ok, _ := attrs.OperatorName.Lookup(r.Attributes()); ok {
			return g.byRealm.Route(ctx, r)
		}
	}
	return g.byNAS.Route(ctx, r)
}

// A directory is the targets by their addresses: for a NAS that connects its handle, and for many
// of them the star that their names are below.
type directory struct {
	at    map[netip.AddrPort]*listed
	stars certs.Names[*listed]
	live  *certs.Live
}

// A listed is all targets of one address: as the first of them is asked, and denied what any of
// them is.
type listed struct {
	peer                    dac.Peer
	way                     dac.Target
	denyDisconnect, denyCoA bool
}

func newDirectory(targets []target, live *certs.Live) *directory {
	d := &directory{at: map[netip.AddrPort]*listed{}, stars: certs.Names[*listed]{}, live: live}
	for i := range targets {
		t := &targets[i]
		one := d.at[t.addr]
		if !t.addr.IsValid() {
			one = d.stars[t.Certificate]
		}
		if one == nil {
			one = &listed{peer: t.peer(live), way: t.way()}
		}
		if t.addr.IsValid() {
			d.at[t.addr] = one
		} else {
			d.stars.Set(t.Certificate, one)
		}
		one.denyDisconnect = one.denyDisconnect || slices.Contains(t.Deny, "disconnect")
		one.denyCoA = one.denyCoA || slices.Contains(t.Deny, "coa")
	}
	return d
}

// peer is how t is reached.
func (t *target) peer(live *certs.Live) dac.Peer {
	p := dac.Peer{Name: t.Name, Secret: dac.Secret(t.Secret), OmitMessageAuthenticator: t.OmitMessageAuthenticator, ServerName: t.ServerName}
	switch {
	case t.TLS:
		p.Via = live.Config
	case t.Certificate != "":
		p.Via, p.ReverseCoA = live.Hub, true
	}
	return p
}

// find returns what is at addr, with the name of a NAS that connects; nil: nothing is.
func (d *directory) find(addr netip.AddrPort) (at *listed, name string) {
	if at := d.at[addr]; at != nil {
		return at, ""
	}
	if name, ok := d.live.Name(addr.Addr()); ok {
		at, _ := d.stars.Find(name)
		return at, name
	}
	return nil, ""
}

func (d *directory) peer(_ context.Context, addr netip.AddrPort) (dac.Peer, error) {
	at, name := d.find(addr)
	if at == nil {
		return dac.Peer{}, dac.ErrUnknownPeer
	}
	p := at.peer
	if name != "" {
		p.Name = name
	}
	return p, nil
}

func (d *directory) allow(_ context.Context, r *dac.Request, to dac.Target) error {
	if at, _ := d.find(to.Addr); at != nil && (r.Disconnect() && at.denyDisconnect || !r.Disconnect() && at.denyCoA) {
		return fmt.Errorf("%v denies %v", to, r.Packet.Code) // 501
	}
	return nil
}

// way is how a request goes to the NAS whose handle addr is.
func (d *directory) way(addr netip.AddrPort) (dac.Target, error) {
	at, name := d.find(addr)
	if at == nil {
		return dac.Target{}, fmt.Errorf("the NAS at %v is no target: %w", d.live.Label(addr), dac.ErrNoRoute)
	}
	to := at.way
	if name != "" {
		to.Name, to.Addr = name, addr
	}
	return to, nil
}

// connected finds a NAS by what the NASes that connect have said of themselves.
func (d *directory) connected(ctx context.Context, r *dac.Request) (dac.Target, error) {
	to, err := d.live.Hub.Route(ctx, r)
	if err != nil {
		return to, err
	}
	return d.way(to.Addr)
}

// learned is other, and for sessions that a NAS over TLS has reported that NAS.
func (d *directory) learned(other func(context.Context, route.Session) (dac.Target, error)) func(context.Context, route.Session) (dac.Target, error) {
	return func(ctx context.Context, s route.Session) (dac.Target, error) {
		if name, ok := d.live.Name(s.From.Addr()); ok {
			return d.way(d.live.Hub.NAS(name))
		}
		return other(ctx, s)
	}
}

// reversePath holds clients to their realms; where none has any, they are all one's own.
func reversePath(c *config, learned *route.Learned) func(context.Context, *dac.Request, dac.Target) error {
	check := &route.ReversePath{Realms: map[string][]string{}, Learned: learned}
	exact, stars := map[string]bool{}, certs.Names[[]string]{} // of those over TLS
	for _, one := range c.Clients {
		if certs.Star(one.Certificate) {
			stars.Set(one.Certificate, one.Realms)
			continue
		}
		exact[one.name()] = exact[one.name()] || one.Certificate != ""
		check.Realms[one.name()] = append(check.Realms[one.name()], one.Realms...)
	}
	if !slices.ContainsFunc(c.Clients, func(one client) bool { return len(one.Realms) > 0 }) {
		return nil
	}
	return func(ctx context.Context, r *dac.Request, to dac.Target) error {
		if r.PeerIdentity == nil || exact[r.Peer] {
			return check.Allow(ctx, r, to)
		}
		realms, _ := stars.Find(r.Peer)
		return (&route.ReversePath{Realms: map[string][]string{r.Peer: realms}, Learned: learned}).Allow(ctx, r, to)
	}
}
