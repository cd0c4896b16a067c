// SPDX-License-Identifier: Apache-2.0

package peerstate

import "sync/atomic"

// A Counter is one of the counters of RFC 4673, or of those beside them, in the order of
// RequestCounters in package dac.
type Counter int

// The counters, as RequestCounters says.
const (
	Requests Counter = iota
	Duplicates
	ACKs
	NAKs
	AuthOnlyRequests
	AuthOnlyNAKs
	NoContextNAKs
	Sessions
	Malformed
	BadAuthenticator
	Dropped
	Stale
	Replays
	Overload
	Late
	Overflow
	Abandoned
	counters
)

// A Counts counts one kind of request of one peer. It is safe for concurrent use.
type Counts [counters]atomic.Uint64

// Add counts one.
func (k *Counts) Add(c Counter) { k[c].Add(1) }

// Load returns the counters as they stand, read one by one while the Server goes on counting.
func (k *Counts) Load() (c Counters) {
	for i, n := range c.fields() {
		*n = k[i].Load()
	}
	return c
}

// Counters are those of one kind of request as they stood. Its fields are those of RequestCounters
// in package dac, which it is converted to.
type Counters struct {
	Requests         uint64
	Duplicates       uint64
	ACKs, NAKs       uint64
	AuthOnlyRequests uint64
	AuthOnlyNAKs     uint64
	NoContextNAKs    uint64
	Sessions         uint64

	Malformed, BadAuthenticator, Dropped uint64
	Stale, Replays, Overload             uint64 // of Dropped
	Late                                 uint64 // of ACKs and NAKs
	Overflow                             uint64 // of NAKs
	Abandoned                            uint64 // by a Proxy
}

// fields are the fields of c by their Counter.
func (c *Counters) fields() [counters]*uint64 {
	return [...]*uint64{
		Requests: &c.Requests, Duplicates: &c.Duplicates, ACKs: &c.ACKs, NAKs: &c.NAKs,
		AuthOnlyRequests: &c.AuthOnlyRequests, AuthOnlyNAKs: &c.AuthOnlyNAKs,
		NoContextNAKs: &c.NoContextNAKs, Sessions: &c.Sessions,
		Malformed: &c.Malformed, BadAuthenticator: &c.BadAuthenticator, Dropped: &c.Dropped,
		Stale: &c.Stale, Replays: &c.Replays, Overload: &c.Overload, Late: &c.Late, Overflow: &c.Overflow,
		Abandoned: &c.Abandoned,
	}
}

// Add adds d to c.
func (c *Counters) Add(d Counters) {
	more := d.fields()
	for i, n := range c.fields() {
		*n += *more[i]
	}
}
