// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
)

// A connBudget bounds the conns of all NASes together, which are file descriptors. A NAS without
// any goes first: it waits for the next conn that is closed, and a conn that nothing is in flight
// on is closed for it. A NAS that has some gets further ones from one half of the budget alone, so
// that a few busy NASes leave the other half to the rest.
//
// Its lock may be taken with that of a destination held. Nothing that takes the lock of a
// destination (open, retryLater, reclaim) is called under it.
type connBudget struct {
	spawn func(func()) bool
	most  int // what the configuration or the system allows

	mu   sync.Mutex // guards what follows
	max  int        // what it allows at present: less than most where descriptors ran out
	open int        // conns, those being opened included
	all  []reclaimable
	// Where the search in all goes on, so that it is not always the same NAS that loses its conn.
	cursor  int
	waiting []connWaiter // without a conn, in order of asking
	// How many wait: for scarce, which the end of every exchange asks, without the lock.
	starved atomic.Int32
}

// A reclaimable is a conn as the budget knows it.
type reclaimable interface {
	reclaim() bool     // closes it if nothing needs it
	budgetIndex() *int // its place in the list of the budget
}

// A connWaiter is a destination as the budget knows it: it wants a conn.
type connWaiter interface {
	open(mayOpen bool)
	retryLater() // tries again after a while
}

// scarce reports whether a destination waits for a conn: then one that has nothing in flight any
// more is closed at once, and not after IdleTimeout.
func (b *connBudget) scarce() bool { return b.starved.Load() > 0 }

// reserve reserves a conn for w. Where there is none, and w has none yet, w is called once one is
// free; a w that has some tries again later. An idle conn of another NAS is closed for it: its
// reader ends, and gives back what it had.
func (b *connBudget) reserve(w connWaiter, first bool) bool {
	b.mu.Lock()
	if b.open < b.max && (first || b.open < b.max/2) {
		b.open++
		b.mu.Unlock()
		return true
	}
	if !first {
		b.mu.Unlock()
		w.retryLater()
		return false
	}
	b.waiting = append(b.waiting, w)
	b.starved.Add(1)
	from, all := b.cursor, append([]reclaimable(nil), b.all...)
	b.mu.Unlock()
	for i := range all {
		if at := (from + i) % len(all); all[at].reclaim() {
			b.mu.Lock()
			b.cursor = at + 1
			b.mu.Unlock()
			break
		}
	}
	return false
}

// release returns what reserve reserved, and passes it on to the destination that has waited the
// longest. After the system had no descriptor left, each conn that is closed shows that there is
// room for one more.
func (b *connBudget) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open--
	b.max = min(b.max+1, b.most)
	for b.open < b.max && len(b.waiting) > 0 {
		w := b.waiting[0]
		b.waiting = b.waiting[1:]
		b.starved.Add(-1)
		if b.spawn(func() { w.open(true) }) {
			b.open++
		}
	}
}

// add and forget keep all, of which each conn knows its place, so that neither searches. add is
// called when a conn is put to use, forget when its reader has ended.
func (b *connBudget) add(r reclaimable) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*r.budgetIndex() = len(b.all)
	b.all = append(b.all, r)
}

func (b *connBudget) forget(r reclaimable) {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := len(b.all) - 1
	b.all[*r.budgetIndex()] = b.all[last]
	*b.all[*r.budgetIndex()].budgetIndex() = *r.budgetIndex()
	b.all[last] = nil
	b.all = b.all[:last]
}

// exhausted reports whether err says that the system has no descriptor left, though others of this
// client hold some: then fewer than now will have to do for a while, and a request waits for one of
// them instead of failing.
func (b *connBudget) exhausted(err error) bool {
	if !netio.IsExhausted(err) {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) == 0 {
		return false
	}
	b.max = len(b.all)
	return true
}

// How many sockets there may be: at most so many that the system's range of ephemeral ports, 28,232
// on Linux, has room for others; and so many where the system does not say how many descriptors it
// allows.
const (
	maxSockets     = 8192
	defaultSockets = 1024
)

// systemSockets is how many sockets a client may open: half of the descriptors of the process, the
// other half of which is the host's, but 16 at least.
func systemSockets() int {
	n := netio.DescriptorLimit()
	if n == 0 {
		return defaultSockets
	}
	return min(max(n/2, 16), maxSockets)
}

// passes reports whether what a send failed with may be gone at the next one.
func passes(err error) bool {
	var timeout net.Error
	ok := errors.As(err, &timeout)
	return netio.IsShort(err) || ok && timeout.Timeout()
}
