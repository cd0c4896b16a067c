// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"time"
)

// An openResult is what a host's function returned that opens a connection to a NAS.
type openResult[T io.Closer] struct {
	conn T
	err  error
}

// openWithin calls open, a function of the host's by the name what, within a time. One that has not
// returned then is left behind, and what it opens is closed: neither the budget nor Close waits for
// a host that hangs.
func openWithin[T io.Closer](parent context.Context, within time.Duration, what string, open func(ctx context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(parent, within)
	defer cancel()
	results := make(chan openResult[T])
	go callOpen(ctx, what, open, results)
	select {
	case o := <-results:
		return o.conn, o.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("%s has not returned in %v: %w", what, within, ctx.Err())
	}
}

// callOpen calls open, which may panic, end its goroutine, or return when ctx is done long since.
// The channel has no room, so that what it sends was taken: nothing that was opened is lost between
// the two.
func callOpen[T io.Closer](ctx context.Context, what string, open func(ctx context.Context) (T, error), results chan<- openResult[T]) {
	o := openResult[T]{err: fmt.Errorf("%s ended its goroutine: have it return an error", what)}
	defer func() {
		if v := recover(); v != nil {
			o.err = fmt.Errorf("%s panicked: %v\n%s", what, v, debug.Stack())
		}
		select {
		case results <- o:
		case <-ctx.Done():
			if o.err == nil {
				o.conn.Close()
			}
		}
	}()
	o.conn, o.err = open(ctx)
	if o.err == nil && any(o.conn) == nil {
		o.err = fmt.Errorf("%s returned neither a connection nor an error", what)
	}
}
