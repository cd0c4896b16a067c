// SPDX-License-Identifier: Apache-2.0

package peerstate

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// diagnoseAfter is how many packets of a peer are refused for one reason, none being accepted,
// before that is a diagnosis and no accident.
const diagnoseAfter = 8

// A Diagnosis says once, and not for each packet, why nothing comes through from a peer: the two
// ends differ in something that was configured. What is accepted takes it back.
type Diagnosis struct {
	accepted   atomic.Bool
	Told       atomic.Bool // of the first bad packet, nothing having verified before
	badSecret  atomic.Uint32
	staleStamp atomic.Uint32
}

// Fine notes that something was accepted.
func (d *Diagnosis) Fine() {
	if d.accepted.Load() {
		return
	}
	d.accepted.Store(true)
}

// Unverified notes that a packet of p did not verify.
func (d *Diagnosis) Unverified(log *slog.Logger, p *Row) {
	if !d.accepted.Load() && d.badSecret.Add(1) == diagnoseAfter {
		log.LogAttrs(context.Background(), slog.LevelWarn, "dac: no packet from this peer verifies: wrong shared secret, or a wrong Message-Authenticator (RFC 5176, section 3.4)",
			append(p.label(), slog.Int("packets", diagnoseAfter))...)
	}
}

// Stale notes that a packet of p was not current, because of err.
func (d *Diagnosis) Stale(log *slog.Logger, p *Row, err error) {
	if !d.accepted.Load() && d.staleStamp.Add(1) == diagnoseAfter {
		log.LogAttrs(context.Background(), slog.LevelWarn, "dac: every packet of this peer has an Event-Timestamp out of the window, or none where one is required: compare the clocks of both ends",
			append(p.label(), slog.Int("packets", diagnoseAfter), slog.Any("last", err))...)
	}
}
