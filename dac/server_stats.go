// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"maps"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// ServerStats are the counters of RFC 4673, and a few beside them. They count from the first Serve on.
type ServerStats struct {
	UnknownDisconnect, UnknownCoA uint64 // from addresses that are no peer
	UnknownOther                  uint64 // packets of another code, or of none, from such addresses
	PeersFailed                   uint64 // packets dropped because Peers returned an error other than ErrUnknownPeer, or were too slow with too many
	Peers                         map[netip.Addr]ServerCounters
	Total                         ServerCounters // of all peers
}

// ServerCounters are those of one peer: one address. At most 65,536 addresses have counters of their own; what comes from
// further ones is counted under the zero address.
//
// Each datagram of a peer is counted in exactly one of UnknownType and, of its kind, Requests, Duplicates, Malformed, BadAuthenticator and
// Dropped; only what a Handler discards is in Requests and in Dropped.
type ServerCounters struct {
	Name            string // of the Peer
	UnknownType     uint64 // a packet of another code has no kind
	Disconnect, CoA RequestCounters
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
	Replays                              uint64 // of Dropped: executed before, and the answer is gone
	Overload                             uint64 // of Dropped: no place, no share of the memory left, or beyond PeerRate. A NAK 506 (Server.RefuseOverflow) is in NAKs
	Late                                 uint64 // of ACKs and NAKs: given after HandlerTimeout
}

// The counters as they are counted, in the order of RequestCounters.
type counter int

const (
	cRequests counter = iota
	cDuplicates
	cACKs
	cNAKs
	cAuthOnlyRequests
	cAuthOnlyNAKs
	cNoContextNAKs
	cSessions
	cMalformed
	cBadAuthenticator
	cDropped
	cStale
	cReplays
	cOverload
	cLate
	counters
)

// A kindCounters counts one kind of request of one peer.
type kindCounters [counters]atomic.Uint64

func (k *kindCounters) add(c counter) { k[c].Add(1) }

func (k *kindCounters) read() RequestCounters {
	at := func(c counter) uint64 { return k[c].Load() }
	return RequestCounters{
		Requests: at(cRequests), Duplicates: at(cDuplicates), ACKs: at(cACKs), NAKs: at(cNAKs),
		AuthOnlyRequests: at(cAuthOnlyRequests), AuthOnlyNAKs: at(cAuthOnlyNAKs), NoContextNAKs: at(cNoContextNAKs), Sessions: at(cSessions),
		Malformed: at(cMalformed), BadAuthenticator: at(cBadAuthenticator), Dropped: at(cDropped),
		Stale: at(cStale), Replays: at(cReplays), Overload: at(cOverload), Late: at(cLate),
	}
}

func (c *RequestCounters) add(d RequestCounters) {
	c.Requests += d.Requests
	c.Duplicates += d.Duplicates
	c.ACKs += d.ACKs
	c.NAKs += d.NAKs
	c.AuthOnlyRequests += d.AuthOnlyRequests
	c.AuthOnlyNAKs += d.AuthOnlyNAKs
	c.NoContextNAKs += d.NoContextNAKs
	c.Sessions += d.Sessions
	c.Malformed += d.Malformed
	c.BadAuthenticator += d.BadAuthenticator
	c.Dropped += d.Dropped
	c.Stale += d.Stale
	c.Replays += d.Replays
	c.Overload += d.Overload
	c.Late += d.Late
}

// A peerRow is what a Server knows of one address that is a peer: its counters, its share of the memory, its rate, and the secrets that
// verified something. It is safe for concurrent use.
type peerRow struct {
	index       uint32
	addr        netip.Addr
	name        atomic.Pointer[string]
	unknownType atomic.Uint64
	kinds       [2]kindCounters // Disconnect, CoA
	held        atomic.Int64    // entries in the memory
	inWork      atomic.Int64    // requests being handled, or waiting to be
	rate        bucket
	diagnosis   diagnosis
	proven      atomic.Bool // something from there has verified
	keys        [2]atomic.Pointer[keyed]
}

// A keyed is a secret with what signs, and what reveals values hidden with it: made once, since each Request has it. It is read-only.
type keyed struct {
	signingKey
	reveal func([]byte) ([]byte, error)
}

