// SPDX-License-Identifier: Apache-2.0

// Package sockets serves the sockets that a configuration names, and follows it when it is read
// anew: what is new is opened, what goes takes nothing more and answers what it has begun, and what
// stays is not touched.
package sockets

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
)

// A Wanted is a socket that a configuration names.
type Wanted struct {
	Use  string // "accounting" for example, in the line that says where the program listens
	Addr string // as the configuration has it
	Open func(addr string) (Socket, error)
}

// A Socket is one that is open. Serve closes it, once ctx is done and what has begun is answered.
type Socket interface {
	Addr() net.Addr
	Serve(ctx context.Context) error
	Close() error
}

// A Set has the sockets of a program. The zero Set is empty. It is safe for concurrent use; do not
// copy it once used.
type Set struct {
	mu      sync.Mutex // guards what follows
	open    map[key]*served
	serving sync.WaitGroup
	failed  chan error
}

// A key is a Wanted, and which it is of several that are alike.
type key struct {
	use, addr string
	n         int
}

type served struct {
	Socket
	end context.CancelFunc
}

// keyed yields all with their keys.
func keyed(all []Wanted) func(yield func(key, Wanted) bool) {
	return func(yield func(key, Wanted) bool) {
		seen := map[key]int{}
		for _, w := range all {
			k := key{use: w.Use, addr: w.Addr}
			seen[k]++
			k.n = seen[key{use: w.Use, addr: w.Addr}]
			if !yield(k, w) {
				return
			}
		}
	}
}

// Open opens those of all that are not open yet: every one of them, or none. What it returns is for
// Start, or for Close.
func (s *Set) Open(all []Wanted) (opened *Opened, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	opened = &Opened{set: s, sockets: map[key]Socket{}}
	for k, w := range keyed(all) {
		if s.open[k] != nil {
			continue
		}
		one, err := w.Open(w.Addr)
		if err != nil {
			opened.Close()
			return nil, err
		}
		opened.sockets[k] = one
	}
	return opened, nil
}

// Opened are sockets that are open and not served yet.
type Opened struct {
	set     *Set
	sockets map[key]Socket
}

// Close closes them.
func (o *Opened) Close() {
	for _, one := range o.sockets {
		one.Close()
	}
}

// Line says where they listen, in the order of all: "listening on 192.0.2.1:3799, accounting on
// 192.0.2.1:1813".
func (o *Opened) Line(all []Wanted) string {
	var uses []string
	at := map[string][]string{}
	for k, w := range keyed(all) {
		one := o.sockets[k]
		if one == nil {
			continue
		}
		if !slices.Contains(uses, w.Use) {
			uses = append(uses, w.Use)
		}
		at[w.Use] = append(at[w.Use], one.Addr().String())
	}
	parts := make([]string, 0, len(uses))
	for _, use := range uses {
		parts = append(parts, fmt.Sprintf("%s on %s", use, strings.Join(at[use], " ")))
	}
	return strings.Join(parts, ", ")
}

// Start serves them until ctx is done, or Keep ends one of them.
func (o *Opened) Start(ctx context.Context) {
	s := o.set
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[key]*served{}
	}
	for k, one := range o.sockets {
		ctx, end := context.WithCancel(ctx)
		s.open[k] = &served{one, end}
		s.serving.Go(func() {
			defer end()
			if err := one.Serve(ctx); err != nil {
				s.fail(err)
			}
		})
	}
}

// Keep ends all sockets but those of all.
func (s *Set) Keep(all []Wanted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stays := map[key]bool{}
	for k := range keyed(all) {
		stays[k] = true
	}
	for k, one := range s.open {
		if !stays[k] {
			one.end()
			delete(s.open, k)
		}
	}
}

// Failed has the first error with which a socket ended.
func (s *Set) Failed() <-chan error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failures()
}

func (s *Set) failures() chan error {
	if s.failed == nil {
		s.failed = make(chan error, 1)
	}
	return s.failed
}

func (s *Set) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.failures() <- err:
	default:
	}
}

// Wait waits until no socket is served any more.
func (s *Set) Wait() { s.serving.Wait() }
