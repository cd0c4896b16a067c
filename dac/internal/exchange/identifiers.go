// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"math/rand/v2"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/idpool"
)

// ownIdentifiers are those of a connection that has one user, for a Transport that shares none.
type ownIdentifiers struct {
	all  *idpool.Shared
	free func()
}

// newOwnIdentifiers makes them. They begin at a random one, as those of a socket do; Tokens may
// begin anywhere (RFC 9765, section 4.2.1).
func newOwnIdentifiers(tokens bool, free func()) *ownIdentifiers {
	if tokens {
		return &ownIdentifiers{idpool.NewTokens(rand.Uint32()), free}
	}
	return &ownIdentifiers{idpool.NewIdentifiers(0, byte(rand.IntN(idpool.Size))), free}
}

// IdentifierFree is called by the pool in a goroutine of its own, without any lock.
func (o *ownIdentifiers) IdentifierFree() { o.free() }

func (o *ownIdentifiers) Acquire(func()) (uint32, bool) { return o.all.Take(o) }

func (o *ownIdentifiers) Claim(id uint32, _ func()) bool { return o.all.Claim(o, id) }

func (o *ownIdentifiers) Release(id uint32, rest time.Duration) { o.all.Put(o, id, rest) }
