// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"text/tabwriter"
	"time"
)

// tlsServers are compared over TLS.
var tlsServers = []string{"minimal", "tls"}

// compareTLS compares this module over TLS with crypto/tls by hand, both with one packet a record
// and one system call for what is ready: servers, clients, connections that come at once, and
// connections that do nothing.
func (s *suite) compareTLS() error {
	s.servers = tlsServers
	for _, part := range s.parts {
		if err := tlsParts[part](s); err != nil {
			return err
		}
	}
	return nil
}

// tlsParts are what -parts names.
var tlsParts = map[string]func(*suite) error{
	"server":      func(s *suite) error { return s.headline(make(map[bool][]measure)) },
	"client":      (*suite).tlsClients,
	"connections": (*suite).connections,
}

func (s *suite) tlsClients() (err error) {
	nas, err := startNASes(1, s.stderr, "-tls")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, nas.stop()) }()
	var turns []clientTurn
	for _, name := range tlsClients {
		turns = append(turns, clientTurn{name, clientTask{NASes: nas.addrs, For: s.length}})
	}
	return s.takeTurns("clients over TLS, one connection", turns, func(t clientTurn) string { return t.client })
}

// What a run of connections has: from so many peers and source addresses so many at once, whose
// full handshakes and one request each are timed; then so many that do nothing, for a while.
const (
	tlsConns, tlsPeers   = 1000, 100
	idleConns, idlePeers = 10_000, 1000
	tlsSources           = 8
	idleFor              = 10 * time.Second
)

// connections shows what each server needs for many connections.
func (s *suite) connections() error {
	many, idle := connectTask{Conns: tlsConns, Peers: tlsPeers}, connectTask{Conns: idleConns, Peers: idlePeers, Idle: idleFor, FirstID: 7}
	if s.quick {
		many.Conns, many.Peers = tlsConns/10, tlsPeers/10
		idle.Conns, idle.Peers, idle.Idle = tlsConns/10, tlsPeers, 100*time.Millisecond
	}
	took, each := make([][]float64, len(s.servers)), make([][]float64, len(s.servers))
	for range s.rounds {
		for i, kind := range s.servers {
			t, k, err := s.connectTurn(kind, many, idle)
			if err != nil {
				return fmt.Errorf("%s: %w", serverKinds[kind].title, err)
			}
			took[i], each[i] = append(took[i], t), append(each[i], k)
		}
	}
	fmt.Fprintf(s.stdout, "\n%d connections at once from %d peers, and %d that do nothing\n", many.Conns, many.Peers, idle.Conns)
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "server\tall answered after ms\tKiB resident each, at rest\t\n")
	for i, kind := range s.servers {
		fmt.Fprintf(w, "%s\t%.0f\t%.1f\t\n", serverKinds[kind].title, median(took[i])*1000, median(each[i])/1024)
	}
	return w.Flush()
}

// connectTurn is a server from its start to its end, asked by a process of its own. It returns
// seconds, and the octets of a connection that does nothing.
func (s *suite) connectTurn(kind string, many, idle connectTask) (took, each float64, err error) {
	setup := s.setup()
	setup.kind, setup.sessions = kind, tlsConns
	one, err := setup.start(s.stderr)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, one.stop()) }()
	p, err := start(generatorCore(), s.stderr, "-role", "connector")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	many.Addr, idle.Addr = one.addr, one.addr
	var r connectResult
	if err := errors.Join(p.ask(many, &r), r.err()); err != nil {
		return 0, 0, err
	}
	took = r.Seconds
	before, err := one.report()
	if err != nil {
		return 0, 0, err
	}
	r = connectResult{}
	if err := errors.Join(p.ask(idle, &r), r.err()); err != nil {
		return 0, 0, err
	}
	after, err := one.report()
	return took, float64(after.Resident-before.Resident) / float64(idle.Conns), err
}

// A connectTask is a line of stdin of a process that connects.
type connectTask struct {
	Addr  string
	Conns int
	Peers int
	// FirstID sets the requests of two tasks apart: sessions come again after 1,000 connections, and
	// with them identifiers that differ by multiples of 8.
	FirstID int
	Idle    time.Duration // the connections stay, and what they do is nothing; 0: they are closed
}

// A connectResult is what came of it.
type connectResult struct {
	Seconds float64 // from the first dial until all have had an answer
	Err     string
}

func (r *connectResult) err() error {
	if r.Err == "" {
		return nil
	}
	return errors.New(r.Err)
}

// idle are the connections that do nothing, until this process ends: one that is collected closes.
var idle []port

// mostDials is how many connections of those that are to do nothing are begun at a time.
const mostDials = 64

// connect has each connection answer a request. Those that are to do nothing are not begun at once.
func connect(t connectTask) (r connectResult) {
	atOnce := t.Conns
	if t.Idle > 0 {
		atOnce = mostDials
	}
	configs := make([]func() (port, error), t.Conns)
	for i := range configs {
		from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%tlsSources))}
		configs[i] = func() (port, error) { return newTLSPort(t.Addr, i%t.Peers, from) }
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	free := make(chan struct{}, atOnce)
	began := time.Now()
	for i, dial := range configs {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			p, err := dial()
			if err == nil {
				err = askOnce(p, i, t.FirstID)
			}
			if err == nil && t.Idle == 0 {
				err = p.close()
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			} else if t.Idle > 0 {
				idle = append(idle, p)
			}
		})
	}
	wg.Wait()
	r.Seconds = time.Since(began).Seconds()
	if len(errs) > 0 {
		r.Err = fmt.Sprintf("%d of %d connections: %v", len(errs), t.Conns, errs[0])
	}
	time.Sleep(t.Idle)
	return r
}

// askOnce has a request of its own answered.
func askOnce(p port, n, firstID int) error {
	s := newTLSSigner()
	if err := p.send([][]byte{s.appendRequest(nil, n%tlsConns, byte(firstID+n), false, time.Now())}); err != nil {
		return err
	}
	got, err := p.receive(mostQuiet * patience)
	if err == nil && (len(got) != 1 || got[0][0] != disconnectACK) {
		err = fmt.Errorf("%d answers instead of an ACK", len(got))
	}
	return err
}
