// SPDX-License-Identifier: Apache-2.0

// Package coalesce has goroutines that send at about the same time do so with one system call.
//
// Those whom a batch of packets woke, or the same tick of the clock, go on one right after another:
// handlers that waited for another system, calls that have their answers and ask again. The first
// of them to send lets the others run and then sends for all, unless a batch was full before. There
// is no timer: one that is alone sends at once after it has given its turn on the processor away.
//
// Both halves use it: package serve for answers, package exchange for requests. What a batch is and
// how it is sent is theirs. It must never hold its lock while anything is sent.
package coalesce

import (
	"runtime"
	"sync"
)

// Min is how many others have to be about, waiting or in flight, before it is worth it to wait for
// them. Below it a goroutine would most likely find itself alone, and have given its turn on the
// processor away for nothing.
const Min = 8

// A Batch is what leaves together. One goroutine at a time uses it.
type Batch[T any] interface {
	// Add takes x in and reports whether it was the last that has room.
	Add(x T) (full bool)
	// Send sends all, and gives the batch back to where it came from.
	Send()
}

// A Coalescer is one batch after another of what leaves by one socket. It is safe for concurrent
// use. One with New is ready.
type Coalescer[T any] struct {
	New func() Batch[T] // an empty one

	mu      sync.Mutex
	waiting Batch[T] // nil: none
}

// Post sends x, or has it sent with others. Where it returns x may not have left yet: then another
// goroutine is about to send it.
func (c *Coalescer[T]) Post(x T) {
	switch first, full := c.add(x); {
	case full != nil:
		full.Send()
	case first:
		runtime.Gosched() // those that are awake come too
		c.Send()
	}
}

// Put has x sent with others: when the batch is full, or by the next Send.
func (c *Coalescer[T]) Put(x T) {
	if _, full := c.add(x); full != nil {
		full.Send()
	}
}

// Send sends what waits. A goroutine that finds nothing was too late: another one has its packet in
// hand and sends it.
func (c *Coalescer[T]) Send() {
	if b := c.take(); b != nil {
		b.Send()
	}
}

// add reports whether x is the first that waits, and returns the batch that x was the last for: it
// waits no longer, so that no other goroutine adds to it before it is sent.
func (c *Coalescer[T]) add(x T) (first bool, full Batch[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if first = c.waiting == nil; first {
		c.waiting = c.New()
	}
	if c.waiting.Add(x) {
		full, c.waiting = c.waiting, nil
	}
	return first, full
}

func (c *Coalescer[T]) take() Batch[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.waiting
	c.waiting = nil
	return b
}
