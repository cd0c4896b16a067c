// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"log/slog"
	"net/netip"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/require"
)

// A faultyHandler is a slog.Handler that fails at every line.
type faultyHandler struct {
	enabled, handle func()
	lines           *atomic.Int64
}

func (h faultyHandler) Enabled(context.Context, slog.Level) bool { h.enabled(); return true }
func (h faultyHandler) Handle(context.Context, slog.Record) error {
	h.lines.Add(1)
	h.handle()
	return nil
}
func (h faultyHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h faultyHandler) WithGroup(string) slog.Handler      { return h }

func TestALoggerThatPanicsCostsALineAndNoAnswer(t *testing.T) {
	panics, returns := func() { panic("disk full") }, func() {}
	for name, h := range map[string]faultyHandler{
		"in Handle":  {enabled: returns, handle: panics},
		"in Enabled": {enabled: panics, handle: returns},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var runs atomic.Int64
				h.lines = new(atomic.Int64)
				network, nas := new(dactest.Network), netip.MustParseAddrPort("192.0.2.1:3799")
				ctx, cancel := context.WithCancel(t.Context())
				served := make(chan error, 1)
				go func() {
					served <- (&dac.Server{
						Peers: dac.SharedSecret(dactest.Secret), Logger: slog.New(h),
						Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
							runs.Add(1)
							return r.ACK()
						}),
					}).Serve(ctx, network.Listen(nas))
				}()
				synctest.Wait()
				c := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: network.Dial, Logger: slog.New(h)}
				for range 3 {
					_, err := c.Disconnect(t.Context(), nas, attrs.UserName.Of("bob"))
					require.NoError(t, err)
				}
				require.EqualValues(t, 3, runs.Load())
				require.Equal(t, name == "in Handle", h.lines.Load() > 0, "lines were tried")
				require.NoError(t, c.Close())
				cancel()
				require.NoError(t, <-served)
			})
		})
	}
}

func TestATraceOfTheClientThatFailsCostsNoAnswer(t *testing.T) {
	for name, fault := range map[string]func(){"panic": func() { panic("trace") }, "Goexit": runtime.Goexit} {
		for _, op := range []dac.EventOp{dac.Received, dac.Resent, dac.GaveUp, dac.Dropped} {
			t.Run(name+" when "+op.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { traceFails(t, op, fault) })
			})
		}
	}
}

func TestATraceThatPanicsWhenRequestsLeaveEndsNoRunOfEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network, nas := new(dactest.Network), netip.MustParseAddrPort("192.0.2.1:3799")
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() {
			served <- (&dac.Server{
				Peers:   dac.SharedSecret(dactest.Secret),
				Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() }),
			}).Serve(ctx, network.Listen(nas))
		}()
		synctest.Wait()
		c := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: network.Dial, Trace: func(e dac.Event) {
			if e.Op == dac.Sent {
				panic("trace")
			}
		}}
		jobs, done := make([]dac.Job, 100), 0
		for i := range jobs {
			jobs[i] = dac.DisconnectJob(nas, attrs.NASPort.Of(uint32(i)))
		}
		for o := range c.Each(t.Context(), slices.Values(jobs)) {
			require.NoError(t, o.Err)
			done++
		}
		require.Equal(t, len(jobs), done)
		require.NoError(t, c.Close())
		cancel()
		require.NoError(t, <-served)
	})
}

// traceFails has a Trace fail at each op, of requests that are answered late, twice and not at all.
func traceFails(t *testing.T, op dac.EventOp, fault func()) {
	network, nas := new(dactest.Network), netip.MustParseAddrPort("192.0.2.1:3799")
	network.Duplicate = 1
	var arrivals, faults atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- (&dac.Server{
			Peers: dac.SharedSecret(dactest.Secret),
			Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
				switch name, err := attrs.UserName.Get(r.Attributes()); {
				case err != nil:
					return nil, err
				case name == "mute":
					return nil, dac.ErrSilent
				case name == "late" && arrivals.Add(1)%4 != 0:
					return nil, dac.ErrDiscard
				}
				return r.ACK()
			}),
		}).Serve(ctx, network.Listen(nas))
	}()
	synctest.Wait()
	c := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: network.Dial, Trace: func(e dac.Event) {
		if e.Op == op {
			faults.Add(1)
			fault()
		}
	}}
	asked := func(ctx context.Context, name string) error {
		outcome := make(chan error, 1)
		go func() {
			_, err := c.Disconnect(ctx, nas, attrs.UserName.Of(name))
			outcome <- err
		}()
		select {
		case err := <-outcome:
			return err
		case <-time.After(10 * time.Minute):
			t.Fatalf("%q hangs", name)
		}
		return nil
	}
	for range 3 {
		require.NoError(t, asked(t.Context(), "bob"))
		require.NoError(t, asked(t.Context(), "late"))
		require.ErrorIs(t, asked(t.Context(), "mute"), dac.ErrNoAnswer)
	}
	require.NotZero(t, faults.Load())
	closed := make(chan error, 1)
	go func() { closed <- c.Close() }()
	select {
	case err := <-closed:
		require.NoError(t, err)
	case <-time.After(time.Minute):
		t.Fatal("Close hangs")
	}
	cancel()
	require.NoError(t, <-served)
}
