// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/attrs/threegpp"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
)

// A gatewayNode has PDP contexts, which subscriber and bearer name together, and services on them.
type gatewayNode struct{ session.Table[string] }

func (g *gatewayNode) Disconnect(_ context.Context, s string, _ *session.Disconnect) error {
	fmt.Println("ended", s)
	return nil
}

func (g *gatewayNode) Change(_ context.Context, s string, c *session.Change) error {
	orders, err := juniper.Orders(c.Attributes) // what cannot be read is NAK 404
	if err != nil {
		return err
	}
	for _, o := range juniper.DeactivationsFirst(orders) {
		fmt.Println(s, o.Op, o.Service)
	}
	return nil
}

// How do a vendor's attributes name a session, and change it? Policy.Identifying lists what
// identifies, NewDispatcher what changes.
func ExampleDispatcher_vendorAttributes() {
	g := new(gatewayNode)
	for id, nsapi := range map[string]string{"1": "5", "2": "6"} {
		err := g.Put(attrs.Identity{AcctSessionID: id, Other: map[attrs.ID][]string{
			// IdentityOf reads them from an Access-Request.
			threegpp.IMSI.ID(): {"262011234567890"}, threegpp.NSAPI.ID(): {nsapi},
		}}, "context "+nsapi)
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	d := session.NewDispatcher(g, juniper.ActivateService, juniper.DeactivateService, juniper.ServiceTimeout)
	d.Policy.Identifying = append(attrs.Identifying(), threegpp.Identifying()...)
	ask := func(r *dac.Request, _ error) { fmt.Println(dac.Verdict(d.Handle(context.Background(), r))) }

	ask(dac.NewCoA(threegpp.Context("262011234567890", 6), juniper.Activate(1, "gold(10M)"), juniper.Deactivate("bronze")))
	ask(dac.NewDisconnect(threegpp.Context("262011234567890", 5)))
	ask(dac.NewDisconnect(threegpp.IMSI.Of("262011234567890"))) // both
	// Output:
	// context 6 deactivate bronze
	// context 6 activate gold(10M)
	// <nil>
	// ended context 5
	// <nil>
	// dac: NAK: session: 2 sessions, at most 1 at once: Multiple-Session-Selection-Unsupported (508)
}
