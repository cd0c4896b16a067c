// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A keeper keeps everything that a host may keep, and what it said when it came, as text: a Server
// that used memory again which a host can see would change the one and not the other.
type keeper struct {
	mu   sync.Mutex // guards what follows
	all  []kept
	ctxs []*keptContext
}

// A kept is one thing that was kept.
type kept struct {
	what string
	was  string
	say  func() string
}

// A keptContext is the context of a handler, and those made from it.
type keptContext struct {
	ctx, valued, canceled, timed context.Context
	deadline                     time.Time
	stop                         []context.CancelFunc
	after                        atomic.Int32 // calls of its AfterFunc
}

type keptKey struct{}

func (k *keeper) keep(what string, say func() string) {
	was := say()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, kept{what, was, say})
}

func sayAttributes(set radius.Attributes) string {
	var text strings.Builder
	for _, a := range set {
		text.WriteString(fmt.Sprintf("%d:%x ", a.Type, []byte(a.Attribute)))
	}
	return text.String()
}

func sayIdentity(nas attrs.NAS, id attrs.Identity) string {
	set, err := attrs.Join(nas.Attr(), id.Attr()).AppendTo(nil)
	return fmt.Sprint(id.Context, sayAttributes(set), err)
}

func (k *keeper) request(q *dac.Request) {
	k.keep("Request", func() string {
		nak, _ := q.NAK(0)
		echo, err := nak.AppendSigned(nil, q, secret)
		return fmt.Sprintf("%v %v %q %d %d %x %s %x %v", q.Source, q.Local, q.Peer, q.Seq, q.Packet.Code, q.Packet.Authenticator,
			sayAttributes(q.Attributes()), echo, err)
	})
}

func (k *keeper) response(resp *dac.Response) {
	k.keep("Response", func() string {
		if resp.Packet == nil {
			return "no Packet"
		}
		return fmt.Sprint(resp.Packet.Code, sayAttributes(resp.Packet.Attributes), resp.Sessions, resp.After != nil)
	})
}

func (k *keeper) identity(id attrs.Identity) {
	k.keep("Identity", func() string { return sayIdentity(attrs.NAS{}, id) })
}

func (k *keeper) disconnect(d *session.Disconnect) {
	k.request(d.Request)
	class := d.Class
	k.keep("Class", func() string { return fmt.Sprintf("%x", class) })
	k.keep("Disconnect", func() string { return fmt.Sprintf("%x", d.Class) + sayIdentity(d.NAS(), d.Identity()) })
}

func (k *keeper) change(c *session.Change) {
	k.request(c.Request)
	k.keep("Change", func() string {
		return fmt.Sprintf("%x", c.State) + sayAttributes(c.Attributes) + sayAttributes(c.AccessRequest()) + sayIdentity(c.NAS(), c.Identity())
	})
}

func (k *keeper) audit(a session.Audit) {
	k.request(a.Request)
	k.keep("Audit", func() string {
		return fmt.Sprint(a.Sessions, a.Changes, a.Cause, a.Err, a.Duration, a.Identification())
	})
}

// context keeps ctx, and what is made of it as how says.
func (k *keeper) context(ctx context.Context, how int) {
	c := &keptContext{ctx: ctx}
	c.deadline, _ = ctx.Deadline()
	if how&1 != 0 {
		c.valued = context.WithValue(ctx, keptKey{}, c)
	}
	if how&2 != 0 {
		var stop context.CancelFunc
		c.canceled, stop = context.WithCancel(ctx)
		c.stop = append(c.stop, stop)
		context.AfterFunc(ctx, func() { c.after.Add(1) })
	}
	if how&4 != 0 {
		var stop context.CancelFunc
		c.timed, stop = context.WithTimeout(context.WithValue(ctx, keptKey{}, c), time.Hour)
		c.stop = append(c.stop, stop)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ctxs = append(k.ctxs, c)
}

// look compares all that was kept with what it was. ended: every handler has been answered.
func (k *keeper) look(t *testing.T, ended bool) {
	k.mu.Lock()
	all, ctxs := k.all, k.ctxs
	k.mu.Unlock()
	for _, one := range all {
		require.Equal(t, one.was, one.say(), one.what)
	}
	for _, c := range ctxs {
		deadline, _ := c.ctx.Deadline()
		require.Equal(t, c.deadline, deadline)
		if c.valued != nil {
			require.Same(t, c, c.valued.Value(keptKey{}))
		}
		if c.timed != nil {
			require.Same(t, c, c.timed.Value(keptKey{}))
		}
		if !ended {
			continue
		}
		dac.Yield(c.ctx)() // of no other request
		for _, ctx := range []context.Context{c.ctx, c.valued, c.canceled, c.timed} {
			if ctx != nil {
				require.Error(t, ctx.Err())
				<-ctx.Done()
				dac.Yield(ctx)
			}
		}
		for _, stop := range c.stop { // too late for what was made of it
			stop()
		}
		if c.canceled != nil {
			require.EqualValues(t, 1, c.after.Load(), "calls of an AfterFunc")
		}
	}
}
