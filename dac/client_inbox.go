// SPDX-License-Identifier: Apache-2.0

package dac

import "sync"

// An inbox is the replies of one read on their way through accept. It is pooled: thousands of idle sockets hold none.
type inbox struct {
	replies []reply
	ended   []*exchange // by them
	hasher  manyHasher
	sums    []summed // of replies
}

var inboxes = sync.Pool{New: func() any { return new(inbox) }}

// hashAhead hashes the replies before the first of them is checked, for the secrets of their exchanges, where they are worth it. That decides
// nothing.
func (in *inbox) hashAhead() {
	if !hashesMany || len(in.replies) < fewest {
		return
	}
	for _, r := range in.replies {
		var s summed
		if r.x != nil && len(r.packet) <= maxTogether {
			s = summed{b: r.packet, field: [len(zeros)]byte(r.x.wire[4:headerLen]), key: r.x.key}
		}
		in.sums = append(in.sums, s)
	}
	in.hasher.sums(in.sums)
	for i := range in.sums {
		if in.sums[i].b != nil {
			in.replies[i].sum = &in.sums[i]
		}
	}
}

func (in *inbox) giveBack() {
	clear(in.replies)
	clear(in.ended)
	clear(in.sums)
	in.replies, in.ended, in.sums = in.replies[:0], in.ended[:0], in.sums[:0]
	inboxes.Put(in)
}
