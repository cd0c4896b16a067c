// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"fmt"
	"time"
)

// Retry is the rule of RFC 5080, section 2.2.1. Each zero field is that of the RFC: a request goes out at 0, 2, 6 and 14 s, each interval
// up to a tenth shorter or longer, and fails at 30 s. Negative fields, and a Duration that reaches the 300 s for which a NAS
// takes an Event-Timestamp for current (RFC 5176, section 6.3), are refused.
type Retry struct {
	Initial       time.Duration // IRT, the first wait; zero is 2 s. Each further one is twice the one before
	Max           time.Duration // MRT, the longest wait; zero is 16 s
	Duration      time.Duration // MRD, from the first transmission to giving up; zero is 30 s. The context may end it earlier
	Transmissions int           // MRC, the first one included; zero is 5. The last one is waited for like the others: 1 sends once and waits Initial
}

// eventWindow is how far an Event-Timestamp may be off (RFC 5176, section 6.3).
const eventWindow = 300 * time.Second

// check says what is wrong with r.
func (r Retry) check() error {
	switch {
	case r.Initial < 0 || r.Max < 0 || r.Duration < 0 || r.Transmissions < 0:
		return errors.New("dac: Client.Retry has a negative field: zero is the RFC's value")
	case r.Duration >= eventWindow:
		return fmt.Errorf("dac: Client.Retry.Duration is %v, and a NAS discards an Event-Timestamp older than %v: RFC 5080 wants 5 s to 30 s", r.Duration, eventWindow)
	}
	return nil
}

// filled returns r with the values of RFC 5080 for its zero fields.
func (r Retry) filled() Retry {
	if r.Initial == 0 {
		r.Initial = 2 * time.Second
	}
	if r.Max == 0 {
		r.Max = 16 * time.Second
	}
	if r.Duration == 0 {
		r.Duration = 30 * time.Second
	}
	if r.Transmissions == 0 {
		r.Transmissions = 5
	}
	// A wait of twice Duration never ends before Duration does, whatever RAND is, and doubles without overflow.
	r.Initial, r.Max = min(r.Initial, 2*r.Duration), min(r.Max, 2*r.Duration)
	return r
}

// timeout returns RT for the transmission after the one that had prev, or for the first where prev is zero. random gives [0, 1), from which
// RAND is made, uniform in [-0.1, +0.1].
func (r Retry) timeout(prev time.Duration, random func() float64) time.Duration {
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
