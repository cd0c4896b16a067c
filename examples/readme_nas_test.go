// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"context"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/require"
)

// A Subscriber stands for a host's own session type.
type Subscriber struct {
	filter string
	ended  termcause.Cause
	gone   func() // takes the session out of the table
}

// Close ends the session.
func (s *Subscriber) Close(_ context.Context, why termcause.Cause) error {
	s.ended = why
	if s.gone != nil {
		s.gone()
	}
	return nil
}

// Apply puts a filter on the session.
func (s *Subscriber) Apply(_ context.Context, filter string) error {
	s.filter = filter
	return nil
}

// README: begin
type BNG struct{ session.Table[*Subscriber] } // Put and Delete sessions as they come and go

func (b *BNG) Disconnect(ctx context.Context, sub *Subscriber, d *session.Disconnect) error {
	return sub.Close(ctx, termcause.AdminReset) // Deletes it too; nil: ACK; an error: NAK, with the Error-Cause it wraps
}

func (b *BNG) Change(ctx context.Context, sub *Subscriber, c *session.Change) error {
	filter, err := attrs.FilterID.Get(c.Attributes) // missing: NAK 402, malformed: NAK 404
	if err != nil {
		return err
	}
	return sub.Apply(ctx, filter)
}

func serve(ctx context.Context, bng *BNG) error {
	d := session.NewDispatcher(bng, attrs.FilterID) // what Change honours; anything else is NAK 401
	d.NAS.Identifier = "bng1"                       // a request for another NAS is NAK 403
	srv := &dac.Server{
		Peers:   dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: "s3cret"}},
		Handler: d,
	}
	return srv.ListenAndServe(ctx) // UDP 3799, until ctx is done and every request is answered
}

// README: end

func TestReadmeNAS(t *testing.T) {
	bng, bob := &BNG{}, &Subscriber{}
	bob.gone = func() { bng.Delete("", "4f2a") }
	require.NoError(t, bng.Put(attrs.Identity{UserName: "bob", AcctSessionID: "4f2a"}, bob))
	nas := dactest.NewNAS(t, session.NewDispatcher(bng, attrs.FilterID))

	_, err := nas.Client.CoA(t.Context(), nas.Addr, attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of("gold"))
	require.NoError(t, err)
	require.Equal(t, "gold", bob.filter)
	_, err = nas.Client.CoA(t.Context(), nas.Addr, attrs.AcctSessionID.Of("4f2a"), attrs.Class.Of([]byte("x")))
	require.ErrorIs(t, err, errcause.UnsupportedAttribute)
	_, err = nas.Client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
	require.NoError(t, err)
	require.Equal(t, termcause.AdminReset, bob.ended)
	require.Zero(t, bng.Len())
}

// It ends with its context.
func TestReadmeServeEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := serve(ctx, &BNG{}); err != nil {
		require.ErrorContains(t, err, "address already in use") // of another program on this machine
	}
}
