// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"log/slog"
	"sync/atomic"
)

// diagnoseAfter is how many packets of a peer are refused for one reason, none being accepted, before that is a diagnosis and no accident.
const diagnoseAfter = 8

// A diagnosis says once, and not for each packet, why nothing comes through from a peer: the two ends differ in something that was
// configured. What is accepted takes it back.
type diagnosis struct {
	accepted   atomic.Bool
	badSecret  atomic.Uint32
	staleStamp atomic.Uint32
}

func (d *diagnosis) fine() {
	if d.accepted.Load() {
		return
	}
	d.accepted.Store(true)
}

func (d *diagnosis) unverified(st *serverState, p *peerRow) {
	if !d.accepted.Load() && d.badSecret.Add(1) == diagnoseAfter {
		st.log.Warn("dac: no packet of this peer verifies: its shared secret is another one than here, or it signs with Message-Authenticator computed otherwise than RFC 5176, section 3.4, says",
			"peer", p.addr, "packets", diagnoseAfter)
	}
}

func (d *diagnosis) stale(st *serverState, p *peerRow, err error) {
	if !d.accepted.Load() && d.staleStamp.Add(1) == diagnoseAfter {
		st.log.Warn("dac: every packet of this peer has an Event-Timestamp out of the window, or none where one is required: compare the clocks of both ends",
			"peer", p.addr, "packets", diagnoseAfter, "last", err)
	}
}

// shortSecret is the length in octets up to which a secret is warned of (draft-ietf-radext-deprecating-radius, section 7.1).
const shortSecret = 12

// warnOfShortSecrets says which secrets can be found by trying.
func warnOfShortSecrets(p Peers, log *slog.Logger) {
	warn := func(peer string, secrets ...Secret) {
		for _, s := range secrets {
			if s != "" && len(s) <= shortSecret {
				log.Warn("dac: a shared secret of 12 octets or fewer can be found by trying: use 24 random ones or more", "peer", peer)
				return
			}
		}
	}
	switch p := p.(type) {
	case PeerMap:
		for prefix, peer := range p {
			warn(prefix.String(), peer.Secret, peer.Previous)
		}
	case sharedSecret:
		warn("any", p.All.Secret)
	}
}
