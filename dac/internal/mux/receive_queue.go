// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"sync"
	"time"
)

// roomWait is how long the reader of a connection waits for one View that does not read: longer
// than a Server, which hands its read loop over after 2 ms, and too short to hurt others.
const roomWait = 100 * time.Millisecond

// A receiveQueue holds the packets for one View until that reads them. The reader of the connection
// puts them in, the reader of the View takes them out: one goroutine each, and packets are copied
// once, since the buffer of the connection is used again at once.
type receiveQueue struct {
	wake chan struct{} // there is something to read, or the end
	room chan struct{} // it was read

	mu      sync.Mutex // guards what follows
	octets  []byte
	ends    []int // of each packet in octets
	limit   int   // octets; one packet always fits
	stalled bool  // it was full for roomWait, and nothing was read since
	idle    bool  // the reader of the View has nothing in its hands
	err     error // of reads, once there is nothing left

	// The reader of the View's, in its hands until the next read.
	readOctets []byte
	readEnds   []int
}

// newReceiveQueue makes a receiveQueue of limit octets, without any room yet.
func newReceiveQueue(most int) *receiveQueue {
	return &receiveQueue{wake: make(chan struct{}, 1), room: make(chan struct{}, 1), limit: most}
}

// put appends a copy of packet p; false: there is no room. It is called by the reader of the
// connection, which all other Views wait for meanwhile. A Server takes what has come within a tick
// of its own, so one wait is what a burst needs; a View whose reader hangs costs the connection no
// second one, since it is stalled until it reads.
func (in *receiveQueue) put(p []byte, done <-chan struct{}) bool {
	if in.add(p) {
		return true
	}
	in.notify()
	var late <-chan time.Time
	for !in.isStalled() {
		if late == nil {
			t := time.NewTimer(roomWait)
			defer t.Stop()
			late = t.C
		}
		select {
		case <-in.room: // it may be of an earlier read
		case <-done:
			return false
		case <-late:
			in.mu.Lock()
			in.stalled = len(in.ends) > 0
			in.mu.Unlock()
		}
		if in.add(p) {
			return true
		}
	}
	return false
}

// add appends a copy of packet p where there is room.
func (in *receiveQueue) add(p []byte) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err != nil || len(in.ends) > 0 && len(in.octets)+len(p) > in.limit {
		return false
	}
	in.octets = append(in.octets, p...)
	in.ends = append(in.ends, len(in.octets))
	return true
}

// isStalled reports whether to wait for room is in vain.
func (in *receiveQueue) isStalled() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.stalled || in.err != nil
}

// notify wakes the reader of the View.
func (in *receiveQueue) notify() { signal(in.wake) }

// signal wakes who waits for c, now or later. c has room for one signal.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// end makes reads return err once everything is read: a Client that closes takes the answers that
// have come. The first err stands. It may be called by any goroutine.
func (in *receiveQueue) end(err error) {
	in.mu.Lock()
	if in.err == nil {
		in.err = err
	}
	in.mu.Unlock()
	in.notify()
}

// read waits for packets and appends them to into. They are good until the next read.
func (in *receiveQueue) read(into [][]byte) ([][]byte, error) {
	into = into[:0]
	for {
		if all, err := in.take(into); len(all) > 0 || err != nil {
			return all, err
		}
		<-in.wake
	}
}

// take swaps the room that is full with the one that was read. Both keep their size, so that a View
// which is read steadily allocates nothing.
func (in *receiveQueue) take(into [][]byte) ([][]byte, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.stalled = false
	if len(in.ends) == 0 {
		in.idle = true
		if in.err != nil {
			in.notify() // for a reader that comes later
		}
		return into, in.err
	}
	in.idle = false
	in.octets, in.readOctets = in.readOctets[:0], in.octets
	in.ends, in.readEnds = in.readEnds[:0], in.ends
	signal(in.room)
	start := 0
	for _, end := range in.readEnds {
		into = append(into, in.readOctets[start:end:end])
		start = end
	}
	return into, nil
}

// trim lets go of what a receiveQueue that is idle need not hold. The timer of the connection calls
// it; what the reader of the View still has in its hands stays.
func (in *receiveQueue) trim() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.idle && len(in.ends) == 0 {
		in.octets, in.ends, in.readOctets, in.readEnds = nil, nil, nil, nil
	}
}
