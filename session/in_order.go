// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session/internal/arrivals"
	"github.com/radius-dynauth/dynauth/session/internal/turns"
)

// InOrder returns a Handler that calls h for requests of equal keys one at a time, in the order in
// which they arrived, and for others at once. It is for a host that stays with a dac.Handler of its
// own, whose requests would otherwise overtake each other: of two policies for one session the
// older one could win. A Dispatcher needs none.
//
// key names what a request is about, an Acct-Session-Id say. It is called in the Server's read
// loop, so it must be quick. Requests whose key is nil wait for none. A key that cannot be
// compared, and a key func that panics, refuse the request.
//
// The result is a dac.Sequencer, and a dac.Checker: h and key are required, and what h has against
// its configuration is passed on. While a request waits, another one has its place among the
// handlers (dac.Yield). One whose ctx ends before its turn is dac.ErrDiscard: nothing was done.
// Where h panics or ends its goroutine, the next request goes on. It is safe for concurrent use.
func InOrder(h dac.Handler, key func(r *dac.Request) any) dac.Handler {
	return &inOrder{handler: h, key: key}
}

// An inOrder is the Handler of InOrder.
type inOrder struct {
	handler dac.Handler
	key     func(r *dac.Request) any
	arrived arrivals.Set[*ordered]
	order   turns.Order
}

// An ordered is a request with its place.
type ordered struct {
	turns.Turn
	waits   bool  // its key is not nil
	refusal error // it goes no further
}

var (
	_ dac.Sequencer = (*inOrder)(nil)
	_ dac.Checker   = (*inOrder)(nil)
)

// Check returns what is wrong with the configuration.
func (x *inOrder) Check() error {
	var errs []error
	if x.handler == nil {
		errs = append(errs, errors.New("session: the Handler of InOrder is nil"))
	}
	if x.key == nil {
		errs = append(errs, errors.New("session: the key func of InOrder is nil: give one that names what a request is about"))
	}
	if c, ok := x.handler.(dac.Checker); ok {
		errs = append(errs, c.Check())
	}
	return errors.Join(errs...)
}

// Arrive gives r its place.
func (x *inOrder) Arrive(r *dac.Request) {
	if old, had := x.arrived.Put(r, x.enter(r)); had {
		x.order.Leave(&old.Turn)
	}
}

// enter puts r into the line of its key. A panic must not end the Server's read loop.
func (x *inOrder) enter(r *dac.Request) (o *ordered) {
	o = new(ordered)
	defer func() {
		if p := recover(); p != nil {
			o.refusal = fmt.Errorf("session: InOrder: the key of a request: panic: %v", p)
		}
	}()
	if x.handler == nil || x.key == nil {
		o.refusal = x.Check()
		return o
	}
	if k := x.key(r); k != nil {
		x.order.Enter(&o.Turn, k)
		o.waits = true
	}
	return o
}

// Handle calls h when it is the turn of r.
func (x *inOrder) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	o, had := x.arrived.Take(r)
	if !had {
		o = x.enter(r)
	}
	if o.refusal != nil {
		return nil, o.refusal
	}
	if o.waits {
		defer x.order.Leave(&o.Turn)
		if x.order.Await(ctx, &o.Turn) == turns.Ended {
			return nil, fmt.Errorf("session: %w: waiting for its turn: %w", dac.ErrDiscard, context.Cause(ctx))
		}
	}
	return x.handler.Handle(ctx, r)
}
