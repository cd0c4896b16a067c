// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/session"
)

// A bng is a host: what a router or its control plane brings. The embedded Table finds its
// sessions.
type bng struct {
	session.Table[*subscriber]
	out io.Writer
}

// A subscriber is what this host calls a session.
type subscriber struct{ user, id string }

func (b *bng) login(user, id string) error {
	return b.Put(attrs.Identity{UserName: user, AcctSessionID: id}, &subscriber{user, id})
}

// Disconnect ends a session. What it returns is what the other side gets: nil is an ACK, an error a
// NAK with the cause it wraps.
func (b *bng) Disconnect(_ context.Context, s *subscriber, _ *session.Disconnect) error {
	b.Delete("", s.id)
	fmt.Fprintf(b.out, "    NAS: the session of %s ends\n\n", s.user)
	return nil
}

// Change changes a session. The attributes are there, since the Dispatcher refuses a CoA-Request
// that changes nothing, but either may be missing: Scan fills in what has come.
func (b *bng) Change(_ context.Context, s *subscriber, c *session.Change) error {
	var filter, rate string
	if _, err := attrs.Scan(c.Attributes, attrs.FilterID.Into(&filter), mikrotik.RateLimit.Into(&rate)); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "    NAS: %s now has filter %s and rate %s\n\n", s.user, filter, rate)
	return nil
}
