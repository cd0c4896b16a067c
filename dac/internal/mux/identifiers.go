// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/idpool"
)

// restOfClosed is how long identifiers rest that a closed View held: the other end may still
// answer.
const restOfClosed = 30 * time.Second

// A holder draws identifiers of a connection, and gets what answers the requests that have them.
type holder interface {
	idpool.User
	// answer takes an answer, by the reader of the connection. An error ends that.
	answer(p []byte) error
	// lost says that the connection has ended. It is called once for each join.
	lost(err error)
	// trim lets go of what an idle connection need not hold.
	trim()
}

// newIdentifiers makes the pool of one connection. Identifier 0 of RADIUS/1.0 is the watchdog's
// (RFC 6613, section 2.6.5); Tokens begin anywhere (RFC 9765, section 4.2.1).
func newIdentifiers(v dac.Version) *idpool.Shared {
	if v == dac.RADIUS11 {
		return idpool.NewTokens(rand.Uint32())
	}
	return idpool.NewIdentifiers(1, byte(1+rand.IntN(255)))
}

// holders are who is told of the end of a connection: its Views and Exchanges. Its lock is not held
// when they are told, since they may leave at that.
type holders struct {
	mu    sync.Mutex // guards what follows
	all   map[holder]struct{}
	ended error
}

// join adds h, or returns why the connection has ended.
func (x *holders) join(h holder) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended == nil {
		if x.all == nil {
			x.all = make(map[holder]struct{})
		}
		x.all[h] = struct{}{}
	}
	return x.ended
}

// leave removes h, which is not told of the end any more.
func (x *holders) leave(h holder) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.all, h)
}

// end tells all of the end. Nothing joins any more.
func (x *holders) end(err error) {
	x.mu.Lock()
	x.ended = err
	all := x.all
	x.all = nil
	x.mu.Unlock()
	for h := range all {
		h.lost(err)
	}
}

// trim has all let go of what an idle connection need not hold. They have locks of their own below
// this one.
func (x *holders) trim() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for h := range x.all {
		h.trim()
	}
}
