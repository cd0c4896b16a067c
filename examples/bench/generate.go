// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

// A task is a line of stdin of a generator process: requests to one server.
type task struct {
	Addr     string
	MA       bool
	TLS      bool
	Sessions int
	Unknown  int           // of a hundred requests, those for sessions that do not exist
	For      time.Duration // how long requests are sent
	InFlight int
	Ports    int
	Rate     float64       // a second, evenly spread; 0: as the answers come
	Window   int64         // seconds
	Grows    time.Duration // from the start on: how long the cache of the server grows
}

// A result is what came of a task.
type result struct {
	Requests       int // answered
	Seconds        float64
	CPU            float64 // seconds of the generator
	Resent         int
	P50, P99, P999 float64 // seconds, where the task has a rate
	Growing        float64 // P99 while the cache grew
	Steady         float64 // and after that; 0: the run was over
	Err            string
}

// A source is what a generator process remembers from task to task, so that no request is repeated.
type source struct {
	next  int   // number of the first request of a lane
	stamp int64 // the latest Event-Timestamp
}

// generateRole is the life of a generator process.
func generateRole(stdin io.Reader, stdout io.Writer) error {
	src := new(source)
	return doTasks(stdin, stdout, func(t task) result {
		r, err := src.do(t)
		if err != nil {
			r.Err = err.Error()
		}
		return r
	})
}

func (src *source) do(t task) (r result, err error) {
	lanes := make([]*lane, t.Ports)
	for i := range lanes {
		p, err := t.newPort(i)
		if err != nil {
			return r, err
		}
		defer p.close()
		lanes[i] = newLane(p, &t, *src, i)
	}
	began := time.Now()
	before, _ := usage()
	if t.Rate > 0 {
		r, err = pace(lanes, t.Rate, began, t.For, t.Grows)
	} else {
		err = closedLoop(lanes, (t.InFlight+t.Ports-1)/t.Ports, began.Add(t.For))
	}
	after, _ := usage()
	r.Seconds, r.CPU = time.Since(began).Seconds(), after-before
	for _, l := range lanes {
		r.Resent += l.resent
		r.Requests += l.answered
		src.next, src.stamp = max(src.next, l.next), max(src.stamp, l.numbering.stamp)
	}
	return r, err
}

// newPort opens that of lane n.
func (t *task) newPort(n int) (port, error) {
	if t.TLS {
		return newTLSPort(t.Addr, n, nil)
	}
	return newPort(t.Addr)
}

// A lane is what goes over one port, in order: request n has the identifier n%256, and is sent
// once that of 256 before is answered. It is for one goroutine.
type lane struct {
	port      port
	task      *task
	signer    *signer
	numbering *numbering
	next      int // request to be sent
	slots     [identifiers]slot
	batch     [][]byte
	inFlight  int
	answered  int
	resent    int
	quiet     int       // receptions in a row that gave nothing
	looked    time.Time // for requests that wait for long, where there is a rate
}

// A slot is an identifier of a lane, with the latest request that has it.
type slot struct {
	*stencil
	waiting bool
	due     time.Time // when the request was to be sent, where the task has a rate
}

const (
	patience   = 500 * time.Millisecond
	mostQuiet  = 10 // times patience
	checkEvery = 64 // answers, of which one has its authenticator checked
)

func newLane(p port, t *task, src source, number int) *lane {
	l := &lane{port: p, task: t, signer: signerOver(t.TLS), numbering: newNumbering(t.Sessions, t.Unknown, t.Ports, number), next: src.next}
	l.numbering.stamp = src.stamp
	for i := range l.slots {
		l.slots[i].stencil = newStencil(l.signer, t.MA)
	}
	return l
}

