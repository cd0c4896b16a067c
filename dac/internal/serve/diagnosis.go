// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
	"github.com/radius-dynauth/dynauth/dac/internal/rate"
)

// A firsts says once of an address that the first datagram from there was of no use. What is not
// authentic is dropped in silence (RFC 5176, section 6.1), towards the network: the operator of the
// NAS is to know at the first try why it answers nothing. Source addresses can be forged, so lines
// are limited in rate and in number, and none costs a datagram that follows more than a look-up.
// What goes on for longer is the Diagnosis of a peer, in room peerstate.
//
// It is of all listeners, and safe for concurrent use.
type firsts struct {
	bucket rate.Bucket
	full   atomic.Bool // as many as there may be are named

	mu    sync.Mutex // guards named; nothing is logged with it held
	named map[netip.Addr]struct{}
}

// maxFirsts bounds the addresses of which a line is written, and firstsRate how many of them follow
// on each other.
const maxFirsts = 1024

var firstsRate = rate.Limit{Rate: 1, Burst: 32}

// may reports whether the line about addr is to be written now.
func (f *firsts) may(addr netip.Addr, now time.Time) bool {
	if f.full.Load() {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.named[addr]; ok {
		return false
	}
	if _, ok := f.bucket.Take(now, firstsRate); !ok || len(f.named) >= maxFirsts {
		return false
	}
	if f.named == nil {
		f.named = make(map[netip.Addr]struct{})
	}
	f.named[addr] = struct{}{}
	f.full.Store(len(f.named) >= maxFirsts)
	return true
}

// unknown says that nothing from an address is answered, since it is no peer or Peers failed.
func (f *firsts) unknown(log *slog.Logger, from *netio.Origin, now time.Time, err error) {
	addr := netio.Plain(from.Remote.Addr())
	if !f.may(addr, now) {
		return
	}
	if errors.Is(err, ErrUnknownPeer) {
		log.Warn("dac: nothing from this address is answered, since Server.Peers does not know it: if it is a client of this NAS, add it with its secret", "addr", addr, "local", from.Local)
		return
	}
	log.Warn("dac: nothing from this address is answered, since Server.Peers failed", "addr", addr, "local", from.Local, "err", err)
}

// unusable says of the first packet of a peer from which nothing has verified yet that it is bad:
// no RADIUS, or, with a wrong secret, one that does not verify.
func (f *firsts) unusable(log *slog.Logger, from *netio.Origin, row *peerstate.Row, now time.Time, err error) {
	addr := netio.Plain(from.Remote.Addr())
	if row.Proven.Load() || row.Diagnosis.Told.Load() || !f.may(addr, now) {
		return
	}
	row.Diagnosis.Told.Store(true)
	log.Warn("dac: the first packet of this peer is dropped: compare the shared secret of both ends, if it is RADIUS at all", "addr", addr, "local", from.Local, "err", err)
}
