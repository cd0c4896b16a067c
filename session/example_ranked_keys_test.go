// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
)

// A rankedNAS takes the highest-ranking key of a request, as Nokia's SR OS does: NAS-Port-Id with
// an address, else Acct-Session-Id, else User-Name. The next key in rank must agree with what was
// found; those below it are not looked at.
type rankedNAS struct {
	session.Table[string]
	session.Unimplemented[string]
}

func (n *rankedNAS) Find(ctx context.Context, id attrs.Identity) ([]string, error) {
	ranks := []attrs.Identity{
		{NASPortID: id.NASPortID, FramedIPAddress: id.FramedIPAddress},
		{AcctSessionID: id.AcctSessionID},
		{UserName: id.UserName},
	}
	if id.NASPortID == "" || !id.FramedIPAddress.IsValid() {
		ranks = ranks[1:]
	}
	var found []string
	for taken := 0; taken < 2 && len(ranks) > 0; ranks = ranks[1:] {
		key := ranks[0]
		if key.IsZero() {
			continue
		}
		key.Context = id.Context
		these, err := n.Table.Find(ctx, key)
		if err != nil {
			return nil, err
		}
		if taken++; taken == 1 {
			found = these
			continue
		}
		found = common(found, these)
	}
	return found, nil
}

// common returns what is in both.
func common(a, b []string) (both []string) {
	for _, one := range a {
		for _, other := range b {
			if one == other {
				both = append(both, one)
			}
		}
	}
	return both
}

func (n *rankedNAS) Disconnect(_ context.Context, s string, _ *session.Disconnect) error {
	fmt.Println("ended", s)
	return nil
}

// A choice of keys by rank is the host's own Find. Policy.Identifying names the keys, so that
// another one is refused and not overlooked.
func ExampleHandler_rankedKeys() {
	nas := &rankedNAS{}
	for id, user := range map[string]string{"1": "bob", "2": "bob", "3": "eve"} {
		if err := nas.Put(attrs.Identity{AcctSessionID: id, UserName: user, NASPortID: "1/1/" + id, FramedIPAddress: addr("10.0.0." + id)}, "session "+id); err != nil {
			fmt.Println(err)
		}
	}
	d := session.NewDispatcher(nas)
	d.Policy.Identifying = []attrs.AnyKey{attrs.NASPortID, attrs.FramedIPAddress, attrs.AcctSessionID, attrs.UserName}
	ask := func(a ...attrs.Attr) {
		r, err := dac.NewDisconnect(a...)
		if err == nil {
			err = dac.Verdict(d.Handle(context.Background(), r))
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	host1 := attrs.Join(attrs.NASPortID.Of("1/1/1"), attrs.FramedIPAddress.Of(addr("10.0.0.1")))
	ask(host1, attrs.AcctSessionID.Of("1"), attrs.UserName.Of("not looked at"))
	ask(host1, attrs.AcctSessionID.Of("2"))
	ask(attrs.AcctSessionID.Of("3"), attrs.UserName.Of("bob"))
	ask(attrs.UserName.Of("eve"))
	ask(attrs.UserName.Of("eve"), attrs.CallingStationID.Of("00-10-A4-23-19-C0"))
	// Output:
	// ended session 1
	// dac: NAK: session: no session: Session-Context-Not-Found (503)
	// dac: NAK: session: no session: Session-Context-Not-Found (503)
	// ended session 3
	// dac: NAK: session: Calling-Station-Id in a Disconnect-Request is no identification that this NAS looks at: Unsupported-Attribute (401)
}
