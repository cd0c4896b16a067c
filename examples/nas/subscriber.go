// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
	"layeh.com/radius"
)

// A subscriber is one session. What identifies it does not change. What each request reads stands
// first and together, since it is read from memory that nothing has touched for long.
type subscriber struct {
	refuses errcause.Cause
	ends    termcause.Cause // what its Disconnect-ACK says: terminate, or what the table of reasons has
	gone    atomic.Bool     // it is no longer in the table
	nas     *attrs.NAS      // that this session alone goes by; nil: the BNG's

	id        attrs.Identity
	terminate termcause.Cause  // the host's word on why it ended
	reason    termcause.Reason // else the table of reasons says it

	mu      sync.Mutex        // guards what follows
	service radius.Attributes // what the user gets, which a CoA-Request may change
}

// change puts the attributes of set in the place of all of their kind. Those of which set has none
// stay (RFC 5176, section 3.6, note 3).
func (s *subscriber) change(set radius.Attributes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.service = replaced(s.service, set)
}

// current is what the user gets now. It is replaced as a whole, and never written into.
func (s *subscriber) current() radius.Attributes {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.service
}

func replaced(old, set radius.Attributes) radius.Attributes {
	named := map[attrs.ID]bool{}
	for id := range attrs.IDs(set) {
		named[id] = true
	}
	kept := attrs.Filter(old, func(id attrs.ID) bool { return !named[id] })
	return append(kept[:len(kept):len(kept)], set...)
}
