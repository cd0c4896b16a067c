// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"errors"
	"fmt"
	"slices"
)

// mostRuns bounds the memory for the Tokens that one other end has used: one that draws them at
// random would have a run of each.
const mostRuns = 64

// errToken ends a connection: which of the two requests an answer is for could not be told.
var errToken = errors.New("a Token was used twice")

// A tokens knows the Tokens of the requests that came, to find one that is used twice: no packet is
// sent twice over TLS, so such a one answers for two requests (RFC 9765, section 4.2.2). Senders
// count, so few runs hold all of them; of one who does not, the latest runs are known.
type tokens struct {
	runs []run // the one that grew latest at the end
}

// A run is the Tokens from first on, n of them, around zero too.
type run struct{ first, n uint32 }

// has reports whether t is in r. It counts modulo 2^32, as the sender does.
func (r run) has(t uint32) bool { return t-r.first < r.n }

// use notes t, or says that it was used. The reader of the connection alone calls it. The run that
// grows is the last one of nearly every sender, so the loops end at once.
func (x *tokens) use(t uint32) error {
	for _, r := range x.runs {
		if r.has(t) {
			return fmt.Errorf("%w: %d", errToken, t)
		}
	}
	for i := len(x.runs) - 1; i >= 0; i-- {
		r := &x.runs[i]
		switch {
		case t == r.first+r.n:
			r.n++
		case t == r.first-1:
			r.first, r.n = t, r.n+1
		default:
			continue
		}
		if len(x.runs) > 1 {
			x.join(i)
		}
		return nil
	}
	if len(x.runs) == mostRuns {
		x.runs = slices.Delete(x.runs, 0, 1)
	}
	x.runs = append(x.runs, run{t, 1})
	return nil
}

// join puts run i at the end, in one with a run that it has grown up to.
func (x *tokens) join(i int) {
	r := x.runs[i]
	x.runs = slices.Delete(x.runs, i, i+1)
	for j, other := range x.runs {
		switch {
		case r.first+r.n == other.first:
			r.n += other.n
		case other.first+other.n == r.first:
			r.first, r.n = other.first, other.n+r.n
		default:
			continue
		}
		x.runs = slices.Delete(x.runs, j, j+1)
		break
	}
	x.runs = append(x.runs, r)
}
