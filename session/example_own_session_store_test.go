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

// A lease is a session in a store of the host's own.
type lease struct {
	id, user, filter string
}

// A gateway has its sessions in a map of its own. All it needs is to find them by what a request
// says, and to act on one.
type gateway struct{ leases map[string]*lease }

func (g *gateway) Find(_ context.Context, id attrs.Identity) (found []*lease, err error) {
	for _, l := range g.leases {
		if id.Selects(attrs.Identity{AcctSessionID: l.id, UserName: l.user}) {
			found = append(found, l)
		}
	}
	return found, nil
}

func (g *gateway) Disconnect(_ context.Context, l *lease, _ *session.Disconnect) error {
	delete(g.leases, l.id)
	return nil
}

func (g *gateway) Change(_ context.Context, l *lease, c *session.Change) error {
	filter, err := attrs.FilterID.Get(c.Attributes)
	if err != nil {
		return err
	}
	if filter != "walled-garden" && filter != "open" {
		return fmt.Errorf("no filter %q: %w", filter, errcause.InvalidAttributeValue)
	}
	l.filter = filter
	return nil
}

// A host with a session store of its own writes Find over it; requests come from a dac.Server
// otherwise.
func Example_ownSessionStore() {
	g := &gateway{leases: map[string]*lease{"4f2a": {id: "4f2a", user: "bob"}}}
	d := session.NewDispatcher(g, attrs.FilterID)
	ask := func(r *dac.Request, _ error) {
		resp, err := d.Handle(context.Background(), r)
		fmt.Println(dac.Verdict(resp, err))
	}
	ask(dac.NewCoA(attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of("walled-garden")))
	fmt.Println("filter of 4f2a:", g.leases["4f2a"].filter)
	ask(dac.NewCoA(attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of("golden")))
	ask(dac.NewCoA(attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of("open"), attrs.IdleTimeout.Of(0)))
	ask(dac.NewDisconnect(attrs.AcctSessionID.Of("4f2a"), attrs.UserName.Of("bob")))
	ask(dac.NewDisconnect(attrs.AcctSessionID.Of("4f2a"), attrs.UserName.Of("bob")))
	// Output:
	// <nil>
	// filter of 4f2a: walled-garden
	// dac: NAK: no filter "golden": Invalid-Attribute-Value (407)
	// dac: NAK: session: Idle-Timeout in a CoA-Request is neither identification nor supported here: Unsupported-Attribute (401)
	// <nil>
	// dac: NAK: session: no session: Session-Context-Not-Found (503)
}
