// SPDX-License-Identifier: Apache-2.0

package dactest

// A flight is a heap of datagrams on their way, the next to arrive first.
type flight []datagram

func (f flight) before(i, j int) bool {
	if f[i].at.Equal(f[j].at) {
		return f[i].seq < f[j].seq
	}
	return f[i].at.Before(f[j].at)
}

func (f *flight) push(d datagram) {
	*f = append(*f, d)
	h := *f
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h.before(i, parent) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

func (f *flight) pop() datagram {
	h := *f
	last := len(h) - 1
	top := h[0]
	h[0], h[last] = h[last], datagram{}
	h = h[:last]
	*f = h
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return top
		}
		if child+1 < last && h.before(child+1, child) {
			child++
		}
		if !h.before(child, i) {
			return top
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
