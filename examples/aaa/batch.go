// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/radius-dynauth/dynauth/examples/internal/strictjson"
)

// A batch is a list of orders that are carried out while others are waited for; nothing of it
// outlives this process (examples/campaign does).
type batch struct {
	id    string
	tasks []*task

	mu       sync.Mutex // guards what follows
	done     int
	outcomes []result // of each order, in their order; a status of 0: not yet
}

// A result is what became of one order.
type result struct {
	Status int `json:"status"`
	answer
}

// Batches are those that are known.
type batches struct {
	mu      sync.Mutex // guards what follows
	n       int
	last    []*batch
	running sync.WaitGroup
}

const (
	mostBatches = 16
	mostOrders  = 100_000
	maxBatch    = 32 << 20 // octets
	side        = 256      // orders of a batch at a time
	mostShown   = 1000     // outcomes of one answer
)

// wait waits until nothing goes on.
func (b *batches) wait() { b.running.Wait() }

// keep gives made a number, and forgets the oldest that is over; false: as many go on as may.
func (b *batches) keep(made *batch) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.last) >= mostBatches {
		i := slices.IndexFunc(b.last, (*batch).over)
		if i < 0 {
			return false
		}
		b.last = slices.Delete(b.last, i, i+1)
	}
	b.n++
	made.id = strconv.Itoa(b.n)
	b.last = append(b.last, made)
	b.running.Add(1)
	return true
}

func (b *batches) find(id string) *batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.IndexFunc(b.last, func(one *batch) bool { return one.id == id }); i >= 0 {
		return b.last[i]
	}
	return nil
}

func (b *batch) over() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.done == len(b.tasks)
}

// A batchOrder is an order of a batch.
type batchOrder struct {
	Do     string                      `json:"do"`
	Who    map[string]strictjson.Texts `json:"who"`
	Change map[string]strictjson.Texts `json:"change"`
	All    bool                        `json:"all"`
}

// A progressed is how far a batch is.
type progressed struct {
	Batch    string         `json:"batch,omitempty"`
	Orders   int            `json:"orders"`
	Done     int            `json:"done"`
	Statuses map[string]int `json:"statuses,omitempty"` // how many orders ended with each
	From     int            `json:"from,omitempty"`
	Outcomes []result       `json:"outcomes,omitempty"`
	Error    string         `json:"error,omitempty"`
}

// begin takes a batch. One order that cannot be read refuses all of them: nothing is sent.
func (a *aaa) begin(r *http.Request) (int, any) {
	var body struct {
		Orders []batchOrder `json:"orders"`
	}
	if err := readBody(r, maxBatch, &body); err != nil {
		return http.StatusBadRequest, progressed{Error: err.Error()}
	}
	if len(body.Orders) == 0 || len(body.Orders) > mostOrders {
		return http.StatusBadRequest, progressed{Error: fmt.Sprintf("a batch has 1 to %d orders", mostOrders)}
	}
	b := &batch{outcomes: make([]result, len(body.Orders))}
	for i, one := range body.Orders {
		if one.Do != "disconnect" && one.Do != "coa" {
			return http.StatusBadRequest, progressed{Error: fmt.Sprintf("order %d: do is disconnect or coa", i+1)}
		}
		o := order{Who: one.Who, Change: one.Change, All: one.All}
		t, err := o.read(one.Do == "coa", a.also)
		if err != nil {
			return http.StatusBadRequest, progressed{Error: fmt.Sprintf("order %d: %v", i+1, err)}
		}
		b.tasks = append(b.tasks, t)
	}
	if !a.batches.keep(b) {
		return http.StatusServiceUnavailable, progressed{Error: fmt.Sprintf("%d batches go on: wait for one", mostBatches)}
	}
	go a.carryOut(b)
	return http.StatusAccepted, progressed{Batch: b.id, Orders: len(b.tasks)}
}

// carryOut carries out the orders of b, so many at a time.
func (a *aaa) carryOut(b *batch) {
	defer a.batches.running.Done()
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(side, len(b.tasks)) {
		wg.Go(func() {
			for i := range next {
				b.note(i, a.carryOutOne(b.tasks[i]))
			}
		})
	}
	for i := range b.tasks {
		next <- i
	}
	close(next)
	wg.Wait()
}

func (a *aaa) carryOutOne(t *task) result {
	ctx := context.Background()
	sessions, status, err := a.find(ctx, t)
	if err != nil {
		return result{status, answer{Error: err.Error()}}
	}
	status, all := a.sendAll(ctx, sessions, t)
	return result{status, all}
}

func (b *batch) note(i int, r result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outcomes[i] = r
	b.done++
}

// progress says how far a batch is, with the outcomes of the orders from the query's from on, a
// thousand at most.
func (a *aaa) progress(r *http.Request) (int, any) {
	b := a.batches.find(r.PathValue("id"))
	if b == nil {
		return http.StatusNotFound, progressed{Error: errNoBatch.Error()}
	}
	from := 0
	if text := r.URL.Query().Get("from"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > len(b.tasks) {
			return http.StatusBadRequest, progressed{Error: fmt.Sprintf("from is 0 to %d", len(b.tasks))}
		}
		from = n
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p := progressed{Batch: b.id, Orders: len(b.tasks), Done: b.done, Statuses: map[string]int{}, From: from}
	for _, o := range b.outcomes {
		if o.Status != 0 {
			p.Statuses[strconv.Itoa(o.Status)]++
		}
	}
	p.Outcomes = slices.Clone(b.outcomes[from:min(from+mostShown, len(b.outcomes))])
	return http.StatusOK, p
}
