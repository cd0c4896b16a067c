// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"errors"
	"fmt"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/idpool"
)

// An instant is a time of the engine's own clock: monotonic, since the engine began.
type instant = idpool.Instant

// never is later than every instant.
const never = idpool.Never

// EventWindow is how far an Event-Timestamp may be off either way (RFC 5176, section 6.3, suggests
// 300 s).
const EventWindow = 300 * time.Second

// A Retry is a dac.Retry, which says what its fields are: IRT, MRT, MRD and MRC of RFC 5080,
// section 2.2.1.
type Retry struct {
	Initial, Max, Duration time.Duration
	Transmissions          int
}

// Check says what is wrong with r, as Client.Retry: a request that is sent for longer than
// EventWindow would be discarded at the end for the time of its first transmission.
func (r Retry) Check() error {
	switch {
	case r.Initial < 0 || r.Max < 0 || r.Duration < 0 || r.Transmissions < 0:
		return errors.New("dac: Client.Retry has a negative field: zero is the RFC's value")
	case r.Duration == 0 && r.Filled().Duration >= EventWindow:
		return fmt.Errorf("dac: Client.Retry sends for %v, and a NAS discards an Event-Timestamp older than %v: make Initial, Max or Transmissions smaller", r.Filled().Duration, EventWindow)
	case r.Duration >= EventWindow:
		return fmt.Errorf("dac: Client.Retry.Duration is %v, and a NAS discards an Event-Timestamp older than %v: RFC 5080 wants 5 s to 30 s", r.Duration, EventWindow)
	}
	return nil
}

// Filled returns r with the values of RFC 5080 for its zero fields.
func (r Retry) Filled() Retry {
	if r.Initial == 0 {
		r.Initial = 2 * time.Second
	}
	if r.Max == 0 {
		r.Max = max(16*time.Second, r.Initial)
	}
	if r.Duration == 0 {
		r.Duration = 30 * time.Second
		if r.Transmissions > 0 {
			r.Duration = max(r.Duration, r.longest(EventWindow))
		}
	}
	if r.Transmissions == 0 {
		r.Transmissions = 5
	}
	// A wait of twice Duration never ends before Duration does, for any RAND, and doubles
	// without overflow.
	r.Initial, r.Max = min(r.Initial, 2*r.Duration), min(r.Max, 2*r.Duration)
	return r
}

// Span is the time of a request that is not answered, at most. r is filled.
func (r Retry) Span() time.Duration { return r.longest(r.Duration) }

// longest is how long the waits of all transmissions take at most, and most where that is less.
func (r Retry) longest(most time.Duration) (all time.Duration) {
	r.Initial, r.Max = min(r.Initial, most), min(r.Max, most) // nothing overflows
	longest := func() float64 { return 1 }
	for n, rt := 0, time.Duration(0); n < r.Transmissions && all < most; n++ {
		prev := rt
		rt = r.Timeout(rt, longest)
		if all += rt; rt == prev { // the longest wait, as are the others, however many
			left := time.Duration(r.Transmissions - n - 1)
			if left > (most-all)/rt {
				return most
			}
			return min(all+left*rt, most)
		}
	}
	return min(all, most)
}

// Timeout returns RT for the transmission after the one that had prev, or for the first where prev
// is zero. random gives [0, 1), from which RAND is made, uniform in [-0.1, +0.1].
func (r Retry) Timeout(prev time.Duration, random func() float64) time.Duration {
	rand := func(d time.Duration) time.Duration { return time.Duration((random()*0.2 - 0.1) * float64(d)) }
	rt := r.Initial + rand(r.Initial) // RT = IRT + RAND*IRT
	if prev != 0 {
		rt = 2*prev + rand(prev) // RT = 2*RTprev + RAND*RTprev
	}
	if rt > r.Max {
		rt = r.Max + rand(r.Max) // RT = MRT + RAND*MRT
	}
	return max(rt, 1)
}
