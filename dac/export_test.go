// SPDX-License-Identifier: Apache-2.0

package dac

import "context"

// Raced says that the race detector is on.
const Raced = raced

// ByWorker reports whether a worker runs the handler with that context, and not the read loop.
func ByWorker(ctx context.Context) bool { return ctx.Value(jobKey{}).(*job).reader == nil }

// Resign signs the octets of a request in place, whatever stands in them.
func Resign(b []byte, s Secret) []byte {
	signRequest(b, s)
	return b
}

// RequestAuthenticator is what the Request Authenticator of the octets b must be.
func RequestAuthenticator(b []byte, s Secret) (sum []byte) {
	withHasher(func(h *hasher) { sum = append(sum, h.authenticator(b, zeros[:], s)...) })
	return sum
}
