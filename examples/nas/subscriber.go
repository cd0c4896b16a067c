// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
	"layeh.com/radius"
)

// A subscriber is one session: what each request reads, which comes from memory that nothing has
// touched for long, and where the rest is. There may be millions, so it is small, and the garbage
// collector finds little to follow in it.
type subscriber struct {
	refuses errcause.Cause
	ends    termcause.Cause                   // what its Disconnect-ACK says: terminate, or what the table of reasons has
	gone    atomic.Bool                       // it is no longer in the table
	number  uint32                            // of -n
	service atomic.Pointer[radius.Attributes] // what the user gets, which a CoA-Request replaces as a whole; nil: nothing
	*details
}

// Details are what is read of a session when it ends. They do not change.
type details struct {
	id        attrs.Identity   // zero: the session is one of -n, and goes by its number
	nas       *attrs.NAS       // that this session alone goes by; nil: the BNG's
	terminate termcause.Cause  // the host's word on why it ended
	reason    termcause.Reason // else the table of reasons says it
}

// ofNumber is all that there is to say about the sessions of -n.
var ofNumber details

// identity is what identifies s, which does not change.
func (s *subscriber) identity() attrs.Identity {
	if s.details != &ofNumber {
		return s.id
	}
	return attrs.Identity{AcctSessionID: fmt.Sprintf("%08x", s.number), UserName: fmt.Sprintf("user%07d@example.net", s.number)}
}

// change puts the attributes of set in the place of all of their kind. Those of which set has none
// stay (RFC 5176, section 3.6, note 3). It is called with bng.acting held.
func (s *subscriber) change(set radius.Attributes) {
	now := replaced(s.current(), set)
	s.service.Store(&now)
}

// current is what the user gets now. It is not to be written into.
func (s *subscriber) current() radius.Attributes {
	if set := s.service.Load(); set != nil {
		return *set
	}
	return nil
}

func replaced(old, set radius.Attributes) radius.Attributes {
	named := map[attrs.ID]bool{}
	for id := range attrs.IDs(set) {
		named[id] = true
	}
	kept := attrs.Filter(old, func(id attrs.ID) bool { return !named[id] })
	return append(kept[:len(kept):len(kept)], set...)
}
