// SPDX-License-Identifier: Apache-2.0

// Package entropy draws a random number before anything else runs. Tests that use testing/synctest
// import it: Go's FIPS 140-3 module measures the jitter of the processor when it first needs a
// random number, and panics in a bubble, whose clock stands still meanwhile. Goroutines of a bubble
// that need one at the same time make it measure again, so tests avoid that.
package entropy

import "crypto/rand"

func init() { rand.Text() }
