// SPDX-License-Identifier: Apache-2.0

package sessiontest

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/session"
)

// looks is how often a host may look at its context, before the checks give up waiting for it to
// notice.
const looks = 4

// A fading context is done from the nth look at it on, as one that ends while the host is at work.
type fading struct {
	context.Context
	left   atomic.Int32
	cancel context.CancelFunc
}

func fadingContext(parent context.Context, n int) (*fading, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	f := &fading{Context: ctx, cancel: cancel}
	f.left.Store(int32(n))
	return f, cancel
}

func (f *fading) look() {
	if f.left.Add(-1) < 0 {
		f.cancel()
	}
}

func (f *fading) Done() <-chan struct{} {
	f.look()
	return f.Context.Done()
}

func (f *fading) Err() error {
	f.look()
	return f.Context.Err()
}

// ending and changing are what the Dispatcher hands to the host.
func (c *checker[S]) ending(id attrs.Identity) *session.Disconnect {
	c.t.Helper()
	return session.DisconnectOf(c.disconnectOf(id), id)
}

func (c *checker[S]) changing(id attrs.Identity) *session.Change {
	c.t.Helper()
	set, err := attrs.Join(c.host.Change...).AppendTo(nil)
	if err != nil {
		c.t.Fatalf("sessiontest: Host.Change: %v", err)
	}
	return session.ChangeOf(c.changeOf(id), id, set)
}

// sessions returns both.
func (c *checker[S]) sessions() (s [2]S, ok bool) {
	c.t.Helper()
	for i := range s {
		if s[i], ok = c.one(i); !ok {
			c.t.Errorf("Find with the whole identity of session %d does not return it alone.", i)
			return s, false
		}
	}
	return s, true
}

func (c *checker[S]) contextDone() {
	for n := range looks {
		c.fresh().changeFades(n)
		c.fresh().disconnectFades(n)
	}
}

func (c *checker[S]) changeFades(n int) {
	c.t.Helper()
	s, ok := c.sessions()
	if !ok || len(c.host.Change) == 0 {
		return
	}
	ctx, cancel := fadingContext(c.t.Context(), n)
	defer cancel()
	if err := c.host.Handler.Change(ctx, s[0], c.changing(c.host.Sessions[0])); err != nil {
		c.untouched(0, fmt.Sprintf("a Change whose context was done and that returned %q", err))
	}
}

func (c *checker[S]) disconnectFades(n int) {
	c.t.Helper()
	s, ok := c.sessions()
	if !ok {
		return
	}
	ctx, cancel := fadingContext(c.t.Context(), n)
	defer cancel()
	if err := c.host.Handler.Disconnect(ctx, s[0], c.ending(c.host.Sessions[0])); err != nil {
		c.untouched(0, fmt.Sprintf("a Disconnect whose context was done and that returned %q", err))
	}
}

func (c *checker[S]) allOrNone() {
	if c.host.Several == nil {
		c.t.Skip("Host.Several is nil: the host acts on one session at a time")
	}
	for gone := range 2 {
		for first := range 2 {
			c.fresh().allWithOneGone(gone, first)
		}
	}
	for n := range looks {
		c.fresh().changeAllFades(n)
		c.fresh().disconnectAllFades(n)
	}
}

// allWithOneGone has the host act on both sessions, one of which ended after it was found.
func (c *checker[S]) allWithOneGone(gone, first int) {
	c.t.Helper()
	live := 1 - gone
	s, ok := c.sessions()
	if !ok || !c.ended(gone) {
		return
	}
	id := c.shared()
	list := []S{s[first], s[1-first]}
	if len(c.host.Change) > 0 {
		err := c.host.Several.ChangeAll(c.t.Context(), list, c.changing(id))
		if err == nil {
			c.t.Errorf("ChangeAll of two sessions, of which session %d has ended, returned nil.", gone)
		} else {
			c.untouched(live, fmt.Sprintf("ChangeAll of it and of one that has ended, which returned %q,", err))
		}
	}
	if err := c.host.Several.DisconnectAll(c.t.Context(), list, c.ending(id)); err != nil {
		c.untouched(live, fmt.Sprintf("DisconnectAll of it and of one that has ended, which returned %q,", err))
	} else {
		c.gone(live, "DisconnectAll, which returned nil,")
	}
}

func (c *checker[S]) changeAllFades(n int) {
	c.t.Helper()
	s, ok := c.sessions()
	if !ok || len(c.host.Change) == 0 {
		return
	}
	ctx, cancel := fadingContext(c.t.Context(), n)
	defer cancel()
	if err := c.host.Several.ChangeAll(ctx, s[:], c.changing(c.shared())); err != nil {
		c.untouched(0, fmt.Sprintf("ChangeAll whose context was done and that returned %q", err))
		c.untouched(1, fmt.Sprintf("ChangeAll whose context was done and that returned %q", err))
	}
}

func (c *checker[S]) disconnectAllFades(n int) {
	c.t.Helper()
	s, ok := c.sessions()
	if !ok {
		return
	}
	ctx, cancel := fadingContext(c.t.Context(), n)
	defer cancel()
	if err := c.host.Several.DisconnectAll(ctx, s[:], c.ending(c.shared())); err != nil {
		c.untouched(0, fmt.Sprintf("DisconnectAll whose context was done and that returned %q", err))
		c.untouched(1, fmt.Sprintf("DisconnectAll whose context was done and that returned %q", err))
	} else {
		c.gone(0, "DisconnectAll, which returned nil,")
		c.gone(1, "DisconnectAll, which returned nil,")
	}
}
