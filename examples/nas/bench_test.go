// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// A minimal host has a Table of pointers and does nothing.
type minimal struct {
	session.Table[*int]
	session.Unimplemented[*int]
}

func (*minimal) Disconnect(context.Context, *int, *session.Disconnect) error { return nil }

// To end a session costs no allocation here beside those of the Dispatcher: what its answer says
// was looked up when the session began.
func TestDisconnectAllocatesNothing(t *testing.T) {
	o, err := parseOptions([]string{"-secret", "s3cret", "-n", "1", "-keep"}, io.Discard)
	require.NoError(t, err)
	bng, err := newBNG(o, io.Discard)
	require.NoError(t, err)
	s, found := bng.Get("", "00000000")
	require.True(t, found)
	d := &session.Disconnect{}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if err := bng.Disconnect(t.Context(), s, d); err != nil {
			t.Error(err)
		}
	}))
}

// BenchmarkDisconnect is what a Disconnect-Request costs in this BNG, beside the least that a host
// can be: the Dispatcher and the Table are in both.
func BenchmarkDisconnect(b *testing.B) {
	const n = 100_000
	o, err := parseOptions([]string{"-secret", "s3cret", "-n", fmt.Sprint(n), "-keep"}, io.Discard)
	require.NoError(b, err)
	bng, err := newBNG(o, io.Discard)
	require.NoError(b, err)
	least := &minimal{}
	for i := range n {
		id := attrs.Identity{AcctSessionID: fmt.Sprintf("%08x", i), UserName: fmt.Sprintf("user%07d@example.net", i)}
		require.NoError(b, least.Put(id, &i))
	}
	d := session.NewDispatcher(least)
	d.NAS.Addrs = []netip.Addr{loopback}
	for name, h := range map[string]dac.Handler{"nas": newDispatcher(o, bng, io.Discard), "minimal": d} {
		var all []*dac.Request
		for i := range 1000 {
			r, err := dac.NewDisconnect(attrs.NASIPAddress.Of(loopback), attrs.UserName.Of(fmt.Sprintf("user%07d@example.net", i*97)), attrs.AcctSessionID.Of(fmt.Sprintf("%08x", i*97)))
			require.NoError(b, err)
			all = append(all, r)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				resp, err := h.Handle(b.Context(), all[i%len(all)])
				if err != nil || !resp.ACK() {
					b.Fatal(resp, err)
				}
			}
		})
	}
}
