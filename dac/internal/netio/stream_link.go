// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"errors"
	"io"
	"net/netip"
	"sync"
)

// A streamLink is a PacketStream as a Link. The PacketStream is a host's: it may panic, end its
// goroutine or say what cannot be, and the client's engine goes on without it.
type streamLink struct {
	PacketStream
	local netip.AddrPort
	read  [][]byte // of the last Read
	// ReadPackets was called and has not returned.
	reading bool
	once    sync.Once
	done    chan struct{}
}

// NewStreamLink makes a Link of conn, whose packets leave from local.
func NewStreamLink(conn PacketStream, local netip.AddrPort) Link {
	return &streamLink{PacketStream: conn, local: local, done: make(chan struct{})}
}

// Read reads by ReadPackets, which may panic or end the goroutine: the next Read is an error then,
// since what is left of the connection is not known.
func (l *streamLink) Read() (all [][]byte, err error) {
	if l.reading {
		return nil, errors.New("PacketConn.ReadPackets panicked, or ended its goroutine")
	}
	l.reading = true
	defer func() {
		if recover() != nil {
			all, err = l.Read()
		}
	}()
	l.read, err = l.ReadPackets(l.read[:0])
	l.reading = false
	if len(l.read) == 0 && err == nil {
		err = errors.New("PacketConn.ReadPackets returned neither a packet nor an error")
	}
	return l.read, err
}

// Write trusts no number of packets that cannot be, and makes an error where the host says none
// and fewer than all were taken.
func (l *streamLink) Write(packets [][]byte) (int, error) {
	n, err := l.WritePackets(packets)
	n = max(0, min(n, len(packets)))
	if n < len(packets) && err == nil {
		err = io.ErrShortWrite
	}
	return n, err
}

func (l *streamLink) WriteOne(b []byte) error {
	_, err := l.Write([][]byte{b})
	return err
}

func (l *streamLink) Release()              { clear(l.read) }
func (l *streamLink) Batches() bool         { return true }
func (l *streamLink) Blocks() bool          { return true } // the other end may not read
func (l *streamLink) Local() netip.AddrPort { return l.local }
func (l *streamLink) Done() <-chan struct{} { return l.done }

// Close closes once, whatever the host's Close does.
func (l *streamLink) Close() (err error) {
	l.once.Do(func() {
		close(l.done)
		defer func() { _ = recover() }()
		err = l.PacketStream.Close()
	})
	return err
}
