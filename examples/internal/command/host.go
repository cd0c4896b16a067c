// SPDX-License-Identifier: Apache-2.0

package command

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// AskedByAddress reports whether r asks an address, or localhost. Another site can give this
// machine's address a name of its own, and browsers then take what answers there for a part of that
// site: who is asked by a name and without a password has to refuse.
func AskedByAddress(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = strings.Trim(r.Host, "[]")
	}
	_, err = netip.ParseAddr(host)
	return err == nil || host == "localhost"
}
