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

// A line card ends circuits. Those that are locked cannot be ended.
type circuit struct {
	id, user string
	locked   bool
}

type lineCard struct {
	session.Table[*circuit]
	session.Unimplemented[*circuit] // no Change
}

func (c *lineCard) Disconnect(ctx context.Context, one *circuit, d *session.Disconnect) error {
	return c.DisconnectAll(ctx, []*circuit{one}, d)
}

// DisconnectAll ends all or none: it first sees whether all can be ended.
func (c *lineCard) DisconnectAll(_ context.Context, all []*circuit, _ *session.Disconnect) error {
	for _, one := range all {
		if one.locked {
			return fmt.Errorf("circuit %s is locked: %w", one.id, errcause.SessionContextNotRemovable)
		}
	}
	for _, one := range all {
		c.Delete("", one.id)
	}
	return nil
}

func (c *lineCard) ChangeAll(context.Context, []*circuit, *session.Change) error {
	return errcause.AdministrativelyProhibited
}

// A host that can act on several sessions as one sets Several. Without it, a user with two sessions
// cannot be disconnected by name.
func ExampleSeveral() {
	card := &lineCard{}
	for _, one := range []*circuit{{id: "1", user: "bob"}, {id: "2", user: "bob"}, {id: "3", user: "eve", locked: true}, {id: "4", user: "eve"}} {
		if err := card.Put(attrs.Identity{AcctSessionID: one.id, UserName: one.user}, one); err != nil {
			fmt.Println(err)
		}
	}
	d := session.NewDispatcher(card)
	ask := func(r *dac.Request, _ error) {
		resp, err := d.Handle(context.Background(), r)
		if err := dac.Verdict(resp, err); err != nil {
			fmt.Println(err, "- sessions left:", card.Len())
			return
		}
		fmt.Println("sessions ended:", resp.Sessions, "- left:", card.Len())
	}
	ask(dac.NewDisconnect(attrs.UserName.Of("bob")))

	d = session.NewDispatcher(card)
	d.Several = card
	ask(dac.NewDisconnect(attrs.UserName.Of("bob")))
	ask(dac.NewDisconnect(attrs.UserName.Of("eve")))
	// Output:
	// dac: NAK: session: 2 sessions, at most 1 at once: Multiple-Session-Selection-Unsupported (508) - sessions left: 4
	// sessions ended: 2 - left: 2
	// dac: NAK: circuit 3 is locked: Session-Context-Not-Removable (504) - sessions left: 2
}
