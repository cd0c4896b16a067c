// SPDX-License-Identifier: Apache-2.0

package dac

import "container/heap"

// A jobQueue is jobs in order.
type jobQueue struct {
	first, last *eachJob
	n           int
}

func (q *jobQueue) push(j *eachJob) {
	if q.first == nil {
		q.first = j
	} else {
		q.last.behind = j
	}
	q.last = j
	q.n++
}

// pop returns nil when there is none.
func (q *jobQueue) pop() *eachJob {
	j := q.first
	if j != nil {
		q.first, j.behind = j.behind, nil
		q.n--
	}
	return j
}

// remove takes j out of the queue, in which it is.
func (q *jobQueue) remove(j *eachJob) {
	var before *eachJob
	for at := q.first; at != j; at = at.behind {
		before = at
	}
	if before == nil {
		q.first = j.behind
	} else {
		before.behind = j.behind
	}
	if q.last == j {
		q.last = before
	}
	j.behind = nil
	q.n--
}

// A laneRing is the lanes that may send, in the order of their turns.
type laneRing struct{ first, last *lane }

func (r *laneRing) push(l *lane) {
	l.listed = true
	if r.first == nil {
		r.first = l
	} else {
		r.last.after = l
	}
	r.last = l
}

// pop returns nil when there is none.
func (r *laneRing) pop() *lane {
	l := r.first
	if l != nil {
		r.first, l.after, l.listed = l.after, nil, false
	}
	return l
}

// retries are jobs to be tried again, as a heap by their time.
type retries []*eachJob

func (r retries) Len() int           { return len(r) }
func (r retries) Less(i, k int) bool { return r[i].at < r[k].at }
func (r retries) Swap(i, k int)      { r[i], r[k] = r[k], r[i] }
func (r *retries) Push(j any)        { *r = append(*r, j.(*eachJob)) }
func (r *retries) Pop() any {
	old := *r
	j := old[len(old)-1]
	old[len(old)-1] = nil
	*r = old[:len(old)-1]
	return j
}

func (r *retries) push(j *eachJob) { heap.Push(r, j) }

// due returns a job whose time has come, or nil.
func (r *retries) due(now instant) *eachJob {
	if len(*r) == 0 || (*r)[0].at > now {
		return nil
	}
	return heap.Pop(r).(*eachJob)
}
