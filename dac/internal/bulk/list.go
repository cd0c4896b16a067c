// SPDX-License-Identifier: Apache-2.0

package bulk

import "container/heap"

// links are the place of an element in a list.
type links[T any] struct {
	prev, next *T
	in         bool
}

// A list is elements in order, which carry their links in themselves: at says where. An element is
// in one list of a kind at a time, which costs no allocation and can be left from the middle.
type list[T any] struct {
	first, last *T
	n           int
	at          func(*T) *links[T]
}

func (l *list[T]) push(e *T) {
	at := l.at(e)
	at.prev, at.next, at.in = l.last, nil, true
	if l.last == nil {
		l.first = e
	} else {
		l.at(l.last).next = e
	}
	l.last = e
	l.n++
}

// remove takes e out, where it is in.
func (l *list[T]) remove(e *T) {
	at := l.at(e)
	if !at.in {
		return
	}
	if at.prev == nil {
		l.first = at.next
	} else {
		l.at(at.prev).next = at.next
	}
	if at.next == nil {
		l.last = at.prev
	} else {
		l.at(at.next).prev = at.prev
	}
	*at = links[T]{}
	l.n--
}

// pop takes the first one out, and returns nil where there is none.
func (l *list[T]) pop() *T {
	e := l.first
	if e != nil {
		l.remove(e)
	}
	return e
}

// A timerHeap is elements as a heap by their instant. Those that have changed it are put right by
// set; nothing else may change it while they are in.
type timerHeap[T any] struct {
	all   []*T
	at    func(*T) Instant
	index func(*T) *int // of the element in all, from 1; 0: it is not in it
}

func (h *timerHeap[T]) Len() int           { return len(h.all) }
func (h *timerHeap[T]) Less(i, k int) bool { return h.at(h.all[i]) < h.at(h.all[k]) }
func (h *timerHeap[T]) Swap(i, k int) {
	h.all[i], h.all[k] = h.all[k], h.all[i]
	*h.index(h.all[i]), *h.index(h.all[k]) = i+1, k+1
}

// Push and Pop are for container/heap.

func (h *timerHeap[T]) Push(e any) {
	h.all = append(h.all, e.(*T))
	*h.index(e.(*T)) = len(h.all)
}

func (h *timerHeap[T]) Pop() any {
	last := len(h.all) - 1
	e := h.all[last]
	h.all[last] = nil
	h.all = h.all[:last]
	*h.index(e) = 0
	return e
}

// set puts e where its instant, which may have changed, belongs.
func (h *timerHeap[T]) set(e *T) {
	if at := *h.index(e); at > 0 {
		heap.Fix(h, at-1)
	} else {
		heap.Push(h, e)
	}
}

// due takes out an element whose instant has come, and returns nil where there is none.
func (h *timerHeap[T]) due(now Instant) *T {
	if h.first() > now {
		return nil
	}
	return heap.Pop(h).(*T)
}

// first is the earliest instant, or never.
func (h *timerHeap[T]) first() Instant {
	if len(h.all) == 0 {
		return never
	}
	return h.at(h.all[0])
}

func (h *timerHeap[T]) remove(e *T) {
	if at := *h.index(e); at > 0 {
		heap.Remove(h, at-1)
	}
}
