// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// A call of Serve waits for its own workers and not for those of one that began meanwhile.
func TestWorkersOfALaterServeAreNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Workers
		first, second := make(chan bool), make(chan bool)
		w.Open()
		w.Spawn(func() { <-first })
		closed := make(chan bool)
		go func() { w.Close(); close(closed) }()
		synctest.Wait()
		w.Open()
		w.Spawn(func() { <-second })
		close(first)
		<-closed
		close(second)
		w.Close()
	})
}

// A chain is a Member that has its place given on to the next.
type chain struct {
	request
	next *chain
	ran  func()
}

func (c *chain) Run() *Ticket {
	c.ran()
	if c.next == nil {
		return nil
	}
	return &c.next.Ticket
}

// A worker goes on with those that have its place, and stays for one that comes later; one that is
// there is used before a new one begins.
func TestWorkerGoesOnAndStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Workers
		w.Open()
		ran, busy := 0, 0
		link := func(next *chain) *chain {
			c := &chain{next: next, ran: func() { ran++; busy = w.Busy() }}
			c.Of = c
			return c
		}
		for i := range 3 {
			w.Run(&link(link(link(nil))).Ticket)
			synctest.Wait()
			require.Equal(t, 3*(i+1), ran)
			require.Equal(t, 1, busy)
			require.Len(t, w.idle, 1)
			require.Zero(t, w.Busy())
		}
		w.Close()
		require.Empty(t, w.idle)
	})
}
