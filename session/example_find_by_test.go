// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
)

// How does a host that has one index for each attribute find sessions?
func ExampleFindBy() {
	one, two := &lease{id: "4f2a", user: "bob"}, &lease{id: "4f2b", user: "bob"}
	h := &hotspot{byID: map[string]*lease{"4f2a": one, "4f2b": two}, byUser: map[string][]*lease{"bob": {one, two}}}
	for _, id := range []attrs.Identity{{UserName: "bob"}, {UserName: "bob", AcctSessionID: "4f2b"}, {UserName: "eve", AcctSessionID: "4f2b"}, {NASPortID: "xe-0/0/0"}} {
		found, err := h.Find(context.Background(), id)
		fmt.Println(len(found), err)
	}
	// Output:
	// 2 <nil>
	// 1 <nil>
	// 0 <nil>
	// 0 session: no index of NAS-Port-Id: Unsupported-Attribute (401)
}

// How does a host keep the order of requests without a Dispatcher?
func ExampleInOrder() {
	policies := map[string]string{}
	h := session.InOrder(dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
		id, err := attrs.AcctSessionID.Get(r.Attributes())
		if err != nil {
			return nil, err
		}
		filter, err := attrs.FilterID.Get(r.Attributes())
		if err != nil {
			return nil, err
		}
		policies[id] = filter // one request of a session at a time, as they arrived
		return r.ACK()
	}), func(r *dac.Request) any {
		id, _, _ := attrs.AcctSessionID.Lookup(r.Attributes())
		return id
	})
	for _, filter := range []string{"silver", "gold"} {
		r, err := dac.NewCoA(attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of(filter))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(dac.Verdict(h.Handle(context.Background(), r)))
	}
	fmt.Println(policies["4f2a"])
	// Output:
	// <nil>
	// <nil>
	// gold
}
