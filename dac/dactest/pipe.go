// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
)

// Pipe returns the two ends of a reliable connection in memory that carries whole packets, as
// package radsec does over TLS, without a handshake: a and b say what each end knows of the other.
// Identity is what dac.Server.ServePackets asks Peers about; a zero Transport is "tls", and an
// empty Secret "radsec" where Version is dac.RADIUS10. It waits with packages sync and time only,
// so a testing/synctest bubble can hold both ends.
func Pipe(a, b dac.ConnInfo) (*PipeConn, *PipeConn) {
	one, other := newPipeConn(a), newPipeConn(b)
	one.other, other.other = other, one
	return one, other
}

// A PipeConn is one end of a Pipe: a dac.PacketConn.
type PipeConn struct {
	info  dac.ConnInfo
	other *PipeConn
	in    chan []byte

	once sync.Once
	done chan struct{} // closed by Close
	mu   sync.Mutex    // guards err
	err  error
}

const (
	pipePackets = 64              // that an end holds until they are read
	pipeTimeout = 5 * time.Second // for which a Write waits for the other end
)

func newPipeConn(info dac.ConnInfo) *PipeConn {
	if info.Transport == "" {
		info.Transport = "tls"
	}
	if info.Secret == "" && info.Version == dac.RADIUS10 {
		info.Secret = "radsec"
	}
	info.Reliable = true
	return &PipeConn{info: info, in: make(chan []byte, pipePackets), done: make(chan struct{})}
}

// ReadPackets returns what the other end has written; once all was read io.EOF where that has
// closed, and net.ErrClosed after Close.
func (c *PipeConn) ReadPackets(into [][]byte) ([][]byte, error) {
	into = into[:0]
	select {
	case b := <-c.in:
		into = append(into, b)
	case <-c.done:
	case <-c.other.done:
	}
	for {
		select {
		case b := <-c.in:
			into = append(into, b)
			continue
		default:
		}
		switch {
		case len(into) > 0:
			return into, nil
		case c.isClosed():
			return into, net.ErrClosed
		}
		return into, io.EOF
	}
}

func (c *PipeConn) isClosed() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// WritePackets sends copies of packets to the other end. Where that does not read for five seconds,
// both ends are closed and the error is os.ErrDeadlineExceeded.
func (c *PipeConn) WritePackets(packets [][]byte) (int, error) {
	timer := time.NewTimer(pipeTimeout)
	defer timer.Stop()
	for n, b := range packets {
		select {
		case <-c.done:
			return n, net.ErrClosed
		case <-c.other.done:
			return n, io.ErrClosedPipe
		default:
		}
		select {
		case c.other.in <- slices.Clone(b):
		case <-c.done:
			return n, net.ErrClosed
		case <-c.other.done:
			return n, io.ErrClosedPipe
		case <-timer.C:
			c.Close()
			c.other.Close()
			return n, os.ErrDeadlineExceeded
		}
	}
	return len(packets), nil
}

// Info returns what Pipe was given.
func (c *PipeConn) Info() *dac.ConnInfo { return &c.info }

// Close closes this end; the other one reads io.EOF.
func (c *PipeConn) Close() error {
	c.once.Do(func() { close(c.done) })
	return nil
}

// Break notes err and closes this end.
func (c *PipeConn) Break(err error) {
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
	c.Close()
}

// Err is what Break was called with; nil: it was not.
func (c *PipeConn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
