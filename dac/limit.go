// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"sync"
	"time"
)

// A bucket keeps the rate of a Limit: tokens come at Rate, Burst of them at most lie in it. The zero bucket is full. It is safe for
// concurrent use.
type bucket struct {
	mu    sync.Mutex // guards the rest
	spent float64    // tokens taken and not yet come back
	last  time.Time
}

// take takes a token, or says in how long there will be one.
func (b *bucket) take(now time.Time, l Limit) (wait time.Duration, ok bool) {
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
