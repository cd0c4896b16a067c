// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"net/netip"
	"sync"
)

// A subscriber is a session of the serial BNG.
type subscriber struct {
	ID     string
	User   string
	IP     netip.Addr
	Policy string
}

// A bng holds sessions. It knows nothing of RADIUS.
type bng struct {
	mu       sync.Mutex
	sessions map[string]subscriber
}

func newBNG() *bng {
	return &bng{sessions: map[string]subscriber{
		"s1": {"s1", "bob", netip.MustParseAddr("192.0.2.10"), "silver"},
		"s2": {"s2", "eve", netip.MustParseAddr("192.0.2.11"), "silver"},
	}}
}

func (b *bng) all() (all []subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.sessions {
		all = append(all, s)
	}
	return all
}

func (b *bng) get(id string) (subscriber, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.sessions[id]
	return s, ok
}

func (b *bng) terminate(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.sessions[id]
	delete(b.sessions, id)
	return ok
}

func (b *bng) setPolicy(id, policy string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.sessions[id]
	if ok {
		s.Policy = policy
		b.sessions[id] = s
	}
	return ok
}
