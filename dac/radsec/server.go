// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
	"layeh.com/radius"
)

// A Server is the RADIUS server to which NASes connect, and by which a dac.Client sends
// Disconnect- and CoA-Requests down the connections that they opened
// (draft-ietf-radext-reverse-coa):
//
//	peers := dac.CertPeers{"*.nas.example.net": {ReverseCoA: true}}
//	hub := &radsec.Server{Config: radsec.TLS(cfg), Peers: peers, Handler: h}
//	go hub.ListenAndServe(ctx)
//	client := &dac.Client{Peers: hub}
//	_, err := client.Disconnect(ctx, hub.NAS("bng-1.nas.example.net"), attrs.UserName.Of("bob"))
//
// It is the Peers and the Transport of such Clients, whose addresses of NASes are handles that NAS
// gives out, and a Router for a dac.Proxy. Several connections of one NAS share the load and stand
// in for each other. A NAS that has none open is dac.ErrUnreachable, 502 at a Proxy; one whose
// Peer.ReverseCoA is false gets nothing. Its methods may be called concurrently; the fields are not
// to be changed in use.
type Server struct {
	Config *Config
	Addr   string // of ListenAndServe: a host and a port; "" is every address at Port
	// Peers says which NASes may connect; see dac.CertPeers.
	Peers dac.IdentityPeers
	// Handler gets the Access- and Accounting-Requests of the NASes, each in a goroutine of its
	// own; InfoFrom tells it which NAS one is of. Packets are as in RADIUS/1.0, with the secret
	// "radsec", whatever version the connection has. nil: such requests get a Protocol-Error (406).
	Handler radius.Handler

	mu    sync.Mutex // guards what follows
	nases map[string]*nas
	names map[netip.Addr]string // of handles
	named map[string]*nas       // by what one NAS alone may say of itself
}

// A nas is what a Server knows of one NAS. Its fields are guarded by Server.mu.
type nas struct {
	name  string
	peer  dac.Peer
	known bool // has been connected
	conns []*nasConn
	seen  time.Time
	says  map[string]bool // NAS-Identifier, addresses, Operator-NAS-Identifier
}

type nasConn struct {
	conn *Conn
	uses int
}

// Check says what is wrong with the configuration. Clients that have s for Peers ask it too.
func (s *Server) Check() error {
	if s == nil {
		return errors.New("radsec: Server is nil")
	}
	err := s.Config.check(false)
	if s.Peers == nil {
		return errors.Join(err, errors.New("radsec: Server.Peers is nil: say which NASes may connect, with dac.CertPeers for example"))
	}
	return errors.Join(err, (&dac.Server{Peers: s.Peers, Handler: dac.HandlerFunc(nothing)}).Check())
}

func nothing(context.Context, *dac.Request) (*dac.Response, error) { return nil, dac.ErrDiscard }

// ListenAndServe takes connections at Addr until ctx is done, and returns nil when they are closed.
func (s *Server) ListenAndServe(ctx context.Context) error {
	if err := s.Check(); err != nil {
		return err
	}
	ln, err := listen(ctx, s.Addr)
	if err != nil {
		return err
	}
	return s.Serve(ctx, ln)
}

// Serve is ListenAndServe on a listener, which it closes.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	if err := s.Check(); err != nil {
		ln.Close()
		return err
	}
	a := &acceptor{cfg: s.Config, peers: s.Peers, serve: s.attend, adjust: func(p *party, o *mux.Options) {
		if s.Handler != nil {
			o.Handler = s.handler(p.found.id.Name)
		}
	}}
	return a.run(ctx, ln)
}

// attend has a connection among those of its NAS until it ends or ctx is done.
func (s *Server) attend(ctx context.Context, t *tracked) error {
	one := &nasConn{conn: t.conn}
	n := s.join(t.party.found, one)
	defer s.part(n, one)
	select {
	case <-ctx.Done():
	case <-t.conn.Done():
	}
	return t.conn.Err()
}

func (s *Server) join(found verdict, one *nasConn) *nas {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.nas(found.id.Name)
	n.peer, n.known, n.seen = found.peer, true, time.Now()
	n.conns = append(n.conns, one)
	return n
}

func (s *Server) part(n *nas, one *nasConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n.seen = time.Now()
	n.conns = slices.DeleteFunc(n.conns, func(c *nasConn) bool { return c == one })
}

// nas is the entry for name. It is called with the lock held.
func (s *Server) nas(name string) *nas {
	name = strings.ToLower(name)
	n := s.nases[name]
	if n == nil {
		if s.nases == nil {
			s.nases, s.names = make(map[string]*nas), make(map[netip.Addr]string)
		}
		n = &nas{name: name}
		s.nases[name] = n
		s.names[s.free(name)] = name
	}
	return n
}

// Peer returns the NAS whose handle addr is.
func (s *Server) Peer(_ context.Context, addr netip.AddrPort) (dac.Peer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, ok := s.names[addr.Addr()]
	if !ok {
		return dac.Peer{}, dac.ErrUnknownPeer
	}
	n := s.nases[name]
	if n.known && !n.peer.ReverseCoA {
		return dac.Peer{}, notReverse(name)
	}
	p := n.peer
	p.Name, p.Via, p.ReverseCoA = cmp.Or(p.Name, name), s, true
	return p, nil
}

// Open returns a use of a connection of the NAS whose handle nas is: of those that have identifiers
// free the one with the fewest uses.
func (s *Server) Open(_ context.Context, nas netip.AddrPort, _ dac.Peer) (dac.PacketConn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, ok := s.names[nas.Addr()]
	if !ok {
		return nil, dac.ErrUnknownPeer
	}
	n := s.nases[name]
	var best *nasConn
	for _, full := range []bool{false, true} {
		for _, one := range n.conns {
			if one.conn.Err() == nil && (full || hasFree(one.conn)) && (best == nil || one.uses < best.uses) {
				best = one
			}
		}
		if best != nil {
			break
		}
	}
	switch {
	case n.known && !n.peer.ReverseCoA:
		return nil, notReverse(name)
	case best == nil:
		return nil, &notConnected{name}
	}
	best.uses++
	return &pooledUse{best.conn.m.View(), sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		best.uses--
	})}, nil
}

// A NASState is a NAS that is or was connected to a Server.
type NASState struct {
	Name   string
	Handle netip.AddrPort
	Conns  []*Conn // that are open
}

// NASes returns the NASes that are or were connected, by name.
func (s *Server) NASes() []NASState {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []NASState
	for addr, name := range s.names {
		n := s.nases[name]
		if !n.known {
			continue
		}
		one := NASState{Name: name, Handle: netip.AddrPortFrom(addr, Port)}
		for _, c := range n.conns {
			one.Conns = append(one.Conns, c.conn)
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b NASState) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// A notConnected is a NAS that has no connection open.
type notConnected struct{ name string }

func (e *notConnected) Error() string {
	return fmt.Sprintf("radsec: the NAS %q has no connection open: %v", e.name, dac.ErrUnreachable)
}

func (e *notConnected) Unwrap() error { return dac.ErrUnreachable }

// Hint is asked for by dac.Hint.
func (e *notConnected) Hint() string {
	return "the NAS has to connect: look at whether it is up, at its log, and at Config.Logger of the radsec.Server"
}
