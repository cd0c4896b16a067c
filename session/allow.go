// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// AllowRealms returns a Dispatcher.Allow by which each peer may touch the sessions of its own
// realms (RFC 5176, section 6.1): on a NAS that ISPs share, none of them can touch another's.
// realms has the names of the realms by dac.Peer.Name, in any case; "" is users without a realm.
// userName returns the User-Name of a session, as the host knows it and not as the request has it.
// A peer that is not in realms, a session of another realm, and one of a name that has no one realm
// (attrs.Realm), are errcause.AdministrativelyProhibited.
func AllowRealms[S any](userName func(s S) string, realms map[string][]string) func(context.Context, *dac.Request, []S) error {
	type pair struct{ peer, realm string }
	allowed := make(map[pair]bool)
	for peer, names := range realms {
		for _, realm := range names {
			allowed[pair{peer, strings.ToLower(realm)}] = true
		}
	}
	return func(_ context.Context, r *dac.Request, sessions []S) error {
		for _, s := range sessions {
			realm, ok := attrs.Realm(userName(s))
			if !ok || !allowed[pair{r.Peer, realm}] {
				return fmt.Errorf("session: peer %q may not touch sessions of realm %q: %w", r.Peer, realm, errcause.AdministrativelyProhibited)
			}
		}
		return nil
	}
}
