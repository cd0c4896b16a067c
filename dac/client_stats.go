// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
)

// ClientStats are the counters of RFC 4672. Its two scalars, answers from addresses that were not
// asked, are not here: a connected socket never sees such a packet.
type ClientStats struct {
	// NAS has those that were asked by UDP, 65,536 at most; those forgotten count in Total alone.
	NAS map[netip.AddrPort]ClientCounters
	// Via has those that were asked by a Transport, as NAS does.
	Via   map[Destination]ClientCounters
	Total ClientCounters
}

// A Destination is an address and the transport by which it was asked.
type Destination struct {
	Transport string // that of ConnInfo; "": no connection was open yet
	NAS       netip.AddrPort
}

// ClientCounters are the counters of one NAS, or of all.
type ClientCounters struct {
	// UnknownType counts packets of a code that is no answer, and of Protocol-Error where no
	// request waits for it.
	UnknownType     uint64
	Unreachable     uint64 // ICMP errors; RFC 4672 has no counter for them
	Disconnect, CoA AnswerCounters
}

// AnswerCounters count requests of one kind and what came for them. A packet that is dropped counts
// in exactly one of Malformed, BadAuthenticator, Dropped and ClientCounters.UnknownType.
type AnswerCounters struct {
	// Requests are those sent, retransmissions not included, Authorize Only ones included.
	Requests         uint64
	AuthOnlyRequests uint64 // those of Requests with Service-Type Authorize Only
	Retransmissions  uint64 // sent again
	ACKs             uint64 // received
	// NAKs are those received, the next two included; a Protocol-Error counts as one.
	NAKs          uint64
	AuthOnlyNAKs  uint64 // those of NAKs with Service-Type Authorize Only
	NoContextNAKs uint64 // those of NAKs with Error-Cause 503
	Malformed     uint64 // replies with impossible lengths
	// BadAuthenticator counts replies with a wrong Response Authenticator or Message-Authenticator.
	BadAuthenticator uint64
	// Dropped counts replies discarded for another reason: late, repeated, of another request, of
	// the wrong kind, stale.
	Dropped uint64
	// Timeouts: a retry counts as a timeout and as a retransmission; so does giving up, as a
	// timeout.
	Timeouts uint64
	// Pending is how many requests wait for an answer now; a retransmission changes nothing (RFC
	// 5080, section 2.3.5).
	Pending int64
	// RTT is the time from the last transmission to its answer, of the latest answer; zero before
	// there is one.
	RTT time.Duration
}

// Stats returns the counters of RFC 4672, by NAS and in total.
func (c *Client) Stats() ClientStats {
	all, total := c.core().Count()
	s := ClientStats{NAS: make(map[netip.AddrPort]ClientCounters, len(all)), Total: public(&total)}
	via := make(map[Destination]exchange.Counters) // two Transports may have one name
	for i := range all {
		if n := &all[i]; n.Via == nil {
			s.NAS[n.NAS] = public(&n.Counters)
		} else {
			key := Destination{n.Transport, n.NAS}
			sum := via[key]
			n.AddTo(&sum)
			via[key] = sum
		}
	}
	if len(via) > 0 {
		s.Via = make(map[Destination]ClientCounters, len(via))
	}
	for key, n := range via {
		s.Via[key] = public(&n)
	}
	return s
}

func public(n *exchange.Counters) ClientCounters {
	return ClientCounters{UnknownType: n.UnknownType, Unreachable: n.Unreachable, Disconnect: AnswerCounters(n.Disconnect), CoA: AnswerCounters(n.CoA)}
}
