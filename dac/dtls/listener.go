// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
)

const (
	longest   = 8 << 10  // octets of a datagram: one record of 4,096 and its overhead, or several
	waitsMost = 64 << 10 // octets that wait for one session to read them
)

// A listener gives the datagrams of one socket to sessions, by their addresses and ports (RFC 7360,
// section 5.1), and makes a session of a ClientHello.
type listener struct {
	cfg   *Config
	sock  netio.Socket
	begin func(*session) // called in a goroutine of its own

	mu       sync.Mutex // guards what follows
	sessions map[tuple]*session
	unproved []*session // that have not shown their cookie yet, the oldest first
	byPrefix map[netip.Prefix]int
	proved   int // handshakes that have, and are under way; byPrefix has them too
	closed   bool
	work     sync.WaitGroup
}

// A tuple is what tells sessions apart.
type tuple struct{ remote, local netip.AddrPort }

// prefixOf is the address of a source, or the 64 bits of an IPv6 network.
func prefixOf(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

func newListener(cfg *Config, pc net.PacketConn, begin func(*session)) *listener {
	netio.Enlarge(pc)
	return &listener{
		cfg: cfg, sock: netio.NewLongSocket(pc, longest), begin: begin,
		sessions: make(map[tuple]*session), byPrefix: make(map[netip.Prefix]int),
	}
}

// read reads until ctx is done, or the socket fails for good.
func (l *listener) read(ctx context.Context) error {
	wait := time.Duration(0)
	for {
		got, err := l.sock.Read()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("dtls: the socket was closed: %w", err)
		case errors.Is(err, os.ErrDeadlineExceeded):
			continue
		case err != nil: // of one datagram, or of a system that has not enough of something
			wait = min(max(2*wait, time.Millisecond), time.Second)
			l.cfg.log().Warn("dtls: read failed; it is tried again", "err", err, "wait", wait)
			pause(ctx, wait)
			continue
		}
		wait = 0
		for i := range got {
			l.take(&got[i])
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// take gives a datagram to its session. What is of none and no ClientHello is dropped.
func (l *listener) take(d *netio.Datagram) {
	key := tuple{netio.Unmap(d.Remote), netio.Unmap(d.Local)}
	l.mu.Lock()
	s := l.sessions[key]
	if s == nil {
		if cookie, kind, ok := cookieOf(d.Octets); !ok || kind != messageClientHello || len(cookie) > 0 || l.closed {
			l.mu.Unlock()
			l.cfg.add(&l.cfg.dropped)
			return
		}
		s = l.lockedNew(key, d)
	} else if !s.proved && !l.lockedProve(s, d.Octets) {
		l.mu.Unlock()
		l.cfg.add(&l.cfg.dropped)
		return
	}
	l.mu.Unlock()
	if !s.put(d.Octets) {
		l.cfg.add(&l.cfg.dropped)
	}
}

// lockedNew makes a session, in the place of the oldest that has not proved its address where there
// are too many of those.
func (l *listener) lockedNew(key tuple, d *netio.Datagram) *session {
	if len(l.unproved) >= l.cfg.maxHandshakes() {
		oldest := l.unproved[0]
		oldest.end()
		l.lockedForget(oldest)
		l.cfg.add(&l.cfg.displaced)
	}
	s := newSession(key.remote)
	s.l, s.key, s.origin = l, key, d.Origin
	l.sessions[key] = s
	l.unproved = append(l.unproved, s)
	l.work.Go(func() {
		defer l.forget(s)
		l.begin(s)
	})
	return s
}

// lockedProve looks at what comes to a session that has not proved its address, and reports whether
// it is to be read: a ClientHello again, or one with the cookie, for which there is a place.
func (l *listener) lockedProve(s *session, b []byte) bool {
	cookie, kind, ok := cookieOf(b)
	switch {
	case !ok || kind != messageClientHello:
		return false
	case len(cookie) == 0:
		return true
	case s.cookie == nil || !bytes.Equal(cookie, s.cookie):
		return false
	}
	prefix, most := prefixOf(s.key.remote.Addr()), l.cfg.maxHandshakes()
	if l.proved >= most || l.byPrefix[prefix] >= max(most/addressShare, 1) {
		l.cfg.refuse(s.key.remote, errHandshakes) // the client sends it again
		return false
	}
	s.proved = true
	l.proved++
	l.byPrefix[prefix]++
	s.handshaking = true
	l.unproved = slices.DeleteFunc(l.unproved, func(one *session) bool { return one == s })
	return true
}

// done gives back the place of a handshake.
func (l *listener) done(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lockedDone(s)
}

func (l *listener) lockedDone(s *session) {
	if !s.handshaking {
		return
	}
	s.handshaking = false
	l.proved--
	prefix := prefixOf(s.key.remote.Addr())
	if l.byPrefix[prefix]--; l.byPrefix[prefix] == 0 {
		delete(l.byPrefix, prefix)
	}
}

// forget lets a session go, which has ended. Another handshake from its address may begin.
func (l *listener) forget(s *session) {
	s.end()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lockedForget(s)
}

func (l *listener) lockedForget(s *session) {
	l.lockedDone(s)
	if l.sessions[s.key] == s {
		delete(l.sessions, s.key)
	}
	l.unproved = slices.DeleteFunc(l.unproved, func(one *session) bool { return one == s })
}

// close takes no new session.
func (l *listener) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// wrote looks at what a session sends while its address is not proved: the cookie.
func (l *listener) wrote(s *session, b []byte) {
	cookie, kind, ok := cookieOf(b)
	if !ok || kind != messageHelloVerify {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.cookie = bytes.Clone(cookie)
}
