// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/termcause"
)

// A bng is the host: sessions that can be found, ended and changed.
type bng struct {
	session.Table[*subscriber]
	host
	nas      attrs.NAS
	ownNames bool             // some session has a NAS of its own
	reasons  *termcause.Table // why sessions end, and what RADIUS is told of it
	log      *slog.Logger     // of the ends of sessions; nil: silent
	stops    io.Writer        // shows what their ends owe the accounting server; nil: it is not shown
	moves    atomic.Uint64    // sessions that have ended or changed, for the page

	acting sync.Mutex // held from the look whether all sessions are there until they have ended or changed
}

// Disconnect ends one session.
func (b *bng) Disconnect(ctx context.Context, s *subscriber, d *session.Disconnect) error {
	return b.DisconnectAll(ctx, []*subscriber{s}, d)
}

// DisconnectAll ends all of them or none.
func (b *bng) DisconnectAll(ctx context.Context, all []*subscriber, d *session.Disconnect) error {
	for _, s := range all {
		if s.refuses != 0 {
			return s.refuses
		}
		d.TerminateCause = s.ends
	}
	d.Residual = b.residual
	if b.first {
		later := slices.Clone(all)
		d.After = func(ctx context.Context) { b.end(ctx, later, d) }
		return b.there(all)
	}
	return b.end(ctx, all, d)
}

func (b *bng) end(ctx context.Context, all []*subscriber, d *session.Disconnect) error {
	if err := b.work(ctx); err != nil {
		return err
	}
	if err := b.remove(all); err != nil {
		return err
	}
	for _, s := range all {
		b.tellEnd(ctx, s, d)
	}
	return nil
}

// there is an error where one of the sessions has ended meanwhile: then none of them is to end or
// to change (RFC 5176, section 2.3).
func (b *bng) there(all []*subscriber) error {
	for _, s := range all {
		if !b.has(s) {
			return errcause.SessionContextNotFound
		}
	}
	return nil
}

// has needs no look at the table: nothing but drop takes a session out of it.
func (b *bng) has(s *subscriber) bool { return !s.gone.Load() }

func (b *bng) remove(all []*subscriber) error {
	if b.keep { // none ever goes
		return nil
	}
	b.acting.Lock()
	defer b.acting.Unlock()
	if err := b.there(all); err != nil {
		return err
	}
	defer b.moves.Add(1)
	for _, s := range all {
		b.drop(s)
	}
	return nil
}

func (b *bng) drop(s *subscriber) {
	id := s.identity()
	b.DeleteFunc(id.Context, id.AcctSessionID, func(found *subscriber) bool { return found == s })
	s.gone.Store(true)
}

// Change changes one session.
func (b *bng) Change(ctx context.Context, s *subscriber, c *session.Change) error {
	return b.ChangeAll(ctx, []*subscriber{s}, c)
}

// ChangeAll makes all changes to all of them, or none (RFC 5176, section 2.3). The Dispatcher has
// decoded them: they are well formed.
func (b *bng) ChangeAll(ctx context.Context, all []*subscriber, c *session.Change) error {
	for _, s := range all {
		if s.refuses != 0 {
			return s.refuses
		}
	}
	if err := b.work(ctx); err != nil {
		return err
	}
	b.acting.Lock()
	defer b.acting.Unlock()
	if err := b.there(all); err != nil {
		return err
	}
	for _, s := range all {
		s.change(c.Attributes)
	}
	b.moves.Add(1)
	return nil
}

// work takes the time that a router takes. A context that ends first leaves everything as it was.
func (b *bng) work(ctx context.Context) error {
	if b.delay <= 0 {
		return nil
	}
	done := time.NewTimer(b.delay)
	defer done.Stop()
	select {
	case <-done.C:
		return nil
	case <-ctx.Done():
		return errcause.ResourcesUnavailable
	}
}
