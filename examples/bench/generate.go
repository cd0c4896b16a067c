// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// A task is a line of stdin of a generator process: requests to one server.
type task struct {
	Addr     string
	MA       bool
	Sessions int
	First    int // number of the first request: each has another session, or another time in its Event-Timestamp
	Requests int
	InFlight int
	Ports    int
	Rate     int // a second, evenly spread; 0: as the answers come
}

// A result is what came of a task.
type result struct {
	Seconds  float64
	Resent   int
	P50, P99 float64 // seconds, where the task has a rate
	Err      string
}

// generateRole is the life of a generator process.
func generateRole(stdin io.Reader, stdout io.Writer) error {
	return doTasks(stdin, stdout, func(t task) result {
		r, err := t.do()
		if err != nil {
			r.Err = err.Error()
		}
		return r
	})
}

func (t *task) do() (r result, err error) {
	lanes := make([]*lane, t.Ports)
	packets := t.packets()
	for i := range lanes {
		p, err := newPort(t.Addr)
		if err != nil {
			return r, err
		}
		defer p.close()
		lanes[i] = &lane{port: p, task: t, signer: newSigner()}
		for n := i; n < len(packets); n += t.Ports {
			lanes[i].packets = append(lanes[i].packets, packets[n])
		}
	}
	began := time.Now()
	if t.Rate > 0 {
		r, err = lanes[0].pace()
	} else {
		err = closedLoop(lanes, (t.InFlight+t.Ports-1)/t.Ports)
	}
	r.Seconds = time.Since(began).Seconds()
	for _, l := range lanes {
		r.Resent += l.resent
	}
	return r, err
}

// packets signs all requests beforehand. Those of one port have their identifiers in a row.
func (t *task) packets() [][]byte {
	s, now := newSigner(), time.Now()
	one := len(s.appendRequest(nil, 0, 0, t.MA, now))
	octets, all := make([]byte, 0, t.Requests*one), make([][]byte, t.Requests)
	for i := range all {
		n := t.First + i
		// Sessions in no order that a cache could follow. Where they come again, the time makes it another request.
		which, round := n*7919%t.Sessions, n/t.Sessions
		start := len(octets)
		octets = s.appendRequest(octets, which, byte(i/t.Ports), t.MA, now.Add(-time.Duration(round%(window/2))*time.Second))
		all[i] = octets[start:]
	}
	return all
}

// A lane is what goes over one port, in order: packet n has the identifier n%256, and is sent once that of 256 before is answered.
type lane struct {
	port     port
	task     *task
	signer   *signer
	packets  [][]byte
	next     int // to be sent
	inFlight int
	answered int
	waiting  [identifiers]bool
	sent     [identifiers]time.Time // where the task has a rate
	resent   int
	quiet    int // receptions in a row that gave nothing
}

const (
	patience   = 500 * time.Millisecond
	mostQuiet  = 20 // times patience
	checkEvery = 64 // answers, of which one has its authenticator checked
)

// closedLoop sends on each lane as answers come.
func closedLoop(lanes []*lane, inFlight int) error {
	for left := len(lanes); left > 0; {
		for _, l := range lanes {
			if l.answered == len(l.packets) {
				continue
			}
			if err := l.fill(inFlight); err != nil {
				return err
			}
			if err := l.take(patience, nil); err != nil {
				return err
			}
			if l.answered == len(l.packets) {
				left--
			}
		}
	}
	return nil
}

// fill sends until so many are in flight.
func (l *lane) fill(inFlight int) error {
	first := l.next
	for l.next < len(l.packets) && l.inFlight < inFlight && !l.waiting[l.next%identifiers] {
		l.waiting[l.next%identifiers] = true
		l.inFlight++
		l.next++
	}
	return l.port.send(l.packets[first:l.next])
}

// take receives answers. Where none comes for long, what is not answered is sent again.
func (l *lane) take(wait time.Duration, seen func(id byte)) error {
	got, err := l.port.receive(wait)
	if err != nil {
		return err
	}
	for _, b := range got {
		if err := l.answer(b); err != nil {
			return err
		}
		if seen != nil {
			seen(b[1])
		}
	}
	if len(got) > 0 || wait <= 0 {
		l.quiet = 0
		return nil
	}
	if l.quiet++; l.quiet > mostQuiet {
		return fmt.Errorf("no answer for %v: %d of %d answered", mostQuiet*patience, l.answered, len(l.packets))
	}
	for n := max(0, l.next-identifiers); n < l.next; n++ {
		if l.waiting[n%identifiers] {
			l.resent++
			if err := l.port.send(l.packets[n : n+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer notes one answer.
func (l *lane) answer(b []byte) error {
	if len(b) < headerLen || b[0] != disconnectACK {
		return fmt.Errorf("not a Disconnect-ACK: %x", b)
	}
	if !l.waiting[b[1]] {
		return nil // of one that was sent again
	}
	if l.answered%checkEvery == 0 && !l.authentic(b) {
		return errors.New("an answer is signed wrongly")
	}
	l.waiting[b[1]] = false
	l.inFlight--
	l.answered++
	return nil
}

// authentic checks the Response Authenticator of an answer.
func (l *lane) authentic(b []byte) bool {
	n := (l.next-1)&^(identifiers-1) | int(b[1])
	if n >= l.next {
		n -= identifiers
	}
	return n >= 0 && bytes.Equal(l.signer.authenticator(b, l.packets[n][4:headerLen]), b[4:headerLen])
}

// pace sends the packets evenly and measures how long each answer takes. It does not sleep: a system's timers are not that fine.
func (l *lane) pace() (r result, err error) {
	took := make([]time.Duration, 0, len(l.packets))
	seen := func(id byte) { took = append(took, time.Since(l.sent[id])) }
	every := time.Second / time.Duration(l.task.Rate)
	began := time.Now()
	for l.answered < len(l.packets) {
		now := time.Now()
		if due := min(int(now.Sub(began)/every)+1, len(l.packets)); l.next < due && !l.waiting[l.next%identifiers] {
			l.sent[l.next%identifiers] = began.Add(time.Duration(l.next) * every) // when it was due, however late it is
			if err := l.fill(l.inFlight + 1); err != nil {
				return r, err
			}
		}
		if err := l.take(0, seen); err != nil {
			return r, err
		}
		if now.Sub(began) > time.Duration(len(l.packets))*every+patience*mostQuiet {
			return r, fmt.Errorf("%d of %d answered", l.answered, len(l.packets))
		}
	}
	slices.Sort(took)
	r.P50, r.P99 = took[len(took)/2].Seconds(), took[len(took)*99/100].Seconds()
	return r, nil
}
