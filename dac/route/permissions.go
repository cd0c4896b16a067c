// SPDX-License-Identifier: Apache-2.0

package route

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A Permission says which requests may be sent to a target. The zero Permission is none.
type Permission struct{ Disconnect, CoA bool }

// Permissions are those of NASes and forwarding servers by their addresses, one by one. The zero Permissions refuse everything: what Set was not told
// of has the Default. They are safe for concurrent use and may change at any time, Default apart; do not copy them.
type Permissions struct {
	Default Permission

	mu  sync.RWMutex // guards what follows
	may map[netip.Addr]Permission
}

// Set gives addr, a NAS or a forwarding server, a permission of its own.
func (p *Permissions) Set(addr netip.Addr, may Permission) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.may == nil {
		p.may = make(map[netip.Addr]Permission)
	}
	p.may[addr.Unmap()] = may
}

// Reset leaves addr with the Default.
func (p *Permissions) Reset(addr netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.may, addr.Unmap())
}

// Allow refuses what may not be sent to to with errcause.AdministrativelyProhibited (501). It is for dac.Proxy.Allow.
func (p *Permissions) Allow(ctx context.Context, r *dac.Request, to dac.Target) error {
	p.mu.RLock()
	may, ok := p.may[to.Addr.Addr().Unmap()]
	p.mu.RUnlock()
	if !ok {
		may = p.Default
	}
	if r.Disconnect() && may.Disconnect || !r.Disconnect() && may.CoA {
		return nil
	}
	return fmt.Errorf("route: no %v may go to %v: %w", r.Packet.Code, to, errcause.AdministrativelyProhibited)
}

// AnyRealm, as the realm of a peer in ReversePath, is every realm and none.
const AnyRealm = "*"

// ReversePath is the reverse path forwarding check, which a proxy must make (RFC 5176, section 6.1; RFC 8559, section 4.3.1): whoever asks has to
// be one to whom an Access-Request of that user could be sent. The zero ReversePath refuses everything.
type ReversePath struct {
	Realms  map[string][]string // by Peer.Name, the realms of User-Name that it may ask about; AnyRealm for one's own AAA server
	Learned *Learned            // tells whose session it is where a request has no User-Name; nil: nobody does
}

// Allow refuses a request from a peer that does not serve the realm of the user with errcause.RequestNotRoutable (502), as RFC 8559 wants it. It is
// for dac.Proxy.Allow.
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
		realm, ok := realmOf(name)
		if !ok || !slices.ContainsFunc(realms, func(s string) bool { return strings.EqualFold(s, realm) }) {
			return fmt.Errorf("route: peer %q may not ask about users of realm %q: %w", r.Peer, realm, errcause.RequestNotRoutable)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("route: peer %q asks about a user that nobody knows: %w", r.Peer, errcause.RequestNotRoutable)
	}
	return nil
}

// users are the names of those whom r may be about.
func (p *ReversePath) users(ctx context.Context, r *dac.Request) (names []string, err error) {
	nas, id := identify(r.Attributes())
	if id.UserName != "" {
		return []string{id.UserName}, nil
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
