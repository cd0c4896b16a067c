// SPDX-License-Identifier: Apache-2.0

package route

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// First asks each of r in turn, nil ones left out, until one knows a way or has a reason to refuse;
// one that says dac.ErrNoRoute has neither. Where none knows, the error is what the first said that
// could not look it up, else dac.ErrNoRoute with all that they say of it.
func First(r ...dac.Router) dac.Router {
	return dac.RouterFunc(func(ctx context.Context, q *dac.Request) (dac.Target, error) {
		var failed, unknown error
		for _, one := range r {
			if one == nil {
				continue
			}
			to, err := one.Route(ctx, q)
			if err == nil || !errors.Is(err, dac.ErrNoRoute) {
				return to, err
			}
			cause, _ := errcause.Of(err)
			switch {
			case cause != errcause.RequestNotRoutable && failed == nil:
				failed = err
			case unknown == nil || unknown == dac.ErrNoRoute:
				unknown = err
			case err != dac.ErrNoRoute:
				unknown = fmt.Errorf("%w; %w", unknown, err)
			}
		}
		return dac.Target{}, cmp.Or(failed, unknown, dac.ErrNoRoute)
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

// NASes knows NASes by NAS-IP-Address, NAS-IPv6-Address and NAS-Identifier. The zero NASes is ready
// and empty. It is safe for concurrent use, and may change at any time; do not copy it.
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

// Route finds the NAS that r names. A name or an address that is not known does not count, since
// proxies before a NAS rewrite either; two that are known must lead to one place, else r means no
// NAS at all (403), and so it does where one attribute has two different values.
func (n *NASes) Route(ctx context.Context, r *dac.Request) (dac.Target, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if len(n.names)+len(n.addrs) == 0 {
		return dac.Target{}, dac.ErrNoRoute
	}
	name, addrs, err := nasOf(r.Attributes())
	if err != nil {
		return dac.Target{}, err
	}
	return n.find(name, addrs[:])
}

// Target is Route for a NAS that is named otherwise: it is a Visited.Target.
func (n *NASes) Target(ctx context.Context, nas attrs.NAS) (dac.Target, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.find([]byte(nas.Identifier), nas.Addrs)
}

// find finds the NAS that has the name and the addresses, of which those count that are known. n.mu
// is held.
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

// nasOf is what identify says of the NAS, without a look at the rest. Values that cannot be decoded
// are passed over; two that differ are an error.
func nasOf(set radius.Attributes) (name []byte, addrs [2]netip.Addr, err error) {
	same := true
	for _, a := range set {
		if a == nil {
			continue
		}
		switch {
		case a.Type == typeNASID && name == nil && len(a.Attribute) > 0:
			name = a.Attribute
		case a.Type == typeNASID && len(a.Attribute) > 0:
			same = same && string(name) == string(a.Attribute)
		case a.Type == typeNASIP && len(a.Attribute) == 4:
			same = noteNAS(&addrs, netip.AddrFrom4([4]byte(a.Attribute))) && same
		case a.Type == typeNASIP6 && len(a.Attribute) == 16:
			same = noteNAS(&addrs, netip.AddrFrom16([16]byte(a.Attribute))) && same
		}
	}
	if !same {
		err = fmt.Errorf("route: a request names two NASes: %w: %w", errcause.NASIdentificationMismatch, errcause.InvalidRequest)
	}
	return name, addrs, err
}

// noteNAS keeps the address of each family; false: there is another one already.
func noteNAS(addrs *[2]netip.Addr, a netip.Addr) bool {
	a = a.Unmap()
	have := &addrs[1]
	if a.Is4() {
		have = &addrs[0]
	}
	if !have.IsValid() && !a.IsUnspecified() {
		*have = a
	}
	return a.IsUnspecified() || *have == a
}

// identify reads the identification in a packet. What cannot be decoded is passed over, since
// whether it matters is for the NAS to say (RFC 8559, section 4.3.2). Two different values of what
// a session or a NAS has once name nothing: the error wraps errcause.InvalidRequest. The time that
// it takes grows with the octets of the packet and no faster.
func identify(set radius.Attributes, also ...attrs.AnyKey) (attrs.NAS, attrs.Identity, error) {
	nas, id, err := attrs.IdentityOf(set, also...)
	if err == nil {
		return nas, id, nil
	}
	sound := make(radius.Attributes, 0, len(set))
	named := make([]attrs.AnyKey, 0, len(also))
	for i, a := range set {
		if a == nil {
			continue
		}
		named = named[:0]
		for _, key := range also {
			if key != nil && key.ID().Type == a.Type {
				named = append(named, key)
			}
		}
		if _, _, err := attrs.IdentityOf(set[i:i+1], named...); err == nil {
			sound = append(sound, a)
		}
	}
	if nas, id, err = attrs.IdentityOf(sound, also...); err != nil {
		return attrs.NAS{}, attrs.Identity{}, fmt.Errorf("route: the identification contradicts itself: %w", errcause.InvalidRequest)
	}
	return nas, id, nil
}

// userOf returns the User-Name in set, "" where there is none. An empty one, and two that differ,
// are errors that wrap errcause.InvalidRequest: whose name counts is not for the sender to choose.
func userOf(set radius.Attributes) (name string, err error) {
	for _, a := range set {
		switch {
		case a == nil || a.Type != typeUserName:
		case len(a.Attribute) == 0:
			return "", fmt.Errorf("route: an empty User-Name: %w", errcause.InvalidRequest)
		case name == "":
			name = string(a.Attribute)
		case name != string(a.Attribute):
			return "", fmt.Errorf("route: two different User-Names: %w", errcause.InvalidRequest)
		}
	}
	return name, nil
}

const typeUserName = 1
