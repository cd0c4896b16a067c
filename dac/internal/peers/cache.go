// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"
)

// maxCached bounds the addresses that a Cache knows.
const maxCached = 1 << 16

// maxKeptError is how long a Cache keeps an error of its source, so that a failing one is asked
// again soon, and not once a packet.
const maxKeptError = time.Second

// A Cache keeps what a source said of an address, and asks it once at a time for each: other calls
// for that address wait for the answer, or for their context. It is safe for concurrent use.
type Cache[P any] struct {
	ask func(ctx context.Context, addr netip.AddrPort) (P, error) // the source
	// unknown is what it says of an address that is no peer.
	unknown error
	ttl     time.Duration // zero or less: nothing is kept

	mu    sync.Mutex // guards known
	known map[netip.AddrPort]*cached[P]
}

// A cached is one answer, complete once done is closed.
type cached[P any] struct {
	done   chan struct{}
	Peer   P         // exported, so that fmt asks it how it wants to be printed
	err    error     // as the source gave it
	gaveUp bool      // the one who asked went away before there was an answer
	until  time.Time // from then on it is asked for again
}

// NewCache makes a Cache of what ask says. An error that wraps unknown is an answer and is kept for
// ttl, as a peer is; zero or less keeps nothing.
func NewCache[P any](ttl time.Duration, unknown error, ask func(ctx context.Context, addr netip.AddrPort) (P, error)) *Cache[P] {
	return &Cache[P]{ask: ask, unknown: unknown, ttl: ttl, known: make(map[netip.AddrPort]*cached[P])}
}

// Peer returns what is known of addr, and asks where nothing is. Where the call that asks is given
// up, one of those that wait for it asks in its place.
func (c *Cache[P]) Peer(ctx context.Context, addr netip.AddrPort) (P, error) {
	for {
		one, mine := c.enter(addr)
		if mine {
			c.fill(ctx, addr, one)
			return one.Peer, one.err
		}
		select {
		case <-one.done:
		case <-ctx.Done():
			var none P
			return none, ctx.Err()
		}
		if !one.gaveUp {
			return one.Peer, one.err
		}
	}
}

// enter returns the answer for addr, which may still be on its way, or a new one that the caller is
// to fill. What a call that waits holds stays good when it is forgotten meanwhile.
func (c *Cache[P]) enter(addr netip.AddrPort) (one *cached[P], mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one, ok := c.known[addr]; ok {
		select {
		case <-one.done:
			if time.Now().Before(one.until) {
				return one, false
			}
		default:
			return one, false
		}
	}
	if len(c.known) >= maxCached {
		c.forgetSome()
	}
	one = &cached[P]{done: make(chan struct{})}
	c.known[addr] = one
	return one, true
}

// forgetSome makes room among a few that the map gives, which are random ones: what is no peer, or
// no longer known to be one, goes; where all are peers, one of them. So a flood from addresses that
// are unknown leaves the peers where they are.
func (c *Cache[P]) forgetSome() {
	var peer netip.AddrPort
	seen, gone := 0, 0
	for addr, one := range c.known {
		select {
		case <-one.done:
			if one.err != nil || !time.Now().Before(one.until) {
				delete(c.known, addr)
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
		delete(c.known, peer)
	}
}

// fill asks for one, in the goroutine of the call that came first and without the lock. A source
// that panics, or ends that goroutine, leaves an error behind, not callers that wait for ever.
func (c *Cache[P]) fill(ctx context.Context, addr netip.AddrPort, one *cached[P]) {
	one.err = errors.New("dac: Peers failed")
	defer func() {
		keep := c.ttl
		switch {
		case one.err == nil, errors.Is(one.err, c.unknown):
		case ctx.Err() != nil: // no answer of the source, and none for those who waited
			one.gaveUp, keep = true, 0
		default:
			keep = min(keep, maxKeptError)
		}
		one.until = time.Now().Add(keep)
		close(one.done)
	}()
	one.Peer, one.err = c.ask(ctx, addr)
}