// closedLoop sends on each lane as answers come, and ends when all that was sent is answered.
func closedLoop(lanes []*lane, inFlight int, until time.Time) error {
	for busy := true; busy; {
		busy = false
		for _, l := range lanes {
			if now := time.Now(); now.Before(until) {
				if err := l.fill(inFlight, now); err != nil {
					return err
				}
			}
			if l.inFlight == 0 {
				continue
			}
			busy = true
			if err := l.take(patience, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill sends until so many are in flight.
func (l *lane) fill(inFlight int, now time.Time) error {
	l.batch = l.batch[:0]
	for l.inFlight < inFlight && l.free() {
		if err := l.sign(now); err != nil {
			return err
		}
	}
	return l.port.send(l.batch)
}

// free reports whether the identifier of the next request is.
func (l *lane) free() bool { return !l.slots[l.next%identifiers].waiting }

// sign adds the next request to the batch.
func (l *lane) sign(now time.Time) error {
	id := byte(l.next % identifiers)
	session, unknown, stamp, err := l.numbering.next(l.next, now.Unix(), l.task.Window)
	if err != nil {
		return err
	}
	s := &l.slots[id]
	s.make(l.signer, id, session, unknown, stamp)
	s.waiting = true
	l.batch = append(l.batch, s.octets)
	l.inFlight++
	l.next++
	return nil
}

// take receives answers. Where none comes for long, what is not answered is sent again.
func (l *lane) take(wait time.Duration, seen func(*slot)) error {
	got, err := l.port.receive(wait)
	if err != nil {
		return err
	}
	for _, b := range got {
		if err := l.answer(b, seen); err != nil {
			return err
		}
	}
	if len(got) > 0 || wait <= 0 {
		l.quiet = 0
		return nil
	}
	if l.quiet++; l.quiet > mostQuiet {
		return fmt.Errorf("no answer for %v: %d answered, %d not", mostQuiet*patience, l.answered, l.inFlight)
	}
	return l.repeat(func(*slot) bool { return true })
}

// repeat sends again what waits for its answer, of those that which says.
func (l *lane) repeat(which func(*slot) bool) error {
	l.batch = l.batch[:0]
	for i := range l.slots {
		if s := &l.slots[i]; s.waiting && which(s) {
			l.batch = append(l.batch, s.octets)
			l.resent++
		}
	}
	return l.port.send(l.batch)
}

// answer notes one answer.
func (l *lane) answer(b []byte, seen func(*slot)) error {
	if len(b) < headerLen {
		return fmt.Errorf("no answer: %x", b)
	}
	s := &l.slots[b[1]]
	if !s.waiting {
		return nil // of a request that was sent again
	}
	if b[0] != s.expected {
		if l.resent > 0 {
			return nil // to the request before, which was sent again
		}
		return fmt.Errorf("an answer has code %d instead of %d: %x", b[0], s.expected, b)
	}
	if l.answered%checkEvery == 0 && !bytes.Equal(l.signer.authenticator(b, s.octets[4:headerLen]), b[4:headerLen]) {
		if l.resent > 0 {
			return nil
		}
		return errors.New("an answer is signed wrongly")
	}
	s.waiting = false
	l.inFlight--
	l.answered++
	if seen != nil {
		seen(s)
	}
	return nil
}

// pace sends evenly, over the lanes in turn, and measures how long each answer takes from the time
// at which its request was due, however late it was sent. It does not sleep: a system's timers are
// not that fine.
func pace(lanes []*lane, rate float64, began time.Time, length, grows time.Duration) (r result, err error) {
	var took, growing, steady histogram
	seen := func(s *slot) {
		d := time.Since(s.due)
		took.add(d)
		if s.due.Sub(began) < grows {
			growing.add(d)
		} else {
			steady.add(d)
		}
	}
	every := time.Duration(float64(time.Second) / rate)
	all := int(length / every)
	for sent, answered := 0, 0; answered < all; {
		now := time.Now()
		if sent, err = sendDue(lanes, sent, min(int(now.Sub(began)/every)+1, all), began, every, now); err != nil {
			return r, err
		}
		answered = 0
		for _, l := range lanes {
			if err := l.take(0, seen); err != nil {
				return r, err
			}
			if err := l.hurry(now); err != nil {
				return r, err
			}
			answered += l.answered
		}
		if now.Sub(began) > length+4*patience*mostQuiet { // a machine with other work stands still now and then
			return r, fmt.Errorf("%d of %d answered", answered, all)
		}
	}
	r.P50, r.P99, r.P999 = took.quantile(0.5).Seconds(), took.quantile(0.99).Seconds(), took.quantile(0.999).Seconds()
	r.Growing, r.Steady = growing.quantile(0.99).Seconds(), steady.quantile(0.99).Seconds()
	return r, nil
}

// sendDue sends the requests from number sent up to number due, lane by lane, and returns how many
// are sent then: one waits where 256 of its lane are in flight.
func sendDue(lanes []*lane, sent, due int, began time.Time, every time.Duration, now time.Time) (int, error) {
	for _, l := range lanes {
		l.batch = l.batch[:0]
	}
	for ; sent < due; sent++ {
		l := lanes[sent%len(lanes)]
		if !l.free() {
			break
		}
		s := &l.slots[l.next%identifiers]
		if err := l.sign(now); err != nil {
			return sent, err
		}
		s.due = began.Add(time.Duration(sent) * every)
	}
	for _, l := range lanes {
		if err := l.port.send(l.batch); err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// hurry sends again what has no answer since long, at most once in a time of patience.
func (l *lane) hurry(now time.Time) error {
	if l.looked.IsZero() {
		l.looked = now
	}
	if now.Sub(l.looked) < patience {
		return nil
	}
	l.looked = now
	return l.repeat(func(s *slot) bool { return now.Sub(s.due) > patience })
}
