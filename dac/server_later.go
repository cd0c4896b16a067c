// SPDX-License-Identifier: Apache-2.0

package dac

import "errors"

// A postponer is a Handler that sends requests on and has them answered later, with no goroutine that waits for each.
type postponer interface {
	Handler
	postpones(s *Server) bool
	// handleLater sends the request of j on and returns errLater, or returns what is to be answered at once. What it leaves in j.unsent is to be sent.
	handleLater(j *job) (*Response, error)
	newPostbag() postbag
}

// errLater is what becomes of a job that is answered later.
var errLater = errors.New("dac: answered later")

// An onward is a request that was sent on.
type onward interface {
	post()            // sends it, if only by itself
	giveUp(err error) // answers without what it was sent for, unless that has come
	hold()            // keeps it until drop, whatever comes
	drop()
}

// A postbag sends what is put into it together.
type postbag interface {
	add(o onward)
	flush()
}

// sendOn sends o, nil if there is nothing to send, with what else a batch sends on.
func (r *reader) sendOn(o onward, lost bool) {
	switch {
	case o == nil:
	case lost:
		o.post()
	default:
		r.onward.add(o)
	}
}

// giveUpOnward ends what was sent on and is not answered, because of err: the listener has drained.
func (l *listener) giveUpOnward(err error) {
	p := &l.st.places
	var all []onward
	p.mu.Lock()
	for j := l.jobs; j != nil; j = j.next {
		if j.asked != nil {
			j.asked.hold()
			all = append(all, j.asked)
		}
	}
	p.mu.Unlock()
	for _, o := range all {
		o.giveUp(err)
		o.drop()
	}
}
