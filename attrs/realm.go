// SPDX-License-Identifier: Apache-2.0

package attrs

import "strings"

// Realm returns the realm of a User-Name, in lower case: what follows the @ of an NAI (RFC 7542,
// section 2.2), and "" for a user without one. ok is false where the name says of no one realm that
// the user is of it, by a second @ or by an @ with nothing behind it: who may decide about such a
// user would depend on who reads the name, so refuse it.
func Realm(userName string) (realm string, ok bool) {
	_, realm, found := strings.Cut(userName, "@")
	if strings.Contains(realm, "@") || found && realm == "" {
		return "", false
	}
	return strings.ToLower(realm), true
}
