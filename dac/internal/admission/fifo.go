// SPDX-License-Identifier: Apache-2.0

package admission

// A fifo is a queue in a ring that grows. It keeps its room: what a flood has made it is there for
// the next one, and is bounded by Places.Max.
type fifo[T any] struct {
	ring  []T
	first int
	n     int
}

func (f *fifo[T]) len() int { return f.n }

func (f *fifo[T]) push(v T) {
	if f.n == len(f.ring) {
		ring := make([]T, max(16, 2*f.n))
		copy(ring[copy(ring, f.ring[f.first:]):], f.ring[:f.first])
		f.ring, f.first = ring, 0
	}
	f.ring[(f.first+f.n)%len(f.ring)] = v
	f.n++
}

func (f *fifo[T]) pop() (v T, ok bool) {
	if f.n == 0 {
		return v, false
	}
	var zero T
	v, f.ring[f.first] = f.ring[f.first], zero
	f.first = (f.first + 1) % len(f.ring)
	f.n--
	return v, true
}
