// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// maxCachedPeers bounds the addresses that a cache of peers knows.
const maxCachedPeers = 1 << 16

// CachePeers keeps what p said of an address for ttl, that it is unknown too. Other errors are kept for a second at most, so that
// a failing source is not asked once a packet. One question at a time is put for an address; whoever else asks meanwhile waits for its answer,
// or for their context. At most 65,536 addresses are kept; where there are more, unknown ones make room for known ones. A ttl of zero or
// less keeps nothing. It is safe for concurrent use.
func CachePeers(p Peers, ttl time.Duration) Peers {
	return &peerCache{Source: p, TTL: ttl, state: &peerCacheState{known: make(map[netip.AddrPort]*cachedPeer)}}
}

type peerCache struct {
	Source Peers
	TTL    time.Duration
	state  *peerCacheState
}

type peerCacheState struct {
	mu    sync.Mutex // guards known
	known map[netip.AddrPort]*cachedPeer
}

// A cachedPeer is one answer, complete once done is closed.
type cachedPeer struct {
	done   chan struct{}
	Peer   Peer
	err    error
	gaveUp bool // the one who asked went away before there was an answer
	until  time.Time
}

// Format prints the source and the ttl: fmt prints what a pointer points to without asking it for another verb than it knows for pointers.
func (c *peerCache) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, "CachePeers(%+v, %v)", c.Source, c.TTL)
}

func (c *peerCache) check() error { return peersCheck(c.Source) }

func (c *peerCache) Peer(ctx context.Context, addr netip.AddrPort) (Peer, error) {
	for {
		one, mine := c.state.enter(addr)
		if mine {
			c.ask(ctx, addr, one)
			return one.Peer, one.err
		}
		select {
		case <-one.done:
		case <-ctx.Done():
			return Peer{}, ctx.Err()
		}
		if !one.gaveUp {
			return one.Peer, one.err
		}
	}
}

// enter returns the answer for addr, which may still be on its way, or a new one that the caller is to fill.
func (s *peerCacheState) enter(addr netip.AddrPort) (one *cachedPeer, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one, ok := s.known[addr]; ok {
		select {
		case <-one.done:
			if time.Now().Before(one.until) {
				return one, false
			}
		default:
			return one, false
		}
	}
	if len(s.known) >= maxCachedPeers {
		s.forgetSome()
	}
	one = &cachedPeer{done: make(chan struct{})}
	s.known[addr] = one
	return one, true
}

// forgetSome makes room among a few that the map gives, which are random ones: what is no peer, or no longer known to be one, goes; where
// all are peers, one of them. So a flood from addresses that nobody knows leaves the peers where they are.
func (s *peerCacheState) forgetSome() {
	var peer netip.AddrPort
	seen, gone := 0, 0
	for addr, one := range s.known {
		select {
		case <-one.done:
			if one.err != nil || !time.Now().Before(one.until) {
				delete(s.known, addr)
				gone++
			} else {
				peer = addr
			}
		default:
		}
		if seen++; seen == 16 {
			break
		}
	}
	if gone == 0 {
		delete(s.known, peer)
	}
}

// ask fills one. A source that panics leaves an error behind, not callers that wait for ever.
func (c *peerCache) ask(ctx context.Context, addr netip.AddrPort, one *cachedPeer) {
	one.err = errors.New("dac: Peers failed")
	defer func() {
		keep := c.TTL
		switch {
		case one.err == nil, errors.Is(one.err, ErrUnknownPeer):
		case ctx.Err() != nil: // no answer of the source, and none for those who waited
			one.gaveUp, keep = true, 0
		default:
			keep = min(keep, time.Second)
		}
		one.until = time.Now().Add(keep)
		close(one.done)
	}()
	one.Peer, one.err = c.Source.Peer(ctx, addr)
}
