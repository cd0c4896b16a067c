// SPDX-License-Identifier: Apache-2.0

package dac

// An exchangeQueue is those that wait for their turn, first come first served.
type exchangeQueue struct{ first, last *exchange }

func (q *exchangeQueue) push(x *exchange) {
	x.ahead = q.last
	if q.last == nil {
		q.first = x
	} else {
		q.last.behind = x
	}
	q.last = x
}

func (q *exchangeQueue) remove(x *exchange) {
	if x.ahead == nil {
		q.first = x.behind
	} else {
		x.ahead.behind = x.behind
	}
	if x.behind == nil {
		q.last = x.ahead
	} else {
		x.behind.ahead = x.ahead
	}
	x.ahead, x.behind = nil, nil
}
