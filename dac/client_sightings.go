// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"fmt"
	"net/netip"
)

// A fault is a way in which a reply does not answer.
type fault uint8

const (
	noFault            fault = iota
	faultMalformed           // R467x-3: malformed
	faultAuthenticator       // bad authenticator
	faultMessageAuthenticator
	faultMissing // no Message-Authenticator, and the Peer requires one
	faultUnknownType
	faultKind
	faultOriginal // Protocol-Error about another request
	faultClock
	faultIdentifier // of no request
	faultLate       // of a request that has ended
	faults
)

var (
	errMissing  = fmt.Errorf("%w: the reply has none, and Peer.RequireMessageAuthenticator is set", ErrMessageAuthenticator)
	errForeign  = errors.New("dac: identifier of no request")
	errLate     = errors.New("dac: late or repeated")
	errOriginal = fmt.Errorf("%w: a Protocol-Error about a packet of another code", ErrWrongKind)
)

// sightings are what came for one request beside an answer. Faults are told once each, with their number.
type sightings struct {
	icmp error
	send error
	kind [faults]struct {
		err error
		n   int
	}
}

// at returns the sightings of x, where the first one needs a place.
func (x *exchange) at() *sightings {
	if x.seen == nil {
		x.seen = new(sightings)
	}
	return x.seen
}

func (s *sightings) note(f fault, err error) {
	k := &s.kind[f]
	k.err = err
	k.n++
}

// tell writes what was seen into e. A nil s has seen nothing.
func (s *sightings) tell(e *NoAnswerError) {
	if s == nil {
		return
	}
	e.icmp, e.send = s.icmp, s.send
	for _, k := range s.kind {
		if k.n > 0 {
			e.Discarded = append(e.Discarded, discarded(e.NAS, k.err, k.n))
		}
	}
}

// discarded is the error of n replies that were discarded, the last one for err.
func discarded(nas netip.AddrPort, err error, n int) error {
	if n > 1 {
		err = fmt.Errorf("%d replies, the last: %w", n, err)
	} else {
		err = fmt.Errorf("a reply: %w", err)
	}
	return &PacketError{Op: "verify", Peer: nas, Err: err}
}
