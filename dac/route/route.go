// SPDX-License-Identifier: Apache-2.0

package route

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// First asks each of r in turn, nil ones left out, until one knows a way or has a reason to refuse; one that says dac.ErrNoRoute has neither. Where
// none knows, the error is dac.ErrNoRoute, or what the first said that could not look it up.
func First(r ...dac.Router) dac.Router {
	return dac.RouterFunc(func(ctx context.Context, q *dac.Request) (dac.Target, error) {
		var failed error
		for _, one := range r {
			if one == nil {
				continue
			}
			to, err := one.Route(ctx, q)
			if err == nil || !errors.Is(err, dac.ErrNoRoute) {
				return to, err
			}
			if cause, _ := errcause.Of(err); failed == nil && cause != errcause.RequestNotRoutable {
				failed = err
			}
		}
		if failed == nil {
			failed = dac.ErrNoRoute
		}
		return dac.Target{}, failed
	})
}

// Sole sends everything to the forwarding server, where there is exactly one.
func Sole(to ...dac.Target) dac.Router {
	if len(to) == 1 {
		return to[0]
	}
	return dac.RouterFunc(func(context.Context, *dac.Request) (dac.Target, error) { return dac.Target{}, dac.ErrNoRoute })
}

// Every asks each of f in turn, nil ones left out, until one refuses: for dac.Proxy.Allow.
func Every(f ...func(context.Context, *dac.Request, dac.Target) error) func(context.Context, *dac.Request, dac.Target) error {
	return func(ctx context.Context, r *dac.Request, to dac.Target) error {
		for _, one := range f {
			if one == nil {
				continue
			}
			if err := one(ctx, r, to); err != nil {
				return err
			}
		}
		return nil
	}
}

// NASes knows NASes by NAS-IP-Address, NAS-IPv6-Address and NAS-Identifier. The zero NASes is ready and empty. It is safe for concurrent use, and
// may change at any time; do not copy it.
type NASes struct {
	mu    sync.RWMutex // guards what follows
	names map[string]dac.Target
	addrs map[netip.Addr]dac.Target
}

// Set sends what names nas, by its Identifier or by one of its Addrs, to to.
func (n *NASes) Set(nas attrs.NAS, to dac.Target) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.names == nil {
		n.names, n.addrs = make(map[string]dac.Target), make(map[netip.Addr]dac.Target)
	}
	if nas.Identifier != "" {
		n.names[nas.Identifier] = to
	}
	for _, a := range nas.Addrs {
		n.addrs[a.Unmap()] = to
	}
}

// Delete forgets what Set was told of the Identifier and of the Addrs of nas.
func (n *NASes) Delete(nas attrs.NAS) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.names, nas.Identifier)
	for _, a := range nas.Addrs {
		delete(n.addrs, a.Unmap())
	}
}

// Route finds the NAS that r names. A name or an address that is not known does not count, since proxies before a NAS rewrite either; two that
// are known must lead to one place, else r means no NAS at all (403).
func (n *NASes) Route(ctx context.Context, r *dac.Request) (dac.Target, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if len(n.names)+len(n.addrs) == 0 {
		return dac.Target{}, dac.ErrNoRoute
	}
	name, addrs := nasOf(r.Attributes())
	return n.find(name, addrs[:])
}

// Target is Route for a NAS that is named otherwise: it is a Visited.Target.
func (n *NASes) Target(ctx context.Context, nas attrs.NAS) (dac.Target, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.find([]byte(nas.Identifier), nas.Addrs)
}

// find finds the NAS that has the name and the addresses, of which those count that are known. n.mu is held.
func (n *NASes) find(name []byte, addrs []netip.Addr) (found dac.Target, err error) {
	known := false
	if len(name) > 0 {
		found, known = n.names[string(name)]
	}
	for _, a := range addrs {
		if !a.IsValid() {
			continue
		}
		to, ok := n.addrs[a.Unmap()]
		if ok && known && to.Addr != found.Addr {
			return dac.Target{}, fmt.Errorf("route: a request names two NASes, %v and %v: %w", found, to, errcause.NASIdentificationMismatch)
		}
		if ok {
			found, known = to, true
		}
	}
	if !known {
		return dac.Target{}, dac.ErrNoRoute
	}
	return found, nil
}

// nasOf is what identify says of the NAS, without a look at the rest: the first that can be decoded of NAS-Identifier, NAS-IP-Address and
// NAS-IPv6-Address.
func nasOf(set radius.Attributes) (name []byte, addrs [2]netip.Addr) {
	for _, a := range set {
		if a == nil {
			continue
		}
		switch {
		case a.Type == typeNASID && name == nil && len(a.Attribute) > 0:
			name = a.Attribute
		case a.Type == typeNASIP && len(a.Attribute) == 4:
			noteNAS(&addrs, netip.AddrFrom4([4]byte(a.Attribute)))
		case a.Type == typeNASIP6 && len(a.Attribute) == 16:
			noteNAS(&addrs, netip.AddrFrom16([16]byte(a.Attribute)))
		}
	}
	return name, addrs
}

// noteNAS keeps the first address of each family.
func noteNAS(addrs *[2]netip.Addr, a netip.Addr) {
	a = a.Unmap()
	have := &addrs[1]
	if a.Is4() {
		have = &addrs[0]
	}
	if !have.IsValid() && !a.IsUnspecified() {
		*have = a
	}
}

// identify reads the identification in a packet. What cannot be decoded is passed over, since whether it matters is for the NAS to say (RFC
// 8559, section 4.3.2).
func identify(set radius.Attributes) (attrs.NAS, attrs.Identity) {
	nas, id, err := attrs.IdentityOf(set)
	if err == nil {
		return nas, id
	}
	var sound radius.Attributes
	for i, a := range set {
		if _, _, err := attrs.IdentityOf(append(sound[:len(sound):len(sound)], set[i])); a != nil && err == nil {
			sound = append(sound, a)
		}
	}
	nas, id, _ = attrs.IdentityOf(sound)
	return nas, id
}

// realmOf returns what follows the @ of an NAI, in lower case. Only one @ can be in a valid one (RFC 7542, section 2.2).
func realmOf(userName string) (realm string, ok bool) {
	_, realm, ok = strings.Cut(userName, "@")
	return strings.ToLower(realm), ok && realm != "" && !strings.Contains(realm, "@")
}
