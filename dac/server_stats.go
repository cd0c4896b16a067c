// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
)

// ServerStats are the counters of RFC 4673, and a few beside them. They count from the first Serve
// on.
type ServerStats struct {
	UnknownDisconnect, UnknownCoA uint64 // from addresses that are no peer
	UnknownOther                  uint64 // packets of another code, or of none, from such addresses
	// PeersFailed counts packets dropped because Peers returned an error other than ErrUnknownPeer,
	// or were too slow with too many.
	PeersFailed uint64
	Peers       map[netip.Addr]ServerCounters
	// Identities are the peers of connections (ServePackets), by their names.
	Identities map[string]ServerCounters
	Total      ServerCounters // of all peers
}

// ServerCounters are those of one peer: one address. At most 65,536 addresses have counters of
// their own; what comes from further ones is counted under the zero address.
//
// Each datagram of a peer is counted in exactly one of UnknownType and, of its kind, Requests,
// Duplicates, Malformed, BadAuthenticator and Dropped; only what a Handler discards is in Requests
// and in Dropped.
type ServerCounters struct {
	Name            string // of the Peer
	UnknownType     uint64 // a packet of another code has no kind
	Disconnect, CoA RequestCounters
}

// ByName returns the counters by the Name of the Peer, those of all its addresses and connections
// together; a Peer
// without a name is under its address. What is counted under the zero address, of addresses beyond
// the first 65,536, is under "".
func (s ServerStats) ByName() map[string]ServerCounters {
	all := make(map[string]ServerCounters)
	add := func(name string, c ServerCounters) {
		sum := all[name]
		sum.Name = c.Name
		sum.add(c)
		all[name] = sum
	}
	for addr, c := range s.Peers {
		name := c.Name
		if name == "" && addr.IsValid() {
			name = addr.String()
		}
		add(name, c)
	}
	for name, c := range s.Identities {
		add(name, c)
	}
	return all
}

func (c *ServerCounters) add(d ServerCounters) {
	c.UnknownType += d.UnknownType
	c.Disconnect.add(d.Disconnect)
	c.CoA.add(d.CoA)
}

// RequestCounters are those of one kind of request, each an object of RFC 4673.
type RequestCounters struct {
	Requests         uint64 // first arrivals that were authentic and current, and were taken in
	Duplicates       uint64 // absorbed or answered again
	ACKs, NAKs       uint64 // given, without those that were given again
	AuthOnlyRequests uint64 // of Requests, with Service-Type Authorize-Only
	AuthOnlyNAKs     uint64 // of NAKs, with Service-Type Authorize-Only
	NoContextNAKs    uint64 // of NAKs, with Error-Cause 503
	Sessions         uint64 // removed or changed

	Malformed, BadAuthenticator, Dropped uint64 // exclusive, as in the MIB
	Stale                                uint64 // of Dropped: Event-Timestamp
	// Replays are of Dropped: executed before, and the cached answer has expired.
	Replays uint64
	// Overload is of Dropped: no place, no share of the duplicate detection cache left, or beyond
	// PeerRate. A NAK 506 (Server.RefuseOverflow) is in NAKs.
	Overload uint64
	Late     uint64 // of ACKs and NAKs: given after HandlerTimeout
	// Overflow is of NAKs: 506, since there was no place (Server.RefuseOverflow).
	Overflow uint64
	// Abandoned counts requests that a Proxy no longer retransmits to the next hop, since the
	// connection that brought them has ended, or has used their Identifier again; each time that
	// no connection waits for the answer any more.
	Abandoned uint64
}

func (c *RequestCounters) add(d RequestCounters) {
	(*peerstate.Counters)(c).Add(peerstate.Counters(d))
}

func serverCounters(p *peerstate.Row) ServerCounters {
	c := ServerCounters{UnknownType: p.UnknownType.Load(), Disconnect: RequestCounters(p.Kinds[0].Load()), CoA: RequestCounters(p.Kinds[1].Load())}
	if n := p.Name.Load(); n != nil {
		c.Name = *n
	}
	return c
}

// Stats returns the counters as they stand. They are read one by one while the Server goes on
// counting.
func (s *Server) Stats() ServerStats {
	st := s.state()
	out := ServerStats{
		UnknownDisconnect: st.Totals().Unknown[0].Load(), UnknownCoA: st.Totals().Unknown[1].Load(),
		UnknownOther: st.Totals().Other.Load(), PeersFailed: st.Totals().PeersFailed.Load(),
		Peers: make(map[netip.Addr]ServerCounters), Identities: make(map[string]ServerCounters),
	}
	rows, named := st.Peers().All()
	for addr, row := range rows {
		out.Peers[addr] = serverCounters(row)
		out.Total.add(out.Peers[addr])
	}
	for name, row := range named {
		out.Identities[name] = serverCounters(row)
		out.Total.add(out.Identities[name])
	}
	return out
}
