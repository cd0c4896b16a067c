// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/serve"
)

// Raced says that the race detector is on.
const Raced = raced

// ByWorker reports whether a worker runs the handler with that context, and not the read loop.
func ByWorker(ctx context.Context) bool { return ctx.Value(serve.JobKey{}).(*serve.Job).ByWorker() }

// Resign signs the octets of a request in place, with any content.
func Resign(b []byte, s Secret) []byte {
	signRequest(b, s)
	return b
}

// RequestAuthenticator is what the Request Authenticator of the octets b must be.
func RequestAuthenticator(b []byte, s Secret) (sum []byte) {
	want := authn.Authenticator(b, authn.Field{}, authn.Secret(s))
	return want[:]
}
