// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// KindCounters are dac.AnswerCounters, which says what they count.
type KindCounters struct {
	Requests         uint64
	AuthOnlyRequests uint64
	Retransmissions  uint64
	ACKs             uint64
	NAKs             uint64
	AuthOnlyNAKs     uint64
	NoContextNAKs    uint64
	Malformed        uint64
	BadAuthenticator uint64
	Dropped          uint64
	Timeouts         uint64
	Pending          int64
	RTT              time.Duration
}

// Counters are the counters of one NAS as they are kept, under the lock of its destination.
type Counters struct {
	UnknownType, Unreachable uint64
	Disconnect, CoA          KindCounters
	disconnectAt, coaAt      instant // of the latest answer
}

// of returns the counters of requests of code c.
func (n *Counters) of(c radius.Code) *KindCounters {
	if c == radius.CodeDisconnectRequest {
		return &n.Disconnect
	}
	return &n.CoA
}

// sent counts a request that was sent, once that is certain: what counts goes up only.
func (a *KindCounters) sent(authOnly bool) {
	a.Requests++
	if authOnly {
		a.AuthOnlyRequests++
	}
}

// answered counts the answer to a request of code c.
func (n *Counters) answered(c radius.Code, v packet.Refusal, rtt time.Duration, now instant) {
	a, at := &n.CoA, &n.coaAt
	if c == radius.CodeDisconnectRequest {
		a, at = &n.Disconnect, &n.disconnectAt
	}
	a.RTT, *at = rtt, now
	if v.ACK {
		a.ACKs++
		return
	}
	a.NAKs++
	if v.AuthorizeOnly {
		a.AuthOnlyNAKs++
	}
	if v.Cause == errcause.SessionContextNotFound {
		a.NoContextNAKs++
	}
}

// dropped counts a reply of code c that was discarded because of f. of is the code of the request
// that it seemed to be for, 0 for none.
func (n *Counters) dropped(c, of radius.Code, f reason) {
	var a *KindCounters
	switch c {
	case radius.CodeDisconnectACK, radius.CodeDisconnectNAK:
		a = &n.Disconnect
	case radius.CodeCoAACK, radius.CodeCoANAK:
		a = &n.CoA
	case packet.ProtocolError:
		if of != 0 {
			a = n.of(of)
		}
	}
	switch {
	case a == nil:
		n.UnknownType++
	case f == reasonMalformed:
		a.Malformed++
	case f == reasonAuthenticator, f == reasonMessageAuthenticator:
		a.BadAuthenticator++
	default:
		a.Dropped++
	}
}

// AddTo adds n to total, of which at is when its RTTs are from.
func (n *Counters) AddTo(total *Counters) {
	total.UnknownType += n.UnknownType
	total.Unreachable += n.Unreachable
	total.Disconnect.add(&n.Disconnect)
	total.CoA.add(&n.CoA)
	if n.disconnectAt > total.disconnectAt {
		total.Disconnect.RTT, total.disconnectAt = n.Disconnect.RTT, n.disconnectAt
	}
	if n.coaAt > total.coaAt {
		total.CoA.RTT, total.coaAt = n.CoA.RTT, n.coaAt
	}
}

// add adds every counter of b to a, and leaves RTT.
func (a *KindCounters) add(b *KindCounters) {
	a.Requests += b.Requests
	a.AuthOnlyRequests += b.AuthOnlyRequests
	a.Retransmissions += b.Retransmissions
	a.ACKs += b.ACKs
	a.NAKs += b.NAKs
	a.AuthOnlyNAKs += b.AuthOnlyNAKs
	a.NoContextNAKs += b.NoContextNAKs
	a.Malformed += b.Malformed
	a.BadAuthenticator += b.BadAuthenticator
	a.Dropped += b.Dropped
	a.Timeouts += b.Timeouts
	a.Pending += b.Pending
}
