// SPDX-License-Identifier: Apache-2.0

package embed

import (
	"context"
	"net/netip"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
)

// Find returns the sessions that a request means: those that have every attribute of id.
func (b *BNG) Find(_ context.Context, id attrs.Identity) ([]*Subscriber, error) {
	return slices.DeleteFunc(b.Subscribers(), func(s *Subscriber) bool {
		known := attrs.Identity{AcctSessionID: s.ID, UserName: s.User, FramedIPAddress: s.Addr}
		return !id.Selects(known)
	}), nil
}

// Disconnect ends a session.
func (b *BNG) Disconnect(_ context.Context, s *Subscriber, _ *session.Disconnect) error {
	if !b.Logout(s.ID) {
		return errcause.SessionContextNotFound
	}
	return nil
}

// Change gives a session another filter.
func (b *BNG) Change(_ context.Context, s *Subscriber, c *session.Change) error {
	filter, err := attrs.FilterID.Get(c.Attributes)
	if err == nil && !b.SetFilter(s.ID, filter) {
		err = errcause.SessionContextNotFound
	}
	return err
}

// Dispatcher keeps the rules of RFC 5176 before it calls b.
func (b *BNG) Dispatcher() *session.Dispatcher[*Subscriber] {
	d := session.NewDispatcher(b, attrs.FilterID)
	d.Key = func(s *Subscriber) any { return s.ID }
	d.NAS.Identifier = b.Name
	return d
}

// ServeRADIUS answers the AAA servers in from until ctx is done.
func (b *BNG) ServeRADIUS(ctx context.Context, from netip.Prefix, secret dac.Secret) error {
	srv := dac.Server{Peers: dac.PeerMap{from: {Secret: secret}}, Handler: b.Dispatcher()}
	return srv.ListenAndServe(ctx)
}
