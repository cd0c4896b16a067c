// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
)

// Reauthorize starts an Authorize Only and waits for nothing: the Access-Request leaves once the
// NAK, which is the good answer here, is out.
func ExampleDispatcher_authorizeOnly() {
	d := session.NewDispatcher(&gateway{leases: map[string]*lease{"4f2a": {id: "4f2a", user: "bob"}}})
	d.NAS.Identifier = "bng1"
	d.Reauthorize = func(_ context.Context, l *lease, c *session.Change) error {
		c.After = func(context.Context) {
			fmt.Println("Access-Request, with a Message-Authenticator:")
			for line := range attrs.Format(c.AccessRequest()) {
				fmt.Println(" ", line)
			}
		}
		return nil
	}
	r, err := dac.NewCoA(attrs.NASIdentifier.Of("bng1"), attrs.AcctSessionID.Of("4f2a"), attrs.ServiceType.Of(attrs.AuthorizeOnly), attrs.State.Of([]byte("s7")))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := d.Handle(context.Background(), r)
	fmt.Println(dac.Verdict(resp, err))
	if resp != nil && resp.After != nil {
		resp.After(context.Background()) // a dac.Server does so once the answer is out
	}
	// Output:
	// dac: CoA-NAK: Request-Initiated (507)
	// Access-Request, with a Message-Authenticator:
	//   NAS-Identifier = "bng1"
	//   Acct-Session-Id = "4f2a"
	//   Service-Type = Authorize-Only
	//   State = 0x7337
}
