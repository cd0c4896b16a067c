// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A watched is the turns of a read loop with a watch, and how often another goroutine was made to
// lead.
type watched struct {
	turns
	watch watch
	led   int
}

func newWatched() *watched {
	w := new(watched)
	w.next = func() { w.led++ }
	w.watch.begin(&w.turns, func(turn uint64) { w.handOff(turn) })
	return w
}

// turn runs a turn that takes so long, and reports whether it has lost the lead.
func (w *watched) turn(takes time.Duration) (lost bool) {
	turn := w.number()
	w.begin(turn)
	w.watch.arm(turn, time.Now())
	<-time.After(takes)
	return w.end(turn)
}

func TestTurnThatTakesLongerThanATickLosesTheLead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		defer w.watch.end()
		require.True(t, w.turn(3*WatchTick))
		require.Equal(t, 1, w.led, "once, however long it takes")
		require.True(t, w.turn(10*WatchTick), "the timer goes on while there are turns")
		require.Equal(t, 2, w.led)
	})
}

// Turns that are quick keep the lead, also one after another for many ticks.
func TestQuickTurnsKeepTheLead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		defer w.watch.end()
		for range 100 {
			require.False(t, w.turn(WatchTick*3/10))
		}
		w.watch.rest()
		<-time.After(5 * WatchTick)
		require.False(t, w.turn(WatchTick/2), "a tick is one of its own after a rest")
		require.Zero(t, w.led)
	})
}

// A watch that has ended looks at nothing.
func TestWatchThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		w.watch.end()
		require.False(t, w.turn(5*WatchTick))
		require.Zero(t, w.led)
	})
}

// Of a turn that ends and is taken away at once, one of both has the lead.
func TestOneOfTwoHasTheLead(t *testing.T) {
	w := newWatched()
	turn := w.number()
	w.begin(turn)
	require.True(t, w.handOff(turn))
	require.False(t, w.handOff(turn))
	require.True(t, w.end(turn))
	require.Equal(t, 1, w.led)
	turn = w.number()
	w.begin(turn)
	require.True(t, w.running(turn))
	require.False(t, w.end(turn))
	require.False(t, w.handOff(turn))
	require.False(t, w.running(turn))
}

// One handler that waits is an exception; two among the last few are not.
func TestHandlersThatOftenWait(t *testing.T) {
	w := newWatched()
	for range slowShare + 1 {
		w.number()
	}
	require.False(t, w.often(w.number()))
	require.True(t, w.often(w.number()))
	for range slowShare {
		w.number()
	}
	require.False(t, w.often(w.number()))
}

// From the moment at which a turn runs, the reader may be another goroutine's: the race detector
// sees what is read of it later.
func TestBeginOfATurnReadsTheReaderFirst(t *testing.T) {
	r := new(reader)
	r.turns.next = func() { r.now = time.Now() }
	r.watch.begin(&r.turns, func(uint64) {})
	defer r.watch.end()
	first := r.turns.number()
	r.begin(first) // the watch is armed from here on
	require.False(t, r.turns.end(first))
	second := r.turns.number()
	var led sync.WaitGroup
	led.Go(func() {
		for !r.turns.handOff(second) {
			runtime.Gosched()
		}
	})
	r.begin(second)
	led.Wait()
	require.True(t, r.turns.end(second))
}
