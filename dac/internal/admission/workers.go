// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"sync"
	"sync/atomic"
)

// The Workers are goroutines that run handlers which the read loop does not run itself. Some stay
// for the next request, with the stack that the last one has grown. They bound nothing: who comes
// to run has its place from the places, and a worker that has ended one request goes on with the
// one that has its place then.
//
// They are of all calls of Serve. The last call that ends lets the idle ones go and waits for those
// that run: when it returns no goroutine is in the host's code any more. They are safe for
// concurrent use, and the zero value has none.
type Workers struct {
	busy atomic.Int32 // workers that run handlers

	mu    sync.Mutex // guards the rest; nothing of the host's is called with it held
	users int        // calls of Serve
	idle  []chan *Ticket
	// Of the calls of Serve since there was none; those that follow have another.
	all *sync.WaitGroup
}

// maxIdle bounds the workers that stay.
const maxIdle = 1024

// Open keeps workers for one more call of Serve; each Open has a Close, which waits for them.
func (w *Workers) Open() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.users == 0 {
		w.all = new(sync.WaitGroup)
	}
	w.users++
}

// Close ends what Open began. The last one waits for what runs.
func (w *Workers) Close() {
	if all := w.unused(); all != nil {
		all.Wait()
	}
}

// unused ends one call of Serve and returns what to wait for where it was the last.
func (w *Workers) unused() *sync.WaitGroup {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users--
	if w.users > 0 {
		return nil
	}
	for _, c := range w.idle {
		close(c)
	}
	w.idle = nil
	return w.all
}

// Busy is how many workers run handlers just now.
func (w *Workers) Busy() int { return int(w.busy.Load()) }

// Run has t, which has its place, run by a worker: the one that came last, whose stack is warm.
func (w *Workers) Run(t *Ticket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.idle); n > 0 {
		c := w.idle[n-1]
		w.idle = w.idle[:n-1]
		c <- t // has room for it: a worker is among the idle for one request
		return
	}
	all := w.all
	all.Go(func() { w.work(t, all) })
}

// Spawn runs f, which ends a request, in a goroutine that Close waits for.
func (w *Workers) Spawn(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Go(f)
}

func (w *Workers) work(t *Ticket, all *sync.WaitGroup) {
	c := make(chan *Ticket, 1)
	for t != nil {
		w.runAll(t)
		if !w.wait(c, all) {
			return
		}
		t = <-c // nil: closed
	}
}

// runAll runs t and those that have its place after it. An After or a Trace of the host's may end
// this goroutine.
func (w *Workers) runAll(t *Ticket) {
	w.busy.Add(1)
	defer w.busy.Add(-1)
	for t != nil {
		t = t.Of.Run()
	}
}

// wait puts a worker among the idle, unless there are enough.
func (w *Workers) wait(c chan *Ticket, all *sync.WaitGroup) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.users == 0 || w.all != all || len(w.idle) >= maxIdle {
		return false
	}
	w.idle = append(w.idle, c)
	return true
}
