// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// A Context is the context of one handler. It costs nothing until the handler waits for its end,
// which most handlers never do: only then is there a timer and a channel. A host may keep it for
// longer than the Job is that of its request (Host.Over).
//
// It ends with HandlerTimeout, when the listener has drained, and once the handler has returned.
// What the handler does after that changes no answer. It is safe for concurrent
// use, since a handler may give it to goroutines of its own.
type Context struct {
	j       *Job // for Job alone
	of      *scope
	arrived time.Duration // since the server started
	turns   *turns        // while a read loop runs the handler, with the number of its turn
	turn    uint64
	made    atomic.Pointer[madeContext] // nil: not waited for, and the handler runs
	use     atomic.Uint32
}

// The bits of Context.use. Who sets one of them sees whether the other one was set before.
const (
	hasBeenAsked = 1 << iota // for its Job
	hasEnded                 // the handler has returned
)

// A scope is what the contexts of all handlers of one listener have in common. It is read-only.
type scope struct {
	ctx     context.Context // ends when the listener has drained
	started time.Time       // the server
	timeout time.Duration   // HandlerTimeout
}

// A madeContext is what a Context becomes.
type madeContext struct {
	context.Context // nil: not waited for, and the handler has returned
	stop            context.CancelFunc
}

// returned is of all contexts that were not waited for, and whose handlers have returned.
var returned = new(madeContext)

func (c *Context) deadline() time.Time {
	return c.of.started.Add(c.arrived + c.of.timeout)
}

// late reports whether HandlerTimeout has passed: the peer has most likely retransmitted, or given
// up.
func (c *Context) late(now time.Time) bool {
	return now.Sub(c.of.started)-c.arrived > c.of.timeout
}

// early reports that the handler runs in the read loop still, which the watch would have ended
// after a tick or two.
func (c *Context) early() bool {
	return c.turns != nil && c.of.timeout >= time.Second && c.turns.running(c.turn)
}

// Deadline is when HandlerTimeout has passed since the request arrived.
func (c *Context) Deadline() (time.Time, bool) { return c.deadline(), true }

// Done is closed at the deadline, when the Server has drained, and once the handler has returned.
func (c *Context) Done() <-chan struct{} { return c.make().Done() }

// make makes the context that has a channel, once, whichever goroutine asks for it first.
func (c *Context) make() context.Context {
	was := c.made.Load()
	if was != nil && was != returned {
		return was
	}
	m := new(madeContext)
	m.Context, m.stop = context.WithDeadline(c.of.ctx, c.deadline())
	if was == returned {
		m.stop()
	}
	if c.made.CompareAndSwap(was, m) {
		return m
	}
	m.stop()
	return c.make() // another goroutine was quicker
}

// Err says why it ended.
func (c *Context) Err() error {
	switch m := c.made.Load(); {
	case m == returned:
		return context.Canceled
	case m != nil && m.Err() != nil:
		return m.Err()
	case c.of.ctx.Err() != nil:
		// It ends for all handlers at once, though each is told in its turn.
		return c.of.ctx.Err()
	case m != nil:
	case c.early(): // without a look at the clock, which costs more than all the rest
	case !time.Now().Before(c.deadline()):
		return context.DeadlineExceeded
	}
	return nil
}

// Job is the Job whose handler c is of, until that has returned; then it is nil.
func (c *Context) Job() *Job {
	if c.use.Or(hasBeenAsked)&hasEnded != 0 {
		return nil
	}
	return c.j
}

// JobKey is the key of the Job in the context of its handler, and in those made from that.
type JobKey struct{}

// Value knows what the context of Serve knows, and the Job while the handler runs.
func (c *Context) Value(k any) any {
	if _, ok := k.(JobKey); ok {
		if j := c.Job(); j != nil {
			return j
		}
		return nil
	}
	if m := c.made.Load(); m != nil && m != returned {
		// Contexts made from this one find their parent here, and need no goroutine to follow it.
		return m.Value(k)
	}
	return c.of.ctx.Value(k)
}

// over ends the context: its handler has returned. asked: code of the host may have its Job.
func (c *Context) over() (asked bool) {
	if !c.made.CompareAndSwap(nil, returned) {
		if m := c.made.Load(); m != returned {
			m.stop()
		}
	}
	return c.use.Or(hasEnded)&hasBeenAsked != 0
}

// Format keeps what the context leads to out of what is printed: a secret is among it.
func (c *Context) Format(f fmt.State, verb rune) { io.WriteString(f, "dac.handlerContext") }
