// SPDX-License-Identifier: Apache-2.0

// Package rate is the token bucket that keeps the rate of a dac.Limit: what one peer may ask of a
// server, or what a client asks of one NAS. It starts nothing and reads no clock; its callers
// give the time, and wait themselves.
package rate

import (
	"sync"
	"time"
)

// A Limit has the fields of dac.Limit, of which package rate reads Rate and Burst. Each zero
// field is no bound.
type Limit struct {
	Rate     float64 // first transmissions a second
	Burst    int     // at once; zero is 1 where Rate is set
	InFlight int     // requests waiting for an answer; the caller counts them
}

// A Bucket holds Burst tokens at most, which come back at Rate. The zero Bucket is full. It is
// safe for concurrent use.
type Bucket struct {
	mu    sync.Mutex // guards the rest
	spent float64    // tokens taken and not yet come back
	last  time.Time
}

// Take takes a token, or says in how long there will be one. A clock that goes back brings none.
func (b *Bucket) Take(now time.Time, l Limit) (wait time.Duration, ok bool) {
	if l.Rate <= 0 {
		return 0, true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if passed := now.Sub(b.last); passed > 0 {
		b.spent = max(0, b.spent-passed.Seconds()*l.Rate)
		b.last = now
	}
	if over := b.spent + 1 - float64(max(l.Burst, 1)); over > 0 {
		return time.Duration(over / l.Rate * float64(time.Second)), false
	}
	b.spent++
	return 0, true
}
