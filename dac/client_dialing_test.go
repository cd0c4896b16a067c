// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/dialing"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// redials is an Open that dials again and again, each time with the next error, a second apart.
func redials(dials ...error) func(context.Context, int) error {
	return func(ctx context.Context, _ int) error {
		for _, err := range dials {
			time.Sleep(time.Second)
			dialing.Failed(ctx, err)
		}
		<-ctx.Done()
		return ctx.Err()
	}
}

func refusedAt(port int) error {
	return fmt.Errorf("tls: %w", &net.OpError{
		Op: "dial", Net: "tcp", Source: &net.TCPAddr{Port: port}, Addr: net.TCPAddrFromAddrPort(nasAddr), Err: syscall.ECONNREFUSED,
	})
}

// notDialled is the error of a request that no connection came for.
func notDialled(t *testing.T, err error) *dac.NoAnswerError {
	t.Helper()
	var silent *dac.NoAnswerError
	require.ErrorAs(t, err, &silent)
	require.Zero(t, silent.Sent)
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, dac.Hint(err), "PerNAS")
	assert.True(t, dac.Retryable(err))
	return silent
}

// One dial is shared by calls with different deadlines: each has the last error as of its end.
func TestACallThatEndsWhileItsConnectionIsDialledSaysWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{open: redials(refusedAt(1), errors.Join(errors.New("one"), net.ErrClosed))}
		client := w.client()
		defer client.Close()
		var calls sync.WaitGroup
		defer calls.Wait()
		for wait, c := range map[time.Duration]struct {
			text string
			is   error
		}{
			500 * time.Millisecond:  {"dialing: context deadline exceeded", context.DeadlineExceeded},
			1500 * time.Millisecond: {"dialing (tls: dial tcp: connection refused): context deadline exceeded", syscall.ECONNREFUSED},
			2500 * time.Millisecond: {"dialing (one; use of closed network connection): context deadline exceeded", context.DeadlineExceeded},
		} {
			calls.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), wait)
				defer cancel()
				_, err := client.Disconnect(ctx, nasAddr, bob)
				notDialled(t, err)
				assert.EqualError(t, err, "dac: no answer from 192.0.2.9:3799: nothing was sent, no connection yet: "+c.text)
				assert.ErrorIs(t, err, c.is)
				assert.Equal(t, c.is == syscall.ECONNREFUSED, errors.Is(err, dac.ErrUnreachable))
				assert.Contains(t, dac.Hint(err), "no connection came in "+wait.String())
				assert.Contains(t, dac.Hint(err), "Peer.ServerName")
			})
		}
	})
}

func TestEachThatEndsWhileAConnectionIsDialledSaysWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := (&wire{open: redials(refusedAt(1))}).client()
		defer client.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		n := 0
		for out := range client.Each(ctx, slices.Values(slices.Repeat([]dac.Job{dac.DisconnectJob(nasAddr, bob)}, 300))) {
			n++
			notDialled(t, out.Err)
			require.ErrorIs(t, out.Err, syscall.ECONNREFUSED, "%d: %v", n, out.Err)
		}
		require.Equal(t, 300, n)
	})
}

func TestACallThatEndsWhileDialHangsSaysSo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Secret: secret}), Dial: func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		defer client.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := client.Disconnect(ctx, nasAddr, bob)
		notDialled(t, err)
		require.EqualError(t, err, "dac: no answer from 192.0.2.9:3799: nothing was sent, no connection yet: dialing: context deadline exceeded")
		require.Equal(t, "no connection came in 3s: look at why Client.Dial has not returned; nothing was sent", dac.Hint(err))
	})
}

// Once a connection is there, a call waits for its turn again, and the dials before are forgotten.
func TestADialThatHasSucceededIsForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{ids: newScarce(t), open: func(ctx context.Context, _ int) error {
			dialing.Failed(ctx, refusedAt(1))
			return nil
		}}
		client := w.client()
		defer client.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := client.Disconnect(ctx, nasAddr, bob)
		require.NotErrorIs(t, err, syscall.ECONNREFUSED)
		require.ErrorContains(t, err, "while it waited for its turn")
	})
}

// What a Transport says goes into one line, and its hint speaks of what a Transport has.
func TestADialOfATransportThatFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := (&wire{open: func(context.Context, int) error { return errors.Join(refusedAt(1), context.DeadlineExceeded) }}).client()
		defer client.Close()
		_, err := client.Disconnect(t.Context(), nasAddr, bob)
		require.EqualError(t, err, "dac: dial 192.0.2.9:3799: tls: dial tcp: connection refused; context deadline exceeded")
		require.Contains(t, dac.Hint(err), "Peer.ServerName")
		require.False(t, strings.Contains(dac.Hint(err), "Client.Dial"))
	})
}
