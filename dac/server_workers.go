// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"sync"
	"sync/atomic"
)

// The workers are goroutines that run handlers which the read loop does not run itself. Some stay for the next request, with the stack
// that the last one has grown.
type workers struct {
	busy atomic.Int32 // workers that run handlers

	mu    sync.Mutex // guards the rest
	users int        // calls of Serve
	idle  []chan *job
	all   *sync.WaitGroup // of the calls of Serve since there was none; those that follow have another
}

// maxIdle bounds the workers that stay.
const maxIdle = 1024

// open keeps workers for one more call of Serve; each open has a close, which waits for them.
func (w *workers) open() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.users == 0 {
		w.all = new(sync.WaitGroup)
	}
	w.users++
}

func (w *workers) close() {
	w.mu.Lock()
	w.users--
	if w.users > 0 {
		w.mu.Unlock()
		return
	}
	for _, c := range w.idle {
		close(c)
	}
	w.idle = nil
	all := w.all
	w.mu.Unlock()
	all.Wait()
}

// run has j, which has its place, run by a worker.
func (w *workers) run(j *job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.idle); n > 0 {
		c := w.idle[n-1]
		w.idle = w.idle[:n-1]
		c <- j
		return
	}
	all := w.all
	all.Go(func() { w.work(j, all) })
}

// spawn runs f, which ends a job, in a goroutine that close waits for.
func (w *workers) spawn(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Go(f)
}

func (w *workers) work(j *job, all *sync.WaitGroup) {
	c := make(chan *job, 1)
	for j != nil {
		w.runAll(j)
		if !w.wait(c, all) {
			return
		}
		j = <-c
	}
}

// runAll runs j and those that have its place after it. An After or a Trace of the host's may end this goroutine.
func (w *workers) runAll(j *job) {
	w.busy.Add(1)
	defer w.busy.Add(-1)
	for j != nil {
		j = j.run()
	}
}

// wait puts a worker among the idle, unless there are enough.
func (w *workers) wait(c chan *job, all *sync.WaitGroup) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.users == 0 || w.all != all || len(w.idle) >= maxIdle {
		return false
	}
	w.idle = append(w.idle, c)
	return true
}
