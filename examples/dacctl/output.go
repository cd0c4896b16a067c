// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"io"
	"sync"
)

// An output is a buffered writer that is safe for concurrent use: packets are printed where they
// are seen, outcomes where they end.
type output struct {
	mu sync.Mutex
	w  *bufio.Writer
}

func newOutput(w io.Writer) *output { return &output{w: bufio.NewWriterSize(w, 64<<10)} }

// Write adds b as one piece.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(b)
}

// flush hands what was written to the system.
func (o *output) flush() error {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Flush()
}
