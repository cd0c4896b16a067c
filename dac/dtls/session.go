// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
)

// A session is one peer's share of a listener's socket: the net.PacketConn below DTLS.
type session struct {
	remote netip.AddrPort
	l      *listener
	key    tuple
	origin netio.Origin

	// Guarded by listener.mu.
	proved, handshaking bool
	cookie              []byte // that the address has been sent

	mu      sync.Mutex // guards what follows
	some    sync.Cond  // on mu: there is something to read, or the end
	waits   [][]byte
	early   [][]byte // packets that overtook the end of the handshake
	up      bool     // the handshake has ended
	octets  int      // of waits and early
	expired bool     // the read deadline has passed
	ended   bool
}

func newSession(remote netip.AddrPort) *session {
	s := &session{remote: remote}
	s.some.L = &s.mu
	return s
}

// put gives a datagram to read. false: there is no room, and it is lost as on the network.
func (s *session) put(b []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.octets+len(b) > waitsMost {
		return false
	}
	s.octets += len(b)
	b = append([]byte(nil), b...)
	if !s.up && len(b) > 0 && b[0] == typeData {
		s.early = append(s.early, b) // pion/dtls would keep one and lose others
		return true
	}
	s.waits = append(s.waits, b)
	s.some.Signal()
	return true
}

// start lets packets be read: the handshake has ended.
func (s *session) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up = true
	if !s.ended {
		s.waits = append(s.waits, s.early...)
	}
	s.early = nil
	s.some.Signal()
}

// end ends reads and writes.
func (s *session) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.waits, s.early, s.octets = nil, nil, 0
	s.some.Broadcast()
}

// ReadFrom waits for a datagram. One that is longer than p is cut.
func (s *session) ReadFrom(p []byte) (int, net.Addr, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.ended:
			return 0, nil, net.ErrClosed
		case s.expired:
			return 0, nil, os.ErrDeadlineExceeded
		case len(s.waits) > 0:
			b := s.waits[0]
			s.waits[0] = nil
			if s.waits = s.waits[1:]; len(s.waits) == 0 {
				s.waits = nil
			}
			s.octets -= len(b)
			return copy(p, b), s.RemoteAddr(), nil
		}
		s.some.Wait()
	}
}

// WriteTo sends a datagram to the peer. That the system cannot send it is as if it were lost.
func (s *session) WriteTo(b []byte, _ net.Addr) (int, error) {
	s.mu.Lock()
	ended := s.ended
	s.mu.Unlock()
	if ended {
		return 0, net.ErrClosed
	}
	s.l.wrote(s, b)
	s.l.sock.Write([]netio.Outgoing{{Origin: &s.origin, Octets: b}})
	return len(b), nil
}

func (s *session) Close() error {
	s.end()
	return nil
}

func (s *session) LocalAddr() net.Addr  { return net.UDPAddrFromAddrPort(s.key.local) }
func (s *session) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(s.remote) }

// SetReadDeadline knows the two deadlines that pion/dtls sets: one that has passed, to end a read,
// and none.
func (s *session) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expired = !t.IsZero()
	s.some.Broadcast()
	return nil
}

func (s *session) SetWriteDeadline(time.Time) error { return nil } // a write does not wait
func (s *session) SetDeadline(t time.Time) error    { return s.SetReadDeadline(t) }

// A dialled is the net.PacketConn below DTLS of this end's own connection to one other end.
type dialled struct {
	net.Conn
	closed context.Context
	close  context.CancelFunc
}

func newDialled(conn net.Conn) *dialled {
	d := &dialled{Conn: conn}
	d.closed, d.close = context.WithCancel(context.Background())
	return d
}

// ReadFrom waits for a datagram. What a system reports of earlier ones, by ICMP as anybody can send
// it, ends no session.
func (d *dialled) ReadFrom(p []byte) (int, net.Addr, error) {
	wait := time.Duration(0)
	for {
		n, err := d.Conn.Read(p)
		if err == nil || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) || d.closed.Err() != nil {
			return n, d.Conn.RemoteAddr(), err
		}
		wait = min(max(2*wait, time.Millisecond), time.Second)
		pause(d.closed, wait)
	}
}

// WriteTo sends a datagram. That the system cannot send it is as if it were lost.
func (d *dialled) WriteTo(b []byte, _ net.Addr) (int, error) {
	if _, err := d.Conn.Write(b); errors.Is(err, net.ErrClosed) {
		return 0, err
	}
	return len(b), nil
}

func (d *dialled) Close() error {
	d.close()
	return d.Conn.Close()
}

// A record is a session as mux wants it: each Read and each Write is one record.
type record struct{ *dtls.Conn }

// Read reads one record. A warning, and a record that is longer than p, end no session: the first
// is nothing to RADIUS, and the second is no packet.
func (r record) Read(p []byte) (int, error) {
	for {
		n, err := r.Conn.Read(p)
		if err == nil && n > 0 {
			return n, nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, dtls.ErrConnClosed) {
			return 0, io.EOF
		}
		var lasting *dtls.FatalError
		if errors.As(err, &lasting) {
			return 0, err
		}
	}
}

// A write of UDP does not wait, and pion/dtls makes a context of each deadline.
func (r record) SetWriteDeadline(time.Time) error { return nil }
func (r record) SetReadDeadline(time.Time) error  { return nil }
func (r record) SetDeadline(time.Time) error      { return nil }
