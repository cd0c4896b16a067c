// SPDX-License-Identifier: Apache-2.0

package route

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A Permission says which requests may be sent to a target. The zero Permission is none.
type Permission struct{ Disconnect, CoA bool }

// Permissions say which requests may go where, the two kinds apart: by the address of the target, a
// NAS or a forwarding server, by its address and port, and by the NAS that a request names, which
// may be behind a forwarding server. The zero Permissions refuse everything. They are safe for
// concurrent use and may change at any time, Default apart; do not copy them.
//
// A target has the permission of its address and port, else that of its address, else the Default.
// A NAS that was given one of its own needs both: its own, and that of the target.
type Permissions struct {
	Default Permission

	mu    sync.RWMutex // guards what follows
	addrs map[netip.Addr]Permission
	ports map[netip.AddrPort]Permission
	nases map[string]Permission // by each name of a NAS, see eachNASName
}

// Set gives addr, a NAS or a forwarding server, a permission for all its ports but those that have
// one of their own.
func (p *Permissions) Set(addr netip.Addr, may Permission) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.addrs == nil {
		p.addrs = make(map[netip.Addr]Permission)
	}
	p.addrs[plain(addr)] = may
}

// Get returns the permission of addr: the Default where none was set.
func (p *Permissions) Get(addr netip.Addr) Permission {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.ofAddr(addr)
}

// Reset leaves addr with the Default.
func (p *Permissions) Reset(addr netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.addrs, plain(addr))
}

// SetPort gives one port of an address a permission of its own. Port 0 is dac.Port.
func (p *Permissions) SetPort(to netip.AddrPort, may Permission) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ports == nil {
		p.ports = make(map[netip.AddrPort]Permission)
	}
	p.ports[plainPort(to)] = may
}

// GetPort returns the permission of an address and port: that of the address where it has none of
// its own, else the Default.
func (p *Permissions) GetPort(to netip.AddrPort) Permission {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.ofPort(to)
}

// ResetPort leaves an address and port with what its address has.
func (p *Permissions) ResetPort(to netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.ports, plainPort(to))
}

// SetNAS gives a NAS a permission, by its Identifier and by each of its Addrs: for requests that
// name it, wherever they go.
func (p *Permissions) SetNAS(nas attrs.NAS, may Permission) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.nases == nil {
		p.nases = make(map[string]Permission)
	}
	eachName(nas, func(name []byte) bool {
		p.nases[string(name)] = may
		return true
	})
}

// GetNAS returns the permission of a NAS, and whether it has one; of several, by its names, what
// all of them allow.
func (p *Permissions) GetNAS(nas attrs.NAS) (may Permission, ok bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.ofNAS(nas)
}

// ResetNAS leaves the Identifier and each of the Addrs of nas without a permission of its own: that
// of the target counts alone.
func (p *Permissions) ResetNAS(nas attrs.NAS) {
	p.mu.Lock()
	defer p.mu.Unlock()
	eachName(nas, func(name []byte) bool {
		delete(p.nases, string(name))
		return true
	})
}

// Allow refuses what may not be sent to to, or not about the NAS that r names, with
// errcause.AdministrativelyProhibited (501). It is for dac.Proxy.Allow.
func (p *Permissions) Allow(ctx context.Context, r *dac.Request, to dac.Target) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if !p.ofPort(to.Addr).has(r) {
		return fmt.Errorf("route: no %v may go to %v: %w", r.Packet.Code, to, errcause.AdministrativelyProhibited)
	}
	if len(p.nases) == 0 {
		return nil
	}
	name, addrs, err := nasOf(r.Attributes())
	if err != nil {
		return fmt.Errorf("route: no %v may go to %v: %w: %w", r.Packet.Code, to, errcause.AdministrativelyProhibited, err)
	}
	nas := attrs.NAS{Identifier: string(name)}
	for _, a := range addrs {
		if a.IsValid() {
			nas.Addrs = append(nas.Addrs, a)
		}
	}
	if may, ok := p.ofNAS(nas); ok && !may.has(r) {
		return fmt.Errorf("route: no %v may be sent about NAS %v: %w", r.Packet.Code, nas, errcause.AdministrativelyProhibited)
	}
	return nil
}

