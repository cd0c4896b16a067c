// SPDX-License-Identifier: Apache-2.0

// Package embed is a BNG with a map of sessions of its own, and what has to be added to
// it so that it answers Disconnect-Requests and CoA-Requests (RFC 5176): the file radius.go, under
// 40 lines, which a test counts. Its tests need no socket.
//
// This file knows nothing of RADIUS.
package embed

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// A Subscriber is one session of the BNG. It is not changed once it is in the map: a change puts
// another one in its place.
type Subscriber struct {
	ID     string
	User   string
	Addr   netip.Addr
	Filter string
}

// A BNG holds sessions. The zero BNG has none; it is safe for concurrent use. Set Name before it is
// used.
type BNG struct {
	Name string // of this machine

	mu       sync.Mutex
	sessions map[string]*Subscriber // by ID
}

// Login begins a session.
func (b *BNG) Login(s Subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sessions == nil {
		b.sessions = map[string]*Subscriber{}
	}
	b.sessions[s.ID] = &s
}

// Logout ends the session id; false: there is none.
func (b *BNG) Logout(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, found := b.sessions[id]
	delete(b.sessions, id)
	return found
}

// SetFilter gives the session id another filter; false: there is none.
func (b *BNG) SetFilter(id, filter string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, found := b.sessions[id]
	if found {
		changed := *s
		changed.Filter = filter
		b.sessions[id] = &changed
	}
	return found
}

// Subscribers are all sessions as they stand, by ID.
func (b *BNG) Subscribers() []*Subscriber {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Collect(maps.Values(b.sessions))
	slices.SortFunc(all, func(x, y *Subscriber) int { return strings.Compare(x.ID, y.ID) })
	return all
}
