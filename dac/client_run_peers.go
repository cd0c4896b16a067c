// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"time"
)

// peerAge is how long a lane takes what Peers said for granted.
const peerAge = time.Second

// mostAsking is how many NASes Peers are asked for at a time.
const mostAsking = 256

// knows reports whether the lane has a Peer.
func (l *lane) knows(now instant) bool { return l.known.Secret != "" && now < l.knownAt+peerAge }

// ask asks Peers for the NAS of l, which may take as long as it likes: others go on. It is called with the lock held, by one of those whom stop
// waits for.
func (r *eachRun) ask(l *lane) {
	if r.asking >= mostAsking {
		r.unasked.push(l)
		return
	}
	l.asking = true
	r.asking++
	r.sender.Go(func() {
		p, err := Peer{}, errPeersGone
		defer func() { r.asked(l, p, err) }()
		p, err = r.client.lookUp(r.ctx, l.nas)
	})
}

var errPeersGone = errors.New("dac: nothing sent: Client.Peers ended its goroutine: have it return an error, and call nothing that ends one, like runtime.Goexit or FailNow of a test")

// asked takes the answer. An error is one for all jobs that wait for it.
func (r *eachRun) asked(l *lane, p Peer, err error) {
	now := r.core.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	l.asking = false
	r.asking--
	if err == nil {
		l.known, l.knownAt = p, now
	}
	for err != nil && l.queue.n > 0 {
		r.fail(l, err)
	}
	r.settle(l)
	r.refresh(l, now)
	if !r.full() {
		r.wakePuller()
	}
	if next := r.unasked.pop(); next != nil && r.stopped == nil {
		r.ask(next)
	}
}