// key returns the one for s, or nil: nothing has verified with it of late.
func (p *peerRow) key(s Secret) *keyed {
	for i := range p.keys {
		if k := p.keys[i].Load(); k != nil && k.Secret == s {
			return k
		}
	}
	return nil
}

// keyed returns the one for s, which has verified something.
func (p *peerRow) keyed(s Secret) *keyed {
	if k := p.key(s); k != nil {
		return k
	}
	k := &keyed{newSigningKey(s), func(hidden []byte) ([]byte, error) { return reveal(hidden, s) }}
	p.keys[1].Store(p.keys[0].Swap(k))
	return k
}

func (p *peerRow) read() ServerCounters {
	c := ServerCounters{UnknownType: p.unknownType.Load(), Disconnect: p.kinds[0].read(), CoA: p.kinds[1].read()}
	if n := p.name.Load(); n != nil {
		c.Name = *n
	}
	return c
}

// beyond says that a first arrival is more than what the peer is given; else it counts as in work.
func (p *peerRow) beyond(now time.Time, l Limit) error {
	if n := p.inWork.Add(1); l.InFlight <= 0 || n <= int64(l.InFlight) {
		if _, ok := p.rate.take(now, l); ok {
			return nil
		}
	}
	p.inWork.Add(-1)
	return errRate
}

// maxRows bounds the addresses that have a row of their own: with one secret for everybody a forged source address would make one.
const maxRows = 1 << 16

// A peerTable is the rows by address, safe for concurrent use.
type peerTable struct {
	mu   sync.RWMutex // guards rows
	rows map[netip.Addr]*peerRow
	list atomic.Pointer[[]*peerRow] // by index
}

// row returns the row of a peer, a new one at its first packet. What is not verified may have come from anywhere: it makes half of the rows at
// most, so that whoever has the secret finds one of its own.
func (t *peerTable) row(addr netip.Addr, name string, verified bool) *peerRow {
	t.mu.RLock()
	p := t.rows[addr]
	t.mu.RUnlock()
	if p == nil {
		p = t.add(addr, verified)
	}
	if verified && !p.proven.Load() {
		p.proven.Store(true)
	}
	if n := p.name.Load(); p.addr.IsValid() && (n == nil || *n != name) {
		p.name.Store(&name)
	}
	return p
}

func (t *peerTable) add(addr netip.Addr, verified bool) *peerRow {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = make(map[netip.Addr]*peerRow)
	}
	if len(t.rows) >= maxRows || !verified && len(t.rows) >= maxRows/2 {
		addr = netip.Addr{}
	}
	if p := t.rows[addr]; p != nil {
		return p
	}
	var list []*peerRow
	if old := t.list.Load(); old != nil {
		list = *old
	}
	p := &peerRow{index: uint32(len(list)), addr: addr}
	// Appending beyond the length that others see leaves what they see alone.
	list = append(list, p)
	t.list.Store(&list)
	t.rows[addr] = p
	return p
}

// proven reports whether something from addr may have verified.
func (t *peerTable) proven(addr netip.Addr) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	p := t.rows[addr]
	return p != nil && p.proven.Load()
}

func (t *peerTable) at(index uint32) *peerRow { return (*t.list.Load())[index] }

// A serverTotals is what is counted of packets that have no row.
type serverTotals struct {
	unknown     [2]atomic.Uint64 // Disconnect, CoA
	other       atomic.Uint64
	peersFailed atomic.Uint64
}

// Stats returns the counters as they stand. They are read one by one while the Server goes on counting.
func (s *Server) Stats() ServerStats {
	st := s.state()
	out := ServerStats{
		UnknownDisconnect: st.totals.unknown[0].Load(), UnknownCoA: st.totals.unknown[1].Load(),
		UnknownOther: st.totals.other.Load(), PeersFailed: st.totals.peersFailed.Load(),
		Peers: make(map[netip.Addr]ServerCounters),
	}
	st.peers.mu.RLock()
	rows := maps.Clone(st.peers.rows)
	st.peers.mu.RUnlock()
	for addr, row := range rows {
		c := row.read()
		out.Peers[addr] = c
		out.Total.UnknownType += c.UnknownType
		out.Total.Disconnect.add(c.Disconnect)
		out.Total.CoA.add(c.CoA)
	}
	return out
}
