// SPDX-License-Identifier: Apache-2.0

// With the tag purego, hash/maphash of the standard library allocates for each hash.

//go:build !purego

package dedup

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLookupAllocatesNothing(t *testing.T) {
	w := newWorld(300*time.Second, 1<<20)
	k := w.key(1, 1)
	_, r := w.lookup(k)
	w.c.Answer(r, 42, []byte("answer"), w.now)
	buf, who := make([]byte, 0, 64), new(string)
	require.Zero(t, testing.AllocsPerRun(100, func() { w.c.Lookup(k, w.now, who, true, buf) }))
}
