// SPDX-License-Identifier: Apache-2.0

package dac

import "sync"

// A turnout is what a request that wants to be handled gets.
type turnout uint8

const (
	refused turnout = iota // no place, or the listener drains
	placed                 // run it
	queued                 // push it, once it is ready
)

// The places bound the handlers that run at a time, and those that wait. It is safe for concurrent use.
type places struct {
	mu       sync.Mutex // guards the rest
	max      int
	running  int
	waiting  int           // queued, or about to be
	yielded  int           // handlers that wait for something else
	queue    [2]fifo[*job] // Disconnect before CoA
	resuming fifo[*job]    // handlers that have yielded and go on
}

// enter takes a place for j, or a place in the queue, or neither. As in the memory, a peer may have seven times what is free, so that there is
// something left for others; it counts as in work already. Handlers that have yielded are bounded too, each being a goroutine: four times
// those that run.
func (p *places) enter(j *job) turnout {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case j.l.draining, j.row.inWork.Load() > 7*int64(min(2*p.max-p.running-p.waiting, 4*p.max-p.yielded)):
		return refused
	case p.running < p.max && p.waiting == 0:
		p.running++
		j.l.add(j)
		return placed
	case p.waiting < p.max:
		p.waiting++
		j.l.add(j)
		return queued
	}
	return refused
}

// push puts j, which was told queued, into the queue. True: a place has become free, and j has it.
func (p *places) push(j *job) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running < p.max && p.resuming.len() == 0 && p.queue[0].len()+p.queue[1].len() == 0 {
		p.waiting--
		p.running++
		return true
	}
	p.queue[j.kind].push(j)
	return false
}

// leave ends j and returns who has its place now.
func (p *places) leave(j *job) (next *job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	j.l.remove(j)
	j.left, j.asked = true, nil
	if !j.away {
		return p.pass()
	}
	// It has yielded and never resumed, since it panicked say: it has no place to give.
	p.yielded--
	if j.back != nil {
		close(j.back)
	}
	return nil
}

// pass gives a place on: to a handler that resumes, else to the next of the queue.
func (p *places) pass() (next *job) {
	for {
		j, ok := p.resuming.pop()
		if !ok {
			break
		}
		if !j.left {
			p.came(j)
			close(j.back)
			j.back = nil
			return nil
		}
	}
	for kind := range p.queue {
		if next, ok := p.queue[kind].pop(); ok {
			p.waiting--
			return next
		}
	}
	p.running--
	return nil
}

// yield gives the place of j back for as long as its handler waits, or it is sent on; false: it has none.
func (p *places) yield(j *job, o onward) (next *job, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if j.left {
		return nil, false
	}
	j.asked = o
	if j.away {
		return nil, false
	}
	j.away = true
	p.yielded++
	return p.pass(), true
}

// resume takes a place for j again and waits for it; one that is over gets none.
func (p *places) resume(j *job) {
	p.mu.Lock()
	switch {
	case !j.away || j.left:
		p.mu.Unlock()
		return
	case p.running < p.max:
		p.running++
		p.came(j)
		p.mu.Unlock()
		return
	}
	back := make(chan bool)
	j.back = back
	p.resuming.push(j)
	p.mu.Unlock()
	<-back
}

// came notes that j, which had yielded, has a place again.
func (p *places) came(j *job) {
	j.away = false
	p.yielded--
	j.many = p.yielded >= together
}

// A fifo is a queue in a ring that grows.
type fifo[T any] struct {
	ring  []T
	first int
	n     int
}

func (f *fifo[T]) len() int { return f.n }

func (f *fifo[T]) push(v T) {
	if f.n == len(f.ring) {
		ring := make([]T, max(16, 2*f.n))
		copy(ring[copy(ring, f.ring[f.first:]):], f.ring[:f.first])
		f.ring, f.first = ring, 0
	}
	f.ring[(f.first+f.n)%len(f.ring)] = v
	f.n++
}

func (f *fifo[T]) pop() (v T, ok bool) {
	if f.n == 0 {
		return v, false
	}
	var zero T
	v, f.ring[f.first] = f.ring[f.first], zero
	f.first = (f.first + 1) % len(f.ring)
	f.n--
	return v, true
}