func (p Permission) has(r *dac.Request) bool {
	return r.Disconnect() && p.Disconnect || !r.Disconnect() && p.CoA
}

// ofPort is the permission of a target. p.mu is held, as it is in what follows.
func (p *Permissions) ofPort(to netip.AddrPort) Permission {
	if may, ok := p.ports[plainPort(to)]; ok {
		return may
	}
	return p.ofAddr(to.Addr())
}

func (p *Permissions) ofAddr(addr netip.Addr) Permission {
	if may, ok := p.addrs[plain(addr)]; ok {
		return may
	}
	return p.Default
}

func (p *Permissions) ofNAS(nas attrs.NAS) (all Permission, ok bool) {
	all = Permission{Disconnect: true, CoA: true}
	eachName(nas, func(name []byte) bool {
		if may, own := p.nases[string(name)]; own {
			all.Disconnect, all.CoA, ok = all.Disconnect && may.Disconnect, all.CoA && may.CoA, true
		}
		return true
	})
	if !ok {
		all = Permission{}
	}
	return all, ok
}

func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func plainPort(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(plain(a.Addr()), cmp.Or(a.Port(), dac.Port))
}

// eachName yields each name of a NAS, its addresses without what is merely notation.
func eachName(nas attrs.NAS, yield func(name []byte) bool) {
	addrs := nas.Addrs
	nas.Addrs = make([]netip.Addr, 0, len(addrs))
	for _, a := range addrs {
		nas.Addrs = append(nas.Addrs, plain(a))
	}
	var buf [keyRoom]byte
	eachNASName(&nas, buf[:0], yield)
}

// AnyRealm, as the realm of a peer in ReversePath, is every realm and none.
const AnyRealm = "*"

// ReversePath is the reverse path forwarding check, which a proxy must make (RFC 5176, section 6.1;
// RFC 8559, section 4.3.1): the sender has to be one to which an Access-Request of that user could
// be sent. The zero ReversePath refuses everything.
type ReversePath struct {
	// Realms has, by Peer.Name, the realms of User-Name that it may ask about, in any case: "" is
	// users who have a name without a realm, and AnyRealm is for one's own AAA server. No peer may
	// ask about a name that has no one realm (attrs.Realm).
	Realms map[string][]string
	// Learned tells whose session it is where a request has no User-Name; nil: nothing does.
	Learned *Learned
}

// Allow refuses a request from a peer that does not serve the realm of the user with
// errcause.RequestNotRoutable (502), as RFC 8559 wants it, and so one whose identification
// contradicts itself. It is for dac.Proxy.Allow.
func (p *ReversePath) Allow(ctx context.Context, r *dac.Request, to dac.Target) error {
	realms := p.Realms[r.Peer]
	if slices.Contains(realms, AnyRealm) {
		return nil
	}
	names, err := p.users(ctx, r)
	if err != nil {
		return fmt.Errorf("route: whose session it is: %w: %w", errcause.RequestNotRoutable, err)
	}
	for _, name := range names {
		realm, ok := attrs.Realm(name)
		if name == "" || !ok || !slices.ContainsFunc(realms, func(s string) bool { return strings.EqualFold(s, realm) }) {
			return fmt.Errorf("route: peer %q may not ask about users of realm %q: %w", r.Peer, realm, errcause.RequestNotRoutable)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("route: peer %q asks about a session whose user is not known: %w", r.Peer, errcause.RequestNotRoutable)
	}
	return nil
}

// users are the names of those whom r may be about.
func (p *ReversePath) users(ctx context.Context, r *dac.Request) (names []string, err error) {
	name, err := userOf(r.Attributes())
	if err != nil {
		return nil, err
	}
	var none Learned
	nas, id, err := cmp.Or(p.Learned, &none).identify(r.Attributes())
	if err != nil {
		return nil, err
	}
	if name != "" {
		return []string{name}, nil
	}
	if p.Learned == nil {
		return nil, nil
	}
	found, err := p.Learned.Find(ctx, nas, id)
	for _, s := range found {
		names = append(names, s.Identity.UserName)
	}
	return names, err
}
