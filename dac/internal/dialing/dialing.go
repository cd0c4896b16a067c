// SPDX-License-Identifier: Apache-2.0

// Package dialing carries the errors of dials from a Transport to the requests that wait for it. An
// Open that dials again and again returns no error while it may succeed yet, and several requests
// wait for it, each with a deadline of its own: one that ends earlier says by the last error why
// there is no connection. Package exchange calls With, and a Transport calls Failed.
//
// It keeps nothing, and is safe for concurrent use.
package dialing

import "context"

type key struct{}

// With returns a context for an Open; failed is told of each dial that fails, in the goroutine of
// Failed.
func With(ctx context.Context, failed func(err error)) context.Context {
	return context.WithValue(ctx, key{}, failed)
}

// Failed tells those who wait for the Open with ctx that the last dial has failed with err. Where
// none waits it does nothing.
func Failed(ctx context.Context, err error) {
	if failed, ok := ctx.Value(key{}).(func(error)); ok && err != nil {
		failed(err)
	}
}
