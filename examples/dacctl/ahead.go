// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/dac"
)

// An ahead bounds how many requests are made and have no outcome yet, where a Client would draw
// some thousands. Where all go to one NAS, no request is sent sooner for being drawn early, and what
// was made so long ago is in no cache of the processor any more. A nil ahead has no bound.
type ahead struct {
	most  int64           // requests without an outcome: the next one waits
	again int64           // so many are left when it goes on: one sleep is for many requests
	over  <-chan struct{} // nothing is sent any more

	out   atomic.Int64  // requests without an outcome
	waits atomic.Bool   // the next one waits, and wants to be woken
	wake  chan struct{} // has room for one
}

// newAhead returns the ahead of one Client.
func (s *sender) newAhead(ctx context.Context) *ahead {
	a := &ahead{over: ctx.Done(), wake: make(chan struct{}, 1)}
	if s.plan == nil || len(s.plan.targets) != 1 || len(s.nases.all) != 0 {
		return nil
	}
	if s.results != nil { // a run that is killed leaves in doubt what was answered, and not written down yet
		a.most = 2 * int64(s.parallel)
		a.again = a.most
		return a
	}
	a.most = 2*int64(s.parallel) + 256
	a.again = a.most / 2 // which are more than may be in flight
	return a
}

// through yields jobs while the bound allows.
func (a *ahead) through(jobs iter.Seq[dac.Job]) iter.Seq[dac.Job] {
	if a == nil {
		return jobs
	}
	return func(yield func(dac.Job) bool) {
		for j := range jobs {
			full := a.out.Add(1) > a.most
			if !yield(j) || full && !a.wait() {
				return
			}
		}
	}
}

// wait waits for outcomes, and reports false where nothing is sent any more. It is called before
// the next request is written down.
func (a *ahead) wait() bool {
	for a.out.Load() > a.most {
		a.waits.Store(true)
		if a.out.Load() <= a.most { // done has not seen it
			break
		}
		select {
		case <-a.wake:
		case <-a.over:
			return false
		}
	}
	return true
}

// done is told of an outcome. It never waits: the run may have ended.
func (a *ahead) done() {
	if a == nil || a.out.Add(-1) > a.again || !a.waits.Load() || !a.waits.Swap(false) {
		return
	}
	select {
	case a.wake <- struct{}{}:
	default:
	}
}
