// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/bits"
	"time"
)

// A histogram counts durations in buckets of equal relative width, so that a run of an hour needs
// no more room than one of a second. What it says of a quantile is off by 0.4 % at most.
type histogram struct {
	counts [histogramBuckets]uint64
	n      uint64
}

const (
	histogramBits    = 7 // significant bits behind the first one
	histogramBuckets = (64 - histogramBits) << histogramBits
)

// bucketOf is the bucket of a duration; one below zero counts as zero.
func bucketOf(d time.Duration) int {
	v := uint64(max(d, 0))
	shift := max(bits.Len64(v)-histogramBits-1, 0)
	return shift<<histogramBits + int(v>>shift)
}

// middleOf is the middle of a bucket.
func middleOf(bucket int) time.Duration {
	shift := max(bucket>>histogramBits-1, 0)
	low := uint64(bucket-shift<<histogramBits) << shift
	return time.Duration(low + 1<<shift/2)
}

func (h *histogram) add(d time.Duration) {
	h.counts[bucketOf(d)]++
	h.n++
}

// quantile is the duration that a part q of all durations do not exceed; 0 where there are none.
func (h *histogram) quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	left := min(uint64(q*float64(h.n)), h.n-1)
	for bucket, n := range h.counts {
		if n > left {
			return middleOf(bucket)
		}
		left -= n
	}
	return 0
}
