// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// A handlerContext is the context of one handler. It costs nothing until somebody waits for its end, which most handlers never do:
// only then is there a timer and a channel.
type handlerContext struct {
	j    *job
	made atomic.Pointer[madeContext] // nil: nobody has waited, and the handler runs
}

// A madeContext is what a handlerContext becomes.
type madeContext struct {
	context.Context // nil: nobody has waited, and the handler has returned
	stop            context.CancelFunc
}

// returned is of all contexts that nobody has waited for, and whose handlers have returned.
var returned = new(madeContext)

type jobKey struct{}

func (c *handlerContext) deadline() time.Time {
	return c.j.st.started.Add(c.j.arrived + c.j.st.timeout)
}

// Deadline is when HandlerTimeout has passed since the request arrived.
func (c *handlerContext) Deadline() (time.Time, bool) { return c.deadline(), true }

// Done is closed at the deadline, when the Server has drained, and once the handler has returned.
func (c *handlerContext) Done() <-chan struct{} { return c.make().Done() }

func (c *handlerContext) make() context.Context {
	was := c.made.Load()
	if was != nil && was != returned {
		return was
	}
	m := new(madeContext)
	m.Context, m.stop = context.WithDeadline(c.j.l.ctx, c.deadline())
	if was == returned {
		m.stop()
	}
	if c.made.CompareAndSwap(was, m) {
		return m
	}
	m.stop()
	return c.make() // somebody else was quicker
}

// Err says why it ended.
func (c *handlerContext) Err() error {
	switch m := c.made.Load(); {
	case m == returned:
		return context.Canceled
	case m != nil && m.Err() != nil:
		return m.Err()
	case c.j.l.ctx.Err() != nil: // it ends for all handlers at once, though each is told in its turn
		return c.j.l.ctx.Err()
	case m != nil:
	case c.j.early(): // without a look at the clock, which costs more than all the rest
	case !time.Now().Before(c.deadline()):
		return context.DeadlineExceeded
	}
	return nil
}

// Value knows what the context of Serve knows.
func (c *handlerContext) Value(k any) any {
	if _, ok := k.(jobKey); ok {
		return c.j
	}
	if m := c.made.Load(); m != nil && m != returned {
		// Contexts made from this one find their parent here, and need no goroutine to follow it.
		return m.Value(k)
	}
	return c.j.l.ctx.Value(k)
}

// finish ends the context: its handler has returned.
func (c *handlerContext) finish() {
	if !c.made.CompareAndSwap(nil, returned) {
		if m := c.made.Load(); m != returned {
			m.stop()
		}
	}
}

// Format keeps what the context leads to out of what is printed.
func (c *handlerContext) Format(f fmt.State, verb rune) { io.WriteString(f, "dac.handlerContext") }
