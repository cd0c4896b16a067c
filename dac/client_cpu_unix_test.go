// SPDX-License-Identifier: Apache-2.0

//go:build unix

package dac_test

import (
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/require"
)

// processorTime is what this process has used.
func processorTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A NAS that falls silent costs no processor, whatever its requests wait for.
func TestASilentNASCostsNoProcessor(t *testing.T) {
	var clients sync.WaitGroup
	began, start := processorTime(t), time.Now()
	for _, tune := range silences {
		nas := dactest.NewScriptedNAS(t, dactest.Times(10, dactest.ACK()), dactest.Drop(1))
		nas.Client.Retry = dac.Retry{Initial: 300 * time.Millisecond, Max: 300 * time.Millisecond, Duration: 600 * time.Millisecond}
		nas.Client.Dial = dac.DialFrom(netip.MustParseAddr("127.0.0.1"))
		tune(nas.Client)
		clients.Go(func() {
			for range nas.Client.Each(t.Context(), jobsTo(t, 40, nas.Addr)) {
			}
		})
	}
	clients.Wait()
	used, passed := processorTime(t)-began, time.Since(start)
	require.Less(t, used, passed/4, "of %v, by %d clients", passed, len(silences))
}
