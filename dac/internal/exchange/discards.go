// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"errors"
	"fmt"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
)

// A reason is a way in which a reply does not answer.
type reason uint8

const (
	noReason            reason = iota
	reasonMalformed            // R467x-3: malformed
	reasonAuthenticator        // bad authenticator
	reasonMessageAuthenticator
	reasonMissing // no Message-Authenticator, and the Peer requires one
	reasonUnknownType
	reasonKind
	reasonOriginal // Protocol-Error about another request
	reasonClock
	reasonIdentifier // of no request
	reasonLate       // of a request that has ended
	reasons
)

// Why a reply is discarded, beside what package authn and package packet find wrong.
var (
	ErrForeign  = errors.New("dac: response matches no pending request")
	ErrLate     = errors.New("dac: late or repeated")
	ErrOriginal = fmt.Errorf("%w: a Protocol-Error about a packet of another code", packet.ErrWrongKind)
	ErrMissing  = fmt.Errorf("%w: the reply has none, and Peer.RequireMessageAuthenticator is set", authn.ErrMessageAuthenticator)
)

// discards are what came for one request beside an answer. Each reason is told once, with how often
// it came and the latest error: a flood of forged replies takes no memory.
type discards struct {
	icmp    error
	refused int // transmissions that an ICMP error came after, before the next one
	latest  int // the number of the last of these
	send    error
	kind    [reasons]struct {
		err error
		n   int
	}
}

// note notes a reply that was discarded for reason f. It is called with the lock held.
func (s *discards) note(f reason, err error) {
	k := &s.kind[f]
	k.err = err
	k.n++
}

// refuse notes an ICMP error that came after the transmission sent. It is called with the lock
// held.
func (s *discards) refuse(err error, sent int) {
	s.icmp = err
	if s.latest < sent {
		s.latest = sent
		s.refused++
	}
}
