// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/dac/route"
)

// Learned shows what was learned of sessions and of NASes.
func Learned(l *route.Learned) Source {
	return func(w *Writer) {
		s := l.Stats()
		w.Counter("dynauth_learned_packets_total", "Packets that told of a session.", s.Learned)
		w.Counter("dynauth_learned_ended_total", "Sessions that an Accounting Stop has ended.", s.Ended)
		w.Counter("dynauth_learned_restarts_total", "Accounting-On and -Off, each of which ends all sessions of its NAS.", s.Restarts)
		w.Counter("dynauth_learned_other_peer_total", "Packets about a session that another peer has reported.", s.OtherPeer)
		w.Counter("dynauth_learned_failed_total", "Packets of which nothing was learned for another reason.", s.Failed)
		w.Counter("dynauth_learned_no_target_total", "Packets that told of a session at a NAS that is no target.", s.NoTarget)
	}
}

// Reloads count how often a configuration was read anew.
type Reloads struct{ OK, Failed atomic.Uint64 }

// Source shows them.
func (r *Reloads) Source(w *Writer) {
	w.Counter("dynauth_reloads_total", "Configurations that were read anew.", r.OK.Load(), "result", "ok")
	w.Counter("dynauth_reloads_total", "Configurations that were read anew.", r.Failed.Load(), "result", "failed")
}
