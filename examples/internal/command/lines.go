// SPDX-License-Identifier: Apache-2.0

package command

import (
	"io"
	"sync"
)

// Lines is a writer for whole lines from many goroutines.
type Lines struct {
	mu sync.Mutex
	w  io.Writer
}

// NewLines returns Lines that write to w.
func NewLines(w io.Writer) *Lines { return &Lines{w: w} }

// Write writes b as one piece.
func (l *Lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
