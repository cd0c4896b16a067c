// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/accounting"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
)

// A link of an MLPPP bundle is a session of its own.
type link struct{ id, bundle string }

// An L2TP access concentrator does not see the bundle, which begins where the tunnel ends. It knows
// its links, and names all links of a bundle by the Acct-Session-Id of the first one.
type concentrator struct {
	session.Table[*link]
	session.Unimplemented[*link] // no Change
	bundles                      accounting.Bundles[string]
}

func (c *concentrator) connect(l *link) error {
	multi, err := c.bundles.Join(l.bundle, l.id)
	if err != nil {
		return err
	}
	return c.Put(attrs.Identity{AcctSessionID: l.id, AcctMultiSessionID: multi, UserName: "bob"}, l)
}

func (c *concentrator) Disconnect(ctx context.Context, l *link, d *session.Disconnect) error {
	return c.DisconnectAll(ctx, []*link{l}, d)
}

func (c *concentrator) DisconnectAll(_ context.Context, all []*link, _ *session.Disconnect) error {
	for _, l := range all {
		c.Delete("", l.id)
		c.bundles.Leave(l.bundle, l.id)
		fmt.Println("down:", l.id)
	}
	return nil
}

func (c *concentrator) ChangeAll(context.Context, []*link, *session.Change) error {
	return fmt.Errorf("nothing is changed here")
}

// How does an L2TP access concentrator end a bundle by Acct-Multi-Session-Id?
func ExampleSeveral_mlppp() {
	lac := &concentrator{}
	for _, l := range []*link{{"4f2a", "bob/ep-1"}, {"4f2b", "bob/ep-1"}, {"4f2c", "bob/ep-2"}} {
		if err := lac.connect(l); err != nil {
			fmt.Println(err)
		}
	}
	d := session.NewDispatcher(lac)
	d.Several = lac
	r, err := dac.NewDisconnect(attrs.AcctMultiSessionID.Of("4f2a"))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := d.Handle(context.Background(), r)
	fmt.Println(dac.Verdict(resp, err), "left:", lac.Len())
	// Output:
	// down: 4f2a
	// down: 4f2b
	// <nil> left: 1
}
