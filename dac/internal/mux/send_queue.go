// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// mostRecord is how many octets of plain text one TLS record holds (RFC 8446, section 5.1). A
// longer packet, which RFC 7930 allows, takes several.
const mostRecord = 16 << 10

// One packet is one TLS record, never split and never two in one, but where the other end is known
// to read several: FreeRADIUS 3.2 takes the first packet of a record and loses the others, or
// closes.

// A sendQueue gathers the packets of all senders. A sender that finds no write under way writes
// what waits; a goroutine writes what has come meanwhile, so that no sender writes for others for
// long.
type sendQueue struct {
	stream   net.Conn
	below    *Buffer
	limit    int // octets
	coalesce bool
	timeout  time.Duration // of one write, where there is no Buffer
	failed   func(error)   // is told of an error of a write, after which no packet can follow
	records  atomic.Int64

	mu      sync.Mutex // guards what follows
	octets  []byte
	ends    []int
	writing bool
	closed  error // nothing is taken any more
	// room is closed when something was taken out, or at the end; nil: nothing waits for it.
	room chan struct{}

	// The writer's.
	writeOctets []byte
	writeEnds   []int
	space       []byte // for the Buffer
}

// errFull ends a connection whose other end makes us answer and does not read the answers.
var errFull = errors.New("too much waits to be written")

// send takes packets, in order, and returns how many. It waits for room, or fails with errFull
// where wait is false, as for the reader of the connection: were that to wait, two ends that answer
// each other could both stop reading for ever.
func (q *sendQueue) send(packets [][]byte, wait bool) (n int, err error) {
	// Each turn adds what has room. The last packet is in when the writer is known to come by.
	for n < len(packets) {
		q.mu.Lock()
		if q.closed != nil {
			defer q.mu.Unlock()
			return n, q.closed
		}
		before := n
		for n < len(packets) && q.hasRoom(len(packets[n])) {
			q.octets = append(q.octets, packets[n]...)
			q.ends = append(q.ends, len(q.octets))
			n++
		}
		if n == before && !wait {
			q.mu.Unlock()
			return n, errFull
		}
		if !q.writing {
			q.writing = true
			q.mu.Unlock()
			if !wait {
				go q.write(false)
				continue
			}
			q.write(true)
			continue
		}
		if n == len(packets) {
			q.mu.Unlock()
			return n, nil
		}
		if q.room == nil {
			q.room = make(chan struct{})
		}
		room := q.room
		q.mu.Unlock()
		<-room
	}
	return n, nil
}

// hasRoom reports whether n octets may be added to what waits and what is being written. Where
// there is nothing, there is room for any packet.
func (q *sendQueue) hasRoom(n int) bool {
	all := len(q.octets) + len(q.writeOctets)
	return all == 0 || all+n <= q.limit
}

// write writes what waits, until there is nothing. A sender who writes leaves the rest to a
// goroutine after its own. One goroutine writes at a time (writing), so the octets of two batches
// never mix.
func (q *sendQueue) write(sender bool) {
	for more := true; more; {
		q.mu.Lock()
		q.octets, q.writeOctets = q.writeOctets, q.octets
		q.ends, q.writeEnds = q.writeEnds, q.ends
		q.mu.Unlock()
		if err := q.writeRecords(q.writeOctets, q.writeEnds); err != nil {
			q.failed(err)
		}
		more = q.written()
		if more && sender {
			go q.write(false)
			return
		}
	}
}

// written ends the writing of a batch, and reports whether more waits. That is decided under the
// lock under which send decides whether to write, so nothing stays behind.
func (q *sendQueue) written() (more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writeOctets, q.writeEnds = q.writeOctets[:0], q.writeEnds[:0]
	q.writing = len(q.ends) > 0
	q.wake()
	return q.writing
}

// wake wakes who waits for room, or for the end of writing. It is called with the lock held.
func (q *sendQueue) wake() {
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
}

// trim lets go of what a connection that is idle need not hold.
func (q *sendQueue) trim() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.writing {
		q.octets, q.ends, q.writeOctets, q.writeEnds, q.space = nil, nil, nil, nil, nil
	}
}

// writeRecords writes packets as one record each, and many records with one system call.
func (q *sendQueue) writeRecords(octets []byte, ends []int) error {
	if q.below == nil {
		if err := q.stream.SetWriteDeadline(time.Now().Add(q.timeout)); err != nil {
			return err
		}
	} else if len(ends) > 1 {
		q.below.Hold(q.space)
	}
	// After an error of a write a tls.Conn writes nothing more: the rest of the packets is lost,
	// and with it the connection.
	start, records := 0, int64(0)
	var err error
	for i, end := range ends {
		if q.coalesce && i+1 < len(ends) && ends[i+1]-start <= mostRecord {
			continue
		}
		if _, err = q.stream.Write(octets[start:end]); err != nil {
			break
		}
		start = end
		records++
	}
	q.records.Add(records)
	if q.below != nil && len(ends) > 1 {
		var late error
		q.space, late = q.below.Flush()
		err = errors.Join(err, late)
	}
	return err
}

// close takes nothing any more; what waits is still written. Senders that wait for room get err.
func (q *sendQueue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed == nil {
		q.closed = err
	}
	q.wake()
}

// flushed waits until what was sent is written; the timeout of a write bounds it.
func (q *sendQueue) flushed() {
	for {
		q.mu.Lock()
		if !q.writing {
			q.mu.Unlock()
			return
		}
		if q.room == nil {
			q.room = make(chan struct{})
		}
		room := q.room
		q.mu.Unlock()
		<-room
	}
}
