// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"net"
	"sync"
	"time"
)

// How much one system call moves: a read what some hundred small records have, a write what waits
// of a burst.
const (
	readAhead = 16 << 10 // octets of one read from the system
	holdMost  = 64 << 10 // octets of one write
)

// pieces are the buffers for reading ahead. A connection has one only while its reads come full.
var readBuffers = sync.Pool{New: func() any { b := make([]byte, readAhead); return &b }}

// A Buffer is a net.Conn below TLS: many records are read and written with one system call each.
// Until a Conn uses it, for the handshake, it is the net.Conn that it was made of.
//
// Reads are as large as TLS wants them until one is full; then the rest is read ahead. An idle
// Buffer holds no memory but after a burst. crypto/tls calls Read from one goroutine and Write with
// a lock of its own; its alerts come from either.
type Buffer struct {
	net.Conn

	// The reader's.
	before func() // called before a read that may wait
	ahead  *[]byte
	rest   []byte // of ahead
	full   bool   // the last read was as large as it could be
	record record

	mu      sync.Mutex    // guards what follows, and the order of writes
	timeout time.Duration // of one write; 0: the deadline is the caller's
	holding bool
	held    []byte
	err     error
}

// NewBuffer returns a Buffer over conn.
func NewBuffer(conn net.Conn) *Buffer { return &Buffer{Conn: conn} }

// Use begins reading ahead, as a Conn wants it: before is called before each read that may wait,
// and a write fails that takes longer than timeout. No Read is under way.
func (b *Buffer) Use(timeout time.Duration, before func()) {
	b.before = before
	b.mu.Lock()
	defer b.mu.Unlock()
	b.timeout = timeout
}

// Read reads into p what is there, and reads ahead where more is expected. crypto/tls asks for five
// octets of a record's header at first, and for what its record lacks then, so a read that comes
// full says that more has come.
func (b *Buffer) Read(p []byte) (n int, err error) {
	if len(b.rest) == 0 {
		if b.before != nil {
			b.before()
		}
		if !b.full || len(p) >= readAhead {
			b.drop()
			n, err = b.Conn.Read(p)
			b.full = b.before != nil && n == len(p)
			b.record.read(p[:n])
			return n, err
		}
		if b.ahead == nil {
			b.ahead = readBuffers.Get().(*[]byte)
		}
		n, err = b.Conn.Read(*b.ahead)
		b.rest, b.full = (*b.ahead)[:n], n > len(p)
		if n == 0 {
			return 0, err
		}
	}
	n = copy(p, b.rest)
	b.record.read(p[:n])
	b.rest = b.rest[n:]
	return n, nil
}

// drop gives the room of reading ahead back. A connection that is idle waits in a read that needs
// none.
func (b *Buffer) drop() {
	if b.ahead != nil {
		readBuffers.Put(b.ahead)
		b.ahead, b.rest = nil, nil
	}
}

// Write writes p, or holds it back until Flush.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return 0, b.err // a part of a record may have left, so nothing can follow
	}
	if b.holding && len(b.held)+len(p) <= holdMost {
		b.held = append(b.held, p...)
		return len(p), nil
	}
	if err := b.writeHeld(); err != nil {
		return 0, err
	}
	if err := b.write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Hold makes Write hold back what is written, in the room of space. The writer of the connection
// alone calls it, and Flush after it.
func (b *Buffer) Hold(space []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.holding, b.held = true, space[:0]
}

// Flush writes what was held back, and returns the room for it. What is written from now on goes
// out at once.
func (b *Buffer) Flush() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.writeHeld()
	space := b.held
	b.holding, b.held = false, nil
	return space, err
}

// writeHeld writes what was held back. It is called with the lock held, as write is.
func (b *Buffer) writeHeld() error {
	if len(b.held) == 0 {
		return b.err
	}
	err := b.write(b.held)
	b.held = b.held[:0]
	return err
}

// write writes p at once. Each write has the whole timeout: the alerts of TLS too, whose deadline
// crypto/tls does not set.
func (b *Buffer) write(p []byte) error {
	if b.err == nil && b.timeout > 0 {
		b.err = b.Conn.SetWriteDeadline(time.Now().Add(b.timeout))
	}
	if b.err == nil {
		_, b.err = b.Conn.Write(p)
	}
	return b.err
}

// A record is how far into a TLS record what was read goes (RFC 8446, section 5.1). crypto/tls
// shows nothing of a record before its last octet, so a peer that sends half of one and then
// nothing could hold a connection for ever.
//
//	+--------+-----------------+-----------------+-----------------
//	|  type  |     version     |     length      |  length octets ...
//	+--------+-----------------+-----------------+-----------------
type record struct {
	header int // octets of it, up to 5
	length int
	rest   int // octets of the record behind its header
}

// read follows octets that were read, from the first one of the connection on.
func (r *record) read(p []byte) {
	for len(p) > 0 {
		if r.header < 5 {
			r.length = r.length<<8&0xffff | int(p[0])
			p = p[1:]
			if r.header++; r.header == 5 {
				r.rest = r.length
			}
		}
		n := min(r.rest, len(p))
		p, r.rest = p[n:], r.rest-n
		if r.header == 5 && r.rest == 0 {
			r.header = 0
		}
	}
}

// partial reports whether a record has begun and is not complete.
func (r *record) partial() bool { return r.header > 0 }
