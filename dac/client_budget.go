// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// A portBudget bounds the source ports of all NASes together, which are file descriptors. A NAS without any goes first: it waits
// for the next port that is closed, and a port that nothing is in flight on is closed for it.
type portBudget struct {
	core *clientCore
	most int // what the configuration or the system allows

	mu     sync.Mutex // guards what follows
	max    int        // what it allows at present
	open   int        // ports, those being opened included
	all    []*sourcePort
	hand   int       // where the search in all goes on
	hungry []*target // without a port, in order of asking
	hunger atomic.Int32
}

// scarce reports whether somebody waits for a port.
func (b *portBudget) scarce() bool { return b.hunger.Load() > 0 }

// take reserves a port for t. Where there is none, and t has none yet, t is called once one is free; a t that has some tries again later.
func (b *portBudget) take(t *target, first bool) bool {
	b.mu.Lock()
	if b.open < b.max && (first || b.open < b.max/2) {
		b.open++
		b.mu.Unlock()
		return true
	}
	if !first {
		b.mu.Unlock()
		t.later()
		return false
	}
	b.hungry = append(b.hungry, t)
	b.hunger.Add(1)
	hand, all := b.hand, append([]*sourcePort(nil), b.all...)
	b.mu.Unlock()
	for i := range all {
		if at := (hand + i) % len(all); all[at].yield() {
			b.mu.Lock()
			b.hand = at + 1
			b.mu.Unlock()
			break
		}
	}
	return false
}

// yield closes p if nothing needs it, and reports whether it did.
func (p *sourcePort) yield() bool {
	t := p.to
	now := t.core.now()
	var c chores
	t.mu.Lock()
	idle := !p.closed && p.n == 0 && t.queue.first == nil
	if idle {
		t.retire(p, now, &c)
	}
	t.mu.Unlock()
	c.do()
	return idle
}

// give returns what take reserved, and passes it on to who waits for it the longest.
func (b *portBudget) give() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open--
	b.max = min(b.max+1, b.most)
	for b.open < b.max && len(b.hungry) > 0 {
		t := b.hungry[0]
		b.hungry = b.hungry[1:]
		b.hunger.Add(-1)
		if b.core.spawn(func() { t.open(true) }) {
			b.open++
		}
	}
}

// add and forget keep all.
func (b *portBudget) add(p *sourcePort) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.place = len(b.all)
	b.all = append(b.all, p)
}

func (b *portBudget) forget(p *sourcePort) {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := len(b.all) - 1
	b.all[p.place] = b.all[last]
	b.all[p.place].place = p.place
	b.all[last] = nil
	b.all = b.all[:last]
}

// exhausted reports whether err says that the system has no descriptor left, though others of this client hold some: then fewer than now
// will have to do for a while.
func (b *portBudget) exhausted(err error) bool {
	if !isExhausted(err) {
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

// How many source ports there may be: at most so many that the system's range of them has room for others, and so many where the system
// does not say how many descriptors it allows.
const (
	maxPorts     = 8192
	defaultPorts = 1024
)

// passes reports whether what a send failed with may be gone at the next one.
func passes(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return isShort(err) || ok && timeout.Timeout()
}
