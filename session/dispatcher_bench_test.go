// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// A trivial host costs as little as a host can, so that the Dispatcher's own cost remains.
type trivial struct{ found []*int }

func (h *trivial) Find(context.Context, attrs.Identity) ([]*int, error)        { return h.found, nil }
func (h *trivial) Disconnect(context.Context, *int, *session.Disconnect) error { return nil }
func (h *trivial) Change(context.Context, *int, *session.Change) error         { return nil }

// received is r as a Server hands it over.
func received(tb testing.TB, r *dac.Request) *dac.Request {
	tb.Helper()
	b, err := r.AppendSigned(nil, 1, "s3cret")
	require.NoError(tb, err)
	got, err := dac.ParseRequest(b, "s3cret")
	require.NoError(tb, err)
	return got
}

func benchmarkDispatch(b *testing.B, r *dac.Request) {
	d := session.NewDispatcher(&trivial{found: []*int{new(int)}}, attrs.FilterID, attrs.SessionTimeout)
	d.NAS.Addrs = []netipAddr{addr("192.0.2.1")}
	r = received(b, r)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		d.Arrive(r)
		if _, err := d.Handle(ctx, r); err != nil {
			b.Fatal(err)
		}
	}
}

// What the package doc says of allocations.
func TestDispatchAllocatesWhatIsDocumented(t *testing.T) {
	d := session.NewDispatcher(&trivial{found: []*int{new(int)}}, attrs.FilterID)
	d.NAS.Addrs = []netipAddr{addr("192.0.2.1")}
	for _, tt := range []struct {
		name string
		r    *dac.Request
		most float64
	}{
		{"Disconnect-Request", disconnect(t, attrs.NASIPAddress.Of(addr("192.0.2.1")), attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("1")), 3},
		{"CoA-Request", coa(t, attrs.NASIPAddress.Of(addr("192.0.2.1")), attrs.UserName.Of("bob"), attrs.FilterID.Of("gold")), 5},
	} {
		r := received(t, tt.r)
		got := testing.AllocsPerRun(1000, func() {
			d.Arrive(r)
			if _, err := d.Handle(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		})
		require.LessOrEqual(t, got, tt.most, tt.name)
	}
}

func BenchmarkDispatchDisconnect(b *testing.B) {
	benchmarkDispatch(b, disconnect(b, attrs.NASIPAddress.Of(addr("192.0.2.1")), attrs.UserName.Of("user0000001@example.net"), attrs.AcctSessionID.Of("00000001")))
}

func BenchmarkDispatchCoA(b *testing.B) {
	benchmarkDispatch(b, coa(b, attrs.NASIPAddress.Of(addr("192.0.2.1")), attrs.UserName.Of("user0000001@example.net"), attrs.AcctSessionID.Of("00000001"), attrs.FilterID.Of("gold")))
}

func BenchmarkDispatchRefusal(b *testing.B) {
	d := session.NewDispatcher(&trivial{})
	r := received(b, disconnect(b, bob1))
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		d.Arrive(r)
		if _, err := d.Handle(ctx, r); err == nil {
			b.Fatal("no sessions")
		}
	}
}
