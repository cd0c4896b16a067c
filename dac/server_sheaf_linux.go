// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

import "os"

// A sheaf of answers. A single one is one too.
type sheaf struct{ first, n int } // of batchIO.order

// bind makes sheaves of a batch, those of one place in their order.
func (b *batchIO) bind(batch []outgoing) {
	b.sheaves, b.order = b.sheaves[:0], b.order[:0]
	var bound [readBatch]bool
	heavy := b.split && b.load.heavy()
	for i := range batch {
		if bound[i] {
			continue
		}
		first := len(b.order)
		b.order = append(b.order, i)
		if heavy && likes(batch, i) >= leastSheaf {
			for k := i + 1; k < len(batch) && len(b.order)-first < mostSheaf; k++ {
				if !bound[k] && alike(&batch[i], &batch[k]) {
					bound[k] = true
					b.order = append(b.order, k)
				}
			}
		}
		b.sheaves = append(b.sheaves, sheaf{first, len(b.order) - first})
	}
}

// likes is how many of a batch can be in one sheaf with datagram i, those before it left out.
func likes(batch []outgoing, i int) (n int) {
	if len(batch)-i < leastSheaf || len(batch[i].octets) > mostSplit {
		return 1
	}
	for k := i; k < len(batch); k++ {
		if alike(&batch[i], &batch[k]) {
			n++
		}
	}
	return n
}

func alike(a, b *outgoing) bool {
	return len(a.octets) == len(b.octets) && (a.origin == b.origin || a.remote == b.remote && a.via == b.via)
}

// refused notes an error of a datagram. A sheaf that is refused leaves one by one.
func (b *batchIO) refused(batch []outgoing, s sheaf) {
	if s.n == 1 {
		batch[b.order[s.first]].err = os.NewSyscallError("sendmmsg", b.writeErr)
		return
	}
	if cannotSplit(b.writeErr) {
		b.split = false
	}
	for _, i := range b.order[s.first : s.first+s.n] {
		batch[i].err = b.writeOne(&batch[i])
	}
}
