// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTeeCallsEachInOrder(t *testing.T) {
	var calls []string
	note := func(name string) func(Event) {
		return func(e Event) { calls = append(calls, name+" "+e.Op.String()) }
	}
	Tee(nil, note("first"), nil, note("second"))(Event{Op: Resent})
	require.Equal(t, []string{"first resent", "second resent"}, calls)
}

func TestTeeOfNothingTracesNothing(t *testing.T) {
	require.Nil(t, Tee())
	require.Nil(t, Tee(nil, nil))
}

func TestEventOps(t *testing.T) {
	ways := map[EventOp]string{
		Received: "received in", Dropped: "dropped in", Repeated: "repeated in",
		Sent: "sent out", Resent: "resent out", GaveUp: "gave up", 0: "EventOp(0)", 9: "EventOp(9)",
	}
	for op, want := range ways {
		got := op.String()
		if op.Incoming() {
			got += " in"
		}
		if op.Outgoing() {
			got += " out"
		}
		require.Equal(t, want, got)
	}
}
