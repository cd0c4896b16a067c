// SPDX-License-Identifier: Apache-2.0

package route

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Visited is a network in which users of others may be (RFC 8559, sections 3 and 4.2): Stamp marks
// what leaves it, and Route, which makes it a Router, takes that off again and finds the NAS. Realm
// is required. It is safe for concurrent use; do not change it once used.
type Visited struct {
	Realm  string   // by which others know this network: one and the same for all sessions
	Realms []string // further ones that requests may name
	// Tokens make and read Operator-NAS-Identifier; nil: none is added, and each that comes is
	// unknown (403).
	Tokens *Tokens

	// Target says where the NAS that a token names takes requests; an error without a cause is 403.
	// nil: its address, at dac.Port; NASes.Target is one that knows better.
	Target func(ctx context.Context, nas attrs.NAS) (dac.Target, error)

	// Other finds the NAS of a request without a token, a Learned say; nil: nothing does (403).
	Other dac.Router

	// MayAsk says whether a home network, by the realm of User-Name ("": none), may ask here; false
	// is 502, and so are two different User-Names and one with an @ that has no one realm behind it
	// (RFC 7542, section 2.2). nil: it is not asked.
	MayAsk func(r *dac.Request, realm string) bool
}

// Types that name a NAS: NAS-IP-Address, NAS-Identifier, NAS-IPv6-Address.
const (
	typeNASIP  = 4
	typeNASID  = 32
	typeNASIP6 = 95
)

func namesNAS(a *radius.AVP) bool {
	return a != nil && (a.Type == typeNASIP || a.Type == typeNASID || a.Type == typeNASIP6)
}

// Stamp returns the attributes of an Access-Request or Accounting-Request that goes to another
// network: with Operator-Name and, where there are Tokens, with Operator-NAS-Identifier, and then
// with the realm for the NAS-Identifier in place of what names the NAS (RFC 8559, section 3.4).
// from is the NAS that sent it, for one that does not name itself. set is not changed. What has an
// Operator-NAS-Identifier, or the Operator-Name of another network, is returned as it is: only the
// network that has the NAS may name it.
func (v *Visited) Stamp(set radius.Attributes, from netip.Addr) (radius.Attributes, error) {
	if v.Realm == "" {
		return nil, errors.New("route: Visited.Realm is empty: by which realm do others know this network?")
	}
	name, _ := operatorOf(set)
	realm, _ := operatorRealm(name)
	if slices.ContainsFunc(set, isOperatorNAS) || name != "" && !strings.EqualFold(realm, v.Realm) {
		return set, nil
	}
	add := []attrs.Attr{}
	if name == "" {
		add = append(add, attrs.OperatorName.Of("1"+v.Realm))
	}
	out := slices.Clone(set)
	if v.Tokens != nil {
		nas, _, err := identify(set)
		if err != nil {
			return nil, err
		}
		if nas.Identifier == "" && len(nas.Addrs) == 0 {
			nas.Addrs = []netip.Addr{from}
		}
		token, err := v.Tokens.Seal(nas)
		if err != nil {
			return nil, err
		}
		add = append(add, attrs.OperatorNASIdentifier.Of(token), attrs.NASIdentifier.Of(v.Realm))
		out = slices.DeleteFunc(out, namesNAS)
	}
	return attrs.Join(add...).AppendTo(out)
}

// Route finds the NAS that r is about, and has the Target take off what only proxies tell each
// other. Realms that this network does not have, or none, are dac.ErrNoRoute (502); a home network
// that may not ask is 502; a NAS that cannot be found is 403.
func (v *Visited) Route(ctx context.Context, r *dac.Request) (dac.Target, error) {
	set := r.Attributes()
	name, token := operatorOf(set)
	if realm, ok := operatorRealm(name); !ok || !v.has(realm) {
		return dac.Target{}, dac.ErrNoRoute
	}
	if v.MayAsk != nil {
		user, err := userOf(set)
		if err != nil {
			return dac.Target{}, fmt.Errorf("route: which home network asks: %w: %w", errcause.RequestNotRoutable, err)
		}
		realm, ok := attrs.Realm(user)
		if !ok {
			return dac.Target{}, fmt.Errorf("route: User-Name %q says of no one realm that the user is of it: %w", user, errcause.RequestNotRoutable)
		}
		if !v.MayAsk(r, realm) {
			return dac.Target{}, fmt.Errorf("route: home network %q may not ask here: %w", realm, errcause.RequestNotRoutable)
		}
	}
	if token == "" {
		return v.other(ctx, r)
	}
	if v.Tokens == nil {
		return dac.Target{}, unknownNAS(errors.New("no Tokens"))
	}
	nas, err := v.Tokens.Open([]byte(token))
	if err != nil {
		return dac.Target{}, err
	}
	to, err := v.target(ctx, nas)
	if err != nil {
		return dac.Target{}, unknownNAS(err)
	}
	return v.undoing(to, nas), nil
}

// unknownNAS is 403, unless err has another cause than that there is no way.
func unknownNAS(err error) error {
	if cause, ok := errcause.Of(err); ok && cause != errcause.RequestNotRoutable {
		return err
	}
	return fmt.Errorf("route: the NAS is not found: %w: %w", errcause.NASIdentificationMismatch, err)
}

func (v *Visited) has(realm string) bool {
	return strings.EqualFold(realm, v.Realm) || slices.ContainsFunc(v.Realms, func(s string) bool { return strings.EqualFold(s, realm) })
}

func (v *Visited) target(ctx context.Context, nas attrs.NAS) (dac.Target, error) {
	switch {
	case v.Target != nil:
		return v.Target(ctx, nas)
	case len(nas.Addrs) == 0:
		return dac.Target{}, dac.ErrNoRoute
	}
	return dac.Target{Addr: netip.AddrPortFrom(nas.Addrs[0], dac.Port)}, nil
}

// other finds the NAS of a request without a token by other means (RFC 8559, section 5.2).
func (v *Visited) other(ctx context.Context, r *dac.Request) (dac.Target, error) {
	if v.Other == nil {
		return dac.Target{}, unknownNAS(dac.ErrNoRoute)
	}
	to, err := v.Other.Route(ctx, r)
	if err != nil {
		return dac.Target{}, unknownNAS(err)
	}
	return v.undoing(to, attrs.NAS{}), nil
}

// undoing returns to with an Edit that undoes what Stamp did: the NAS gets neither of the two
// attributes, and is named as it names itself.
func (v *Visited) undoing(to dac.Target, nas attrs.NAS) dac.Target {
	further := to.Edit
	to.Edit = func(set radius.Attributes) (radius.Attributes, error) {
		named := nas.Identifier != "" || len(nas.Addrs) > 0
		set = slices.DeleteFunc(set, func(a *radius.AVP) bool {
			ours := a != nil && a.Type == typeNASID && v.has(string(a.Attribute))
			return a != nil && a.Type == typeOperatorName || isOperatorNAS(a) || ours || named && namesNAS(a)
		})
		back := nas
		if !named {
			back.Addrs = []netip.Addr{to.Addr.Addr()}
		}
		if !slices.ContainsFunc(set, namesNAS) {
			// One of the three there must be (RFC 8559, section 4.2).
			var err error
			if set, err = back.Attr().AppendTo(set); err != nil {
				return nil, err
			}
		}
		if further != nil {
			return further(set)
		}
		return set, nil
	}
	return to
}
