// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOneLineForEachStepOfTheClock(t *testing.T) {
	var c wallClock
	mono, offset, steps := time.Duration(0), time.Duration(0), 0
	pass := func(d, moved time.Duration) {
		mono += d
		offset += moved
		for range 3 { // a second look sees none
			if c.moved(mono, offset) != 0 {
				steps++
			}
		}
		if c.moved(mono-time.Millisecond, offset-moved) != 0 {
			steps++ // of a read loop that read its clock before the step
		}
	}
	for _, step := range []time.Duration{120 * time.Second, -120 * time.Second, 4 * 365 * 24 * time.Hour, -4 * 365 * 24 * time.Hour, 2 * time.Second} {
		before := steps
		pass(time.Minute, step)
		require.Equal(t, before+1, steps, "set by %v", step)
		for range 100 { // a clock that is slewed
			pass(time.Hour, time.Hour/2000)
			pass(time.Second, 0)
		}
		require.Equal(t, before+1, steps)
	}
}

func TestAClockThatGoesRightIsNotLoggedOf(t *testing.T) {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, nil))
	var c wallClock
	now := time.Now()
	for range 100 {
		c.look(now, log)
		now = now.Add(time.Minute)
	}
	require.Empty(t, logged.String())
	// A reading of the other clock alone, which is how a step looks.
	c.offset.Store(int64(-time.Hour))
	c.look(now, log)
	c.look(now, log)
	require.Equal(t, 1, bytes.Count(logged.Bytes(), []byte("by=1h0m0s")))
}

// A clock that was ahead when the server started, and is set right, has all new requests stamped
// before the start: RestartGuard refuses them for Window at most.
func TestRestartGuardEndsWithTheWindow(t *testing.T) {
	var st state
	st.Window, st.started = 300*time.Second, time.Now()
	stamp := uint32(st.started.Add(-time.Hour).Unix())
	require.True(t, st.beforeStart(stamp, st.started))
	require.True(t, st.beforeStart(stamp, st.started.Add(300*time.Second)))
	require.False(t, st.beforeStart(stamp, st.started.Add(301*time.Second)))
}
