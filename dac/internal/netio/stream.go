// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// A PacketStream is a connection that carries whole packets in order: a dac.PacketConn. What
// ReadPackets returns is good until the next call; WritePackets may wait for the other side.
type PacketStream interface {
	ReadPackets(into [][]byte) ([][]byte, error)
	WritePackets(packets [][]byte) (int, error)
	Close() error
}

// MaxUnsent is how many octets a Stream keeps for another side that does not read: some thousand
// answers. What comes beyond is dropped, as by a socket whose buffer is full.
const MaxUnsent = 256 << 10

// ErrUnsent is the error of what is written when so much is kept.
var ErrUnsent = errors.New("dac: the other side does not read: too many answers wait for it")

// A Stream is a Socket on one connection. Its Write keeps what is written and returns: a goroutine
// sends it, so that another side that does not read holds up no answer to others. That goroutine is
// there only while there is something to send. Close waits until that is sent, which the connection
// bounds in time; Abort does not.
//
// An error of a write is final: a part of a packet may have left, and nothing can follow it (RFC
// 6613, section 2.6.4, has the reader close).
type Stream struct {
	conn          PacketStream
	Local, Remote netip.AddrPort
	Owner         any // for the caller

	packets [][]byte // of the last ReadPackets
	next    int      // of them: to be given
	in      []Datagram
	over    atomic.Bool // nothing more is read

	mu      sync.Mutex // guards the rest
	idle    sync.Cond  // sending has become false
	unsent  packetBatch
	spare   packetBatch // of what was sent, to be used again
	sending bool        // a goroutine sends
	err     error       // why nothing is sent any more
}

// A packetBatch is packets that leave together: their octets, and where each of them ends.
type packetBatch struct {
	octets []byte
	ends   []int
}

// maxKeptRoom is how many octets of room an idle Stream keeps: a server may have thousands.
const maxKeptRoom = 4 << 10

// NewStream makes a Stream of conn.
func NewStream(conn PacketStream, local, remote netip.AddrPort) *Stream {
	s := &Stream{conn: conn, Local: local, Remote: remote}
	s.idle.L = &s.mu
	return s
}

// Read returns up to MaxBatch packets, all of one ReadPackets before those of the next.
func (s *Stream) Read() ([]Datagram, error) {
	for s.next == len(s.packets) {
		if err := s.fill(); err != nil && len(s.packets) == 0 {
			return nil, err
		}
	}
	if s.over.Load() {
		return nil, net.ErrClosed
	}
	s.in = s.in[:0]
	for ; s.next < len(s.packets) && len(s.in) < MaxBatch; s.next++ {
		s.in = append(s.in, Datagram{Origin{Socket: s, Remote: s.Remote, Local: s.Local}, s.packets[s.next]})
	}
	return s.in, nil
}

var errPanicked = errors.New("dac: the PacketConn panicked, or ended the goroutine")

// fill reads, and survives a PacketStream of the host's that panics or ends the goroutine: then
// nothing more is read. The reader calls it.
func (s *Stream) fill() (err error) {
	s.packets, s.next = s.packets[:0], 0
	if s.over.Load() {
		return net.ErrClosed
	}
	returned := false
	defer func() {
		if !returned {
			recover()
			s.packets, err = nil, errPanicked
			s.over.Store(true)
		}
	}()
	s.packets, err = s.conn.ReadPackets(s.packets)
	returned = true
	return err
}

// Write has out sent. Err is set where that can no longer be, or where MaxUnsent octets wait
// already. The octets are copied: the caller's buffer is its own again.
func (s *Stream) Write(out []Outgoing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range out {
		o := &out[i]
		if s.err == nil && len(s.unsent.octets)+len(o.Octets) > MaxUnsent {
			o.Err = ErrUnsent
			continue
		}
		if o.Err = s.err; o.Err == nil {
			s.unsent.octets = append(s.unsent.octets, o.Octets...)
			s.unsent.ends = append(s.unsent.ends, len(s.unsent.octets))
		}
	}
	// At most one goroutine sends, so that packets leave in order.
	if !s.sending && len(s.unsent.ends) > 0 {
		s.sending = true
		go s.send()
	}
}

// send sends what waits until nothing does. It is the goroutine that Write starts, and calls the
// PacketStream without the lock.
func (s *Stream) send() {
	var packets [][]byte
	for {
		out, ok := s.take()
		if !ok {
			return
		}
		packets = packets[:0]
		start := 0
		for _, end := range out.ends {
			packets = append(packets, out.octets[start:end:end])
			start = end
		}
		s.sent(out, s.write(packets))
	}
}

// write writes packets, and survives a PacketStream of the host's that panics or ends the
// goroutine. In the latter case nothing runs after the deferred function, so that notes the error
// and ends the sending by itself. A PacketStream may take a part of them at a time, but not none.
func (s *Stream) write(packets [][]byte) (err error) {
	returned := false
	defer func() {
		if !returned {
			recover()
			err = errPanicked
			s.sent(packetBatch{}, err)
			s.take()
		}
	}()
	for len(packets) > 0 && err == nil {
		var n int
		n, err = s.conn.WritePackets(packets)
		if n <= 0 && err == nil {
			err = errors.New("dac: WritePackets took nothing and gave no error")
		}
		packets = packets[min(max(n, 0), len(packets)):]
	}
	returned = true
	return err
}

// take returns what waits; false: nothing does, and the goroutine that sends ends. That is decided
// under the lock under which Write decides whether to start one.
func (s *Stream) take() (out packetBatch, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || len(s.unsent.ends) == 0 {
		s.sending, s.unsent = false, packetBatch{}
		s.idle.Broadcast()
		return out, false
	}
	// The two buffers change places: what is written meanwhile goes into the other one.
	out, s.unsent, s.spare = s.unsent, s.spare, packetBatch{}
	return out, true
}

// sent notes that out is sent, or err: the first one stands.
func (s *Stream) sent(out packetBatch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.err == nil {
		s.err = err
	}
	if cap(out.octets) <= maxKeptRoom {
		s.spare = packetBatch{out.octets[:0], out.ends[:0]}
	}
}

// Release lets the room of a batch go. A few entries stay, which most reads fill.
func (s *Stream) Release() {
	if cap(s.in) > MaxBatch/8 {
		s.in = nil
	}
}

// Batches is true: several packets leave with one system call.
func (s *Stream) Batches() bool { return true }

// Blocks is false.
func (s *Stream) Blocks() bool { return false }

// closeWait is how long Close waits for what is to be sent, which is longer than a transport lets
// the other side take.
const closeWait = 10 * time.Second

// Close closes the connection once all that was written is sent: the answers to what was executed.
func (s *Stream) Close() error {
	timer := time.AfterFunc(closeWait, s.giveUp)
	defer timer.Stop()
	s.mu.Lock()
	for s.sending {
		s.idle.Wait()
	}
	s.mu.Unlock()
	return s.Abort()
}

// giveUp ends the wait of Close. The goroutine that sends is left behind in its write, which Abort
// ends.
func (s *Stream) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = ErrUnsent
	}
	s.sending = false
	s.idle.Broadcast()
}

// Abort closes the connection at once; nothing more is read, nor what was read before.
func (s *Stream) Abort() error {
	s.over.Store(true)
	return s.conn.Close()
}
