// SPDX-License-Identifier: Apache-2.0

package peerstate

import (
	"errors"
	"log/slog"
	"maps"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/dedup"
	"github.com/radius-dynauth/dynauth/dac/internal/rate"
)

// A Row is what a Server knows of one address that is a peer: its counters, its share of the
// duplicate detection cache, its rate, and the secrets that verified something. It is safe for
// concurrent use.
type Row struct {
	Share       dedup.Share // of the duplicate detection cache
	Addr        netip.Addr
	Name        atomic.Pointer[string]
	UnknownType atomic.Uint64
	Kinds       [2]Counts    // Disconnect, CoA
	InWork      atomic.Int64 // requests being handled, or waiting to be
	rate        rate.Bucket
	Diagnosis   Diagnosis
	Proven      atomic.Bool // something from there has verified
	keys        [2]atomic.Pointer[Keyed]
}

// A Keyed is a secret with what signs, and what reveals values hidden with it: made once, since
// each Request has it. It is read-only.
type Keyed struct {
	authn.Key
	Host any // what the host has made of the secret
}

// Signs reports whether packets are signed with k; else it is that of RADIUS/1.1, which signs and
// hides nothing.
func (k *Keyed) Signs() bool { return k.Secret != "" }

// Key returns the one for s, or nil: nothing has verified with it of late.
func (p *Row) Key(s authn.Secret) *Keyed {
	for i := range p.keys {
		if k := p.keys[i].Load(); k != nil && k.Secret == s {
			return k
		}
	}
	return nil
}

// Keyed returns the one for s, which has verified something.
func (p *Row) Keyed(s authn.Secret, host func(authn.Secret) any) *Keyed {
	if k := p.Key(s); k != nil {
		return k
	}
	k := &Keyed{authn.NewKey(s), host(s)}
	p.keys[1].Store(p.keys[0].Swap(k))
	return k
}

// AppendLabel appends how a line of the log names the peer: by its name, where it has one, and by
// addr, its address.
func (p *Row) AppendLabel(as []slog.Attr, addr string) []slog.Attr {
	if n := p.Name.Load(); n != nil && *n != "" {
		as = append(as, slog.String("peer", *n))
	}
	if addr != "" {
		as = append(as, slog.String("addr", addr))
	}
	return as
}

// label is AppendLabel where the address is that of the peer, which one by its name has none of.
func (p *Row) label() []slog.Attr {
	if !p.Addr.IsValid() {
		return p.AppendLabel(nil, "")
	}
	return p.AppendLabel(nil, p.Addr.String())
}

// Beyond says that a first arrival is more than what the peer is given; else it counts as in work.
func (p *Row) Beyond(now time.Time, l rate.Limit) error {
	if n := p.InWork.Add(1); l.InFlight <= 0 || n <= int64(l.InFlight) {
		if _, ok := p.rate.Take(now, l); ok {
			return nil
		}
	}
	p.InWork.Add(-1)
	return ErrRate
}

// ErrRate is the error of what is beyond the rate of a peer.
var ErrRate = errors.New("dac: beyond the rate of the peer")

// MaxRows bounds the addresses that have a row of their own: with one secret for all peers a forged
// source address would make one.
const MaxRows = 1 << 16

// A Table is the rows by address, and by name of those whose connections were authenticated. It
// is safe for concurrent use.
type Table struct {
	mu    sync.RWMutex // guards rows and named
	rows  map[netip.Addr]*Row
	named map[string]*Row
	list  atomic.Pointer[[]*Row] // by index
}

// Row returns the row of a peer, a new one at its first packet. What is not verified may have come
// from anywhere: it makes half of the rows at most, so that a peer that has the secret finds one of
// its own.
func (t *Table) Row(addr netip.Addr, name string, verified bool) *Row {
	t.mu.RLock()
	p := t.rows[addr]
	t.mu.RUnlock()
	if p == nil {
		p = t.add(addr, verified)
	}
	if verified && !p.Proven.Load() {
		p.Proven.Store(true)
	}
	if n := p.Name.Load(); p.Addr.IsValid() && (n == nil || *n != name) {
		p.Name.Store(&name)
	}
	return p
}

func (t *Table) add(addr netip.Addr, verified bool) *Row {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = make(map[netip.Addr]*Row)
	}
	if len(t.rows) >= MaxRows || !verified && len(t.rows) >= MaxRows/2 {
		addr = netip.Addr{}
	}
	if p := t.rows[addr]; p != nil {
		return p
	}
	p := t.append(&Row{Addr: addr})
	t.rows[addr] = p
	return p
}

// append gives a new row its index. mu is held.
func (t *Table) append(p *Row) *Row {
	var list []*Row
	if old := t.list.Load(); old != nil {
		list = *old
	}
	p.Share.Index = uint32(len(list))
	// Appending beyond the length that others see leaves what they see alone.
	list = append(list, p)
	t.list.Store(&list)
	return p
}

// Identified returns the row of a peer whose name a handshake proved. There is one for each name,
// however many there are: the duplicate detection cache tells such peers apart by their rows.
func (t *Table) Identified(name string) *Row {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.named[name]; p != nil {
		return p
	}
	if t.named == nil {
		t.named = make(map[string]*Row)
	}
	p := t.append(new(Row))
	p.Name.Store(&name)
	p.Proven.Store(true)
	t.named[name] = p
	return p
}

// All returns the rows by address and by name.
func (t *Table) All() (rows map[netip.Addr]*Row, named map[string]*Row) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return maps.Clone(t.rows), maps.Clone(t.named)
}

// Proven reports whether something from addr may have verified.
func (t *Table) Proven(addr netip.Addr) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	p := t.rows[addr]
	return p != nil && p.Proven.Load()
}

// Share returns the Share with that Index.
func (t *Table) Share(index uint32) *dedup.Share { return &(*t.list.Load())[index].Share }

// A Totals is what is counted of packets that have no row.
type Totals struct {
	Unknown     [2]atomic.Uint64 // Disconnect, CoA
	Other       atomic.Uint64
	PeersFailed atomic.Uint64
}
