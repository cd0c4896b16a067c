// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
)

// How does a NAS behave like the router that it takes the place of? Where routers depart from RFC
// 5176, a Policy does. This one is JunosE's: a Disconnect-Request needs Acct-Session-Id or
// Acct-Multi-Session-Id, and of the causes six are sent.
func ExamplePolicy() {
	d := session.NewDispatcher(&gateway{leases: map[string]*lease{"4f2a": {id: "4f2a", user: "bob"}}}, attrs.FilterID)
	d.Policy = session.Policy{
		RequireDisconnect: [][]attrs.AnyKey{{attrs.AcctSessionID}, {attrs.AcctMultiSessionID}},
		Causes:            []errcause.Cause{401, 402, 404, 503, 504, 506},
	}
	ask := func(r *dac.Request, _ error) {
		resp, err := d.Handle(context.Background(), r)
		err = dac.Verdict(resp, err)
		if cause, ok := errcause.Of(err); ok {
			fmt.Println("NAK", cause)
		} else if err != nil {
			fmt.Println("NAK without Error-Cause")
		} else {
			fmt.Println("ACK")
		}
	}
	ask(dac.NewDisconnect(attrs.UserName.Of("bob")))
	ask(dac.NewCoA(attrs.UserName.Of("bob"), attrs.FilterID.Of("golden"))) // 407 is none of the six
	ask(dac.NewDisconnect(attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("4f2a")))
	// Output:
	// NAK Missing-Attribute (402)
	// NAK without Error-Cause
	// ACK
}
