// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
)

// Guarded calls f, which is the host's, for a transport: one that panics or ends its goroutine is
// the error failed, and one that hangs that of ctx. A connection that f opens when ctx is done
// is closed: its caller has given up.
func Guarded[T any](ctx context.Context, failed error, f func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer)
	go func() {
		a := answer{err: failed}
		defer func() {
			if v := recover(); v != nil {
				a.err = fmt.Errorf("%w: panic: %v\n%s", failed, v, debug.Stack())
			}
			select {
			case answers <- a:
			case <-ctx.Done():
				if late, ok := any(a.value).(io.Closer); ok && a.err == nil {
					late.Close()
				}
			}
		}()
		value, err := f()
		a = answer{value, err}
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
