// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
)

// How do I keep one ISP from ending the sessions of another one on a NAS that they share? Allow is
// asked once it is known which sessions a request means.
func ExampleAllowRealms() {
	d := session.NewDispatcher(&gateway{leases: map[string]*lease{"1": {id: "1", user: "bob@a.example"}, "2": {id: "2", user: "eve@b.example"}}})
	d.Allow = session.AllowRealms(func(l *lease) string { return l.user }, map[string][]string{
		"aaa of A": {"a.example"},
		"billing":  {"a.example", "b.example"},
	})
	for _, peer := range []string{"aaa of A", "billing", "somebody"} {
		r, err := dac.NewDisconnect(attrs.AcctSessionID.Of("2"))
		if err != nil {
			fmt.Println(err)
			return
		}
		r.Peer = peer // a dac.Server sets it: the Name of the Peer whose secret fits
		fmt.Println(dac.Verdict(d.Handle(context.Background(), r)))
	}
	// Output:
	// dac: NAK: session: peer "aaa of A" may not touch sessions of realm "b.example": Administratively-Prohibited (501)
	// <nil>
	// dac: NAK: session: no session: Session-Context-Not-Found (503)
}
