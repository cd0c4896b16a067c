// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
)

var errWaiting = errors.New("radsec: too many connections from one address wait for a handshake")

// A gate bounds the handshakes of connections that came in. What exceeds it waits, address by
// address in turn, so that a flood from one address delays that address alone; a half of
// Config.MaxConns may wait from one. No handshake begins while those that run keep the processors
// busy, so the time of none runs out for want of a processor.
type gate struct {
	running, waiting int
	busy             int // of running, those that compute or could
	sources          map[netip.Prefix]*source
	turns            []*source // that have connections waiting, the next first
}

// A source is an address, or the 64 bits of an IPv6 network.
type source struct {
	key     netip.Prefix
	running int
	queue   []arrival
}

// An arrival is a connection whose handshake has not begun.
type arrival struct {
	a   *acceptor
	raw net.Conn
}

func sourceOf(raw net.Conn) netip.Prefix {
	a := remoteOf(raw).Addr()
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

// arrive begins the handshake of a connection, or lets it wait.
func (c *Config) arrive(a *acceptor, raw net.Conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := &c.gate
	switch s := g.sources[sourceOf(raw)]; {
	case c.incoming >= c.maxConns(), g.waiting >= c.maxConns():
		return errConns
	case s != nil && len(s.queue) >= c.maxConns()/2+c.maxConns()%2:
		return errWaiting
	}
	if g.sources == nil {
		g.sources = make(map[netip.Prefix]*source)
	}
	key := sourceOf(raw)
	s := g.sources[key]
	if s == nil {
		s = &source{key: key}
		g.sources[key] = s
	}
	s.queue = append(s.queue, arrival{a, raw})
	g.waiting++
	if len(s.queue) == 1 {
		g.turns = append(g.turns, s)
	}
	c.admit()
	return nil
}

// admit begins what handshakes may begin now.
func (c *Config) admit() {
	g, share := &c.gate, max(c.maxHandshakes()/addressShare, 1)
	for full := 0; full < len(g.turns) && g.running < c.maxHandshakes() && g.busy < cap(computing); {
		s := g.turns[0]
		g.turns = g.turns[1:]
		full++
		if s.running < share {
			one := s.queue[0]
			s.queue = s.queue[1:]
			g.waiting--
			g.running++
			g.busy++ // until its first read
			s.running++
			full = 0
			go one.a.begin(one.raw, s)
		}
		if len(s.queue) > 0 {
			g.turns = append(g.turns, s)
		}
	}
}

// compute notes that a handshake that runs has something to compute, or has not.
func (c *Config) compute(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if on {
		c.gate.busy++
		return
	}
	c.gate.busy--
	c.admit()
}

// computing is how many handshakes compute at once, in the whole program.
var computing = make(chan struct{}, runtime.GOMAXPROCS(0))

// A slotted connection computes its handshake in one of the slots of computing, and leaves it while
// it waits for the other end. It begins with none, but as one that waits for it.
type slotted struct {
	net.Conn
	cfg *Config
	in  bool
}

func (s *slotted) enter() {
	computing <- struct{}{}
	s.in = true
}

func (s *slotted) leave() {
	if s.in {
		<-computing
		s.in = false
		s.cfg.compute(false)
	}
}

func (s *slotted) again() {
	s.cfg.compute(true)
	s.enter()
}

func (s *slotted) Read(b []byte) (int, error) {
	s.leave()
	defer s.again()
	return s.Conn.Read(b)
}

func (s *slotted) Write(b []byte) (int, error) {
	s.leave()
	defer s.again()
	return s.Conn.Write(b)
}

// finished ends a handshake, however it went.
func (c *Config) finished(s *source) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gate.running--
	if s.running--; s.running == 0 && len(s.queue) == 0 {
		delete(c.gate.sources, s.key)
	}
	c.admit()
}

// dismiss takes those of a out of the gate.
func (c *Config) dismiss(a *acceptor) (gone []net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := &c.gate
	turns := g.turns[:0]
	for _, s := range g.turns {
		keep := s.queue[:0]
		for _, one := range s.queue {
			if one.a == a {
				gone = append(gone, one.raw)
				g.waiting--
			} else {
				keep = append(keep, one)
			}
		}
		if s.queue = keep; len(keep) > 0 {
			turns = append(turns, s)
		} else if s.running == 0 {
			delete(g.sources, s.key)
		}
	}
	g.turns = turns
	return gone
}
