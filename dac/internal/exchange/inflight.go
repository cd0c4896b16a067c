// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"github.com/radius-dynauth/dynauth/dac/internal/idpool"
)

// IdentifiersOfConn is how many requests one socket, and so one source port, can have under way
// (RFC 5176, section 2.3).
const IdentifiersOfConn = idpool.Size

// inFlight are the exchanges of one conn that are under way, by their identifiers or their Tokens.
// The lock of the destination guards it. Identifiers, and Tokens as low as one, are in an array,
// which needs no hashing.
type inFlight[X any] struct {
	byID    [IdentifiersOfConn]*X
	byToken map[uint32]*X // of RADIUS/1.1; nil: none
}

// get returns the exchange that has id, or nil.
func (f *inFlight[X]) get(id uint32) *X {
	if id < IdentifiersOfConn && f.byID[id] != nil {
		return f.byID[id]
	}
	return f.byToken[id]
}

func (f *inFlight[X]) put(id uint32, x *X) {
	if id < IdentifiersOfConn {
		f.byID[id] = x
		return
	}
	if f.byToken == nil {
		f.byToken = make(map[uint32]*X)
	}
	f.byToken[id] = x
}

func (f *inFlight[X]) remove(id uint32) {
	if id < IdentifiersOfConn {
		f.byID[id] = nil
	} else {
		delete(f.byToken, id)
	}
}

// each calls do for all, of which do may remove the one that it gets. What do puts in is not
// visited, of the array, since that is copied; of Tokens it may be.
func (f *inFlight[X]) each(do func(x *X)) {
	for _, x := range f.byID {
		if x != nil {
			do(x)
		}
	}
	for _, x := range f.byToken {
		do(x)
	}
}
