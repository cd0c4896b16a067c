// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// ClientStats are the counters of RFC 4672. Its two scalars, answers from addresses that were not asked, are not here: a connected socket
// never sees such a packet.
type ClientStats struct {
	NAS   map[netip.AddrPort]ClientCounters // those that were asked, 65,536 at most; those forgotten count in Total alone
	Total ClientCounters
}

// ClientCounters are the counters of one NAS, or of all.
type ClientCounters struct {
	UnknownType     uint64 // packets of a code that is no answer, and of Protocol-Error where no request waits for it
	Unreachable     uint64 // ICMP errors; RFC 4672 has no counter for them
	Disconnect, CoA AnswerCounters
}

// AnswerCounters count requests of one kind and what came for them. A packet that is dropped counts in exactly one of Malformed, BadAuthenticator,
// Dropped and ClientCounters.UnknownType.
type AnswerCounters struct {
	Requests         uint64        // sent, retransmissions not included, Authorize Only ones included
	AuthOnlyRequests uint64        // those of Requests with Service-Type Authorize Only
	Retransmissions  uint64        // sent again
	ACKs             uint64        // received
	NAKs             uint64        // received, the next two included; a Protocol-Error counts as one
	AuthOnlyNAKs     uint64        // those of NAKs with Service-Type Authorize Only
	NoContextNAKs    uint64        // those of NAKs with Error-Cause 503
	Malformed        uint64        // replies with impossible lengths
	BadAuthenticator uint64        // replies with a wrong Response Authenticator or Message-Authenticator
	Dropped          uint64        // replies discarded for another reason: late, repeated, of another request, of the wrong kind, stale
	Timeouts         uint64        // a retry counts as a timeout and as a retransmission; so does giving up, as a timeout
	Pending          int64         // requests that wait for an answer now; a retransmission changes nothing (RFC 5080, section 2.3.5)
	RTT              time.Duration // from the last transmission to its answer, of the latest answer; zero before there is one
}

// nasCounters are the counters of one NAS as they are kept, under the lock of its target.
type nasCounters struct {
	unknownType, unreachable uint64
	disconnect, coa          AnswerCounters
	disconnectAt, coaAt      instant // of the latest answer
}

// of returns the counters of requests of code c.
func (n *nasCounters) of(c radius.Code) *AnswerCounters {
	if c == radius.CodeDisconnectRequest {
		return &n.disconnect
	}
	return &n.coa
}

func (a *AnswerCounters) send(authOnly bool) {
	a.Requests++
	a.Pending++
	if authOnly {
		a.AuthOnlyRequests++
	}
}

// unsend takes back what send counted of a request that was not sent after all, Pending aside.
func (a *AnswerCounters) unsend(authOnly bool) {
	a.Requests--
	if authOnly {
		a.AuthOnlyRequests--
	}
}

// answered counts the answer to a request of code c.
func (n *nasCounters) answered(c radius.Code, v refusal, rtt time.Duration, now instant) {
	a, at := &n.coa, &n.coaAt
	if c == radius.CodeDisconnectRequest {
		a, at = &n.disconnect, &n.disconnectAt
	}
	a.RTT, *at = rtt, now
	if v.ack {
		a.ACKs++
		return
	}
	a.NAKs++
	if v.authOnly {
		a.AuthOnlyNAKs++
	}
	if v.cause == errcause.SessionContextNotFound {
		a.NoContextNAKs++
	}
}

// dropped counts a reply of code c that was discarded because of f. of is the code of the request that it seemed to be for, 0 for none.
func (n *nasCounters) dropped(c, of radius.Code, f fault) {
	var a *AnswerCounters
	switch c {
	case radius.CodeDisconnectACK, radius.CodeDisconnectNAK:
		a = &n.disconnect
	case radius.CodeCoAACK, radius.CodeCoANAK:
		a = &n.coa
	case codeProtocolError:
		if of != 0 {
			a = n.of(of)
		}
	}
	switch {
	case a == nil:
		n.unknownType++
	case f == faultMalformed:
		a.Malformed++
	case f == faultAuthenticator, f == faultMessageAuthenticator:
		a.BadAuthenticator++
	default:
		a.Dropped++
	}
}

// addTo adds n to total, of which at is when its RTTs are from.
func (n *nasCounters) addTo(total *nasCounters) {
	total.unknownType += n.unknownType
	total.unreachable += n.unreachable
	total.disconnect.add(&n.disconnect)
	total.coa.add(&n.coa)
	if n.disconnectAt > total.disconnectAt {
		total.disconnect.RTT, total.disconnectAt = n.disconnect.RTT, n.disconnectAt
	}
	if n.coaAt > total.coaAt {
		total.coa.RTT, total.coaAt = n.coa.RTT, n.coaAt
	}
}

// add adds every counter of b to a, and leaves RTT.
func (a *AnswerCounters) add(b *AnswerCounters) {
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

func (n *nasCounters) public() ClientCounters {
	return ClientCounters{UnknownType: n.unknownType, Unreachable: n.unreachable, Disconnect: n.disconnect, CoA: n.coa}
}

// Stats returns the counters of RFC 4672, by NAS and in total.
func (c *Client) Stats() ClientStats {
	core := c.core()
	core.mu.RLock()
	targets := make([]*target, 0, len(core.targets))
	for _, t := range core.targets {
		targets = append(targets, t)
	}
	total := core.gone
	core.mu.RUnlock()
	s := ClientStats{NAS: make(map[netip.AddrPort]ClientCounters, len(targets))}
	for _, t := range targets {
		t.mu.Lock()
		n := t.counters
		t.mu.Unlock()
		n.addTo(&total)
		s.NAS[t.nas] = n.public()
	}
	s.Total = total.public()
	return s
}
