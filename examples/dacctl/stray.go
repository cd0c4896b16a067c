// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// Strays are answers that came from another address or port than the one that was asked. A Client
// takes none of them (anybody could send them), but they say why a NAS seems silent. Safe for
// concurrent use.
type strays struct {
	mu      sync.Mutex // guards what follows
	sockets []net.PacketConn
	seen    map[netip.AddrPort]netip.AddrPort // by NAS, the first one
	closed  bool
	conns   []net.Conn // to the NASes
	ended   bool       // nothing is to leave any more
	wg      sync.WaitGroup
}

func (s *strays) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets) >= mostStrays
}

// keep dials, and has the connection for cut.
func (s *strays) keep(dial func(context.Context, netip.AddrPort) (net.Conn, error)) func(context.Context, netip.AddrPort) (net.Conn, error) {
	return func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
		conn, err := dial(ctx, nas)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.ended {
			return nil, errors.Join(net.ErrClosed, conn.Close())
		}
		s.conns = append(s.conns, conn)
		return conn, nil
	}
}

// cut closes all connections, so that what is about to be written does not leave.
func (s *strays) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for _, conn := range s.conns {
		conn.Close()
	}
}

// watch reads pc until close; false: it is too late or there are too many.
func (s *strays) watch(pc net.PacketConn, nas netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.sockets) >= mostStrays {
		return false
	}
	s.sockets = append(s.sockets, pc)
	s.wg.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			if addr, ok := from.(*net.UDPAddr); ok && isAnswer(buf[:n]) {
				s.note(nas, addr.AddrPort())
			}
		}
	})
	return true
}

// isAnswer tells a datagram that may be an answer to a CoA-Request or Disconnect-Request.
func isAnswer(b []byte) bool {
	return len(b) >= 20 && (b[0] == 41 || b[0] == 42 || b[0] == 44 || b[0] == 45)
}

func (s *strays) note(nas, from netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[netip.AddrPort]netip.AddrPort{}
	}
	if _, had := s.seen[nas]; !had {
		s.seen[nas] = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	}
}

// cause names the stray answer of a NAS that seems silent, "" where none came.
func (s *strays) cause(nas netip.AddrPort) string {
	if s == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.seen[nas]
	if !ok {
		return ""
	}
	what := "address"
	if from.Addr() == nas.Addr() {
		what = "port"
	}
	return fmt.Sprintf("; an answer came from %v, another %s than the one that was asked, and was not taken: a NAT, VRRP or a firewall between, or a NAS that answers from another %s of its own (try that one)", from, what, what)
}

func (s *strays) close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.closed = true
	for _, pc := range s.sockets {
		pc.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}
