// SPDX-License-Identifier: Apache-2.0

package route

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// Realms is the realm table of RFC 8559, section 3.2, as far as dynamic authorization goes: the
// next hop towards the network that has a realm, which is not where Access-Requests of that realm
// go. The zero Realms is ready and empty. It is safe for concurrent use, and may change at any
// time; do not copy it.
type Realms struct {
	mu sync.RWMutex // guards what follows
	to map[string]dac.Target
}

// Set sends requests for the realm to to. Realms differ in case alone when they are the same.
func (t *Realms) Set(realm string, to dac.Target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.to == nil {
		t.to = make(map[string]dac.Target)
	}
	t.to[strings.ToLower(realm)] = to
}

// Delete forgets the realm.
func (t *Realms) Delete(realm string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.to, strings.ToLower(realm))
}

func (t *Realms) any() bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.to) > 0
}

// Route returns the next hop for the realm in the Operator-Name of r. User-Name never counts: it
// leads back to the home network. No Operator-Name, one of another namespace than REALM, and an
// unknown realm are dac.ErrNoRoute (502).
func (t *Realms) Route(ctx context.Context, r *dac.Request) (dac.Target, error) {
	name, _ := operatorOf(r.Attributes())
	return t.Target(name)
}

// Target is Route for an Operator-Name as it was recorded: what a home network asks.
func (t *Realms) Target(operatorName string) (dac.Target, error) {
	realm, ok := operatorRealm(operatorName)
	if !ok {
		return dac.Target{}, dac.ErrNoRoute
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	to, ok := t.to[realm]
	if !ok {
		return dac.Target{}, dac.ErrNoRoute
	}
	return to, nil
}

// Home is a home network: the one whose users may be elsewhere.
type Home struct {
	Realms []string // of its users; users without a realm are its own
}

// Attr returns what a request about s carries (Session.Attr). A home network asks nothing about
// users of other networks (RFC 8559, section 4.1), so a Session of one, or of a user that is not
// known, is errcause.AdministrativelyProhibited.
func (h *Home) Attr(s Session) (attrs.Attr, error) {
	realm, ok := attrs.Realm(s.Identity.UserName)
	own := realm == "" || slices.ContainsFunc(h.Realms, func(one string) bool { return strings.EqualFold(one, realm) })
	if s.Identity.UserName == "" || !ok || !own {
		return attrs.Attr{}, fmt.Errorf("route: the user is of another network, realm %q: %w", realm, errcause.AdministrativelyProhibited)
	}
	return s.Attr(), nil
}
