// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/require"
)

// What may come once and comes twice with different values is refused in any order: nothing
// is decided by one of them, neither who is meant, nor by which NAS, nor what may be done, nor what
// is to be done. The same value twice says it once.
func TestWhatContradictsItselfDecidesNothing(t *testing.T) {
	bob := attrs.UserName.Of("bob")
	for _, test := range []struct {
		name string
		a, b attrs.Attr
		coa  bool
	}{
		{"User-Name", bob, attrs.UserName.Of("eve"), false},
		{"Acct-Session-Id", attrs.AcctSessionID.Of("1"), attrs.AcctSessionID.Of("2"), false},
		{"NAS-Identifier", attrs.NASIdentifier.Of("bng"), attrs.NASIdentifier.Of("other"), false},
		{"NAS-IP-Address", attrs.NASIPAddress.Of(addr("192.0.2.1")), attrs.NASIPAddress.Of(addr("192.0.2.2")), false},
		{"NAS-IPv6-Address", attrs.NASIPv6Address.Of(addr("2001:db8::1")), attrs.NASIPv6Address.Of(addr("2001:db8::2")), false},
		{"Acct-Terminate-Cause", attrs.AcctTerminateCause.Of(termcause.AdminReset), attrs.AcctTerminateCause.Of(termcause.LostCarrier), false},
		{"User-Name of a CoA-Request", bob, attrs.UserName.Of("eve"), true},
		{"NAS-Identifier of a CoA-Request", attrs.NASIdentifier.Of("bng"), attrs.NASIdentifier.Of("other"), true},
		{"Session-Timeout", attrs.SessionTimeout.Of(time.Hour), attrs.SessionTimeout.Of(2 * time.Hour), true},
		{"Service-Type", attrs.ServiceType.Of(17), attrs.ServiceType.Of(2), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			make := disconnect
			base := []attrs.Attr{bob}
			if test.coa {
				make, base = coa, append(base, attrs.FilterID.Of("gold"), attrs.State.Of([]byte("state")))
			}
			for _, pair := range [][2]attrs.Attr{{test.a, test.b}, {test.b, test.a}} {
				h := twoSubs()
				d := session.NewDispatcher(h, attrs.FilterID, attrs.SessionTimeout)
				d.NAS = attrs.NAS{Identifier: "bng"}
				d.Allow = func(_ context.Context, r *dac.Request, _ []*sub) error {
					require.Fail(t, "Allow was asked about a contradiction")
					return nil
				}
				requireUntouched(t, d, h, make(t, append(base[:len(base):len(base)], pair[0], pair[1])...), errcause.InvalidRequest)
			}
		})
	}
}
