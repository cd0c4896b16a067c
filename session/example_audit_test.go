// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
)

// Audit tells of each request that reached the sessions: who asked, what was to change, what became
// of it.
func ExampleDispatcher_audit() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	d := session.NewDispatcher(&gateway{leases: map[string]*lease{"4f2a": {id: "4f2a", user: "bob"}}}, attrs.FilterID)
	d.Audit = func(ctx context.Context, a session.Audit) {
		log.LogAttrs(ctx, slog.LevelInfo, "dynamic authorization",
			slog.String("peer", a.Request.Peer), slog.String("code", a.Request.Packet.Code.String()), slog.Int("sessions", a.Sessions),
			slog.Any("changes", a.Changes), slog.Bool("done", a.Err == nil), slog.Any("cause", a.Cause))
	}
	for _, filter := range []string{"open", "golden"} {
		r, err := dac.NewCoA(attrs.UserName.Of("bob"), attrs.FilterID.Of(filter))
		if err != nil {
			fmt.Println(err)
			return
		}
		// A dac.Server sets them.
		r.Peer, r.Source = "aaa1", netip.MustParseAddrPort("192.0.2.10:40000")
		_, _ = d.Handle(context.Background(), r)
	}
	// Output:
	// level=INFO msg="dynamic authorization" peer=aaa1 code=CoA-Request sessions=1 changes="[Filter-Id = \"open\"]" done=true cause=Cause(0)
	// level=INFO msg="dynamic authorization" peer=aaa1 code=CoA-Request sessions=1 changes="[Filter-Id = \"golden\"]" done=false cause=Invalid-Attribute-Value
}
