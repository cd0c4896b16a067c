// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"context"
	"errors"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGuardedSurvivesWhatAHostsFunctionDoes(t *testing.T) {
	failed := errors.New("failed")
	for name, c := range map[string]struct {
		f    func() (int, error)
		want error
	}{
		"returns": {func() (int, error) { return 7, nil }, nil},
		"fails":   {func() (int, error) { return 0, net.ErrClosed }, net.ErrClosed},
		"panics":  {func() (int, error) { panic("oh") }, failed},
		"Goexit":  {func() (int, error) { runtime.Goexit(); return 7, nil }, failed},
		"hangs":   {func() (int, error) { time.Sleep(time.Hour); return 7, nil }, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				value, err := Guarded(ctx, failed, c.f)
				require.ErrorIs(t, err, c.want)
				require.Equal(t, c.want == nil, value == 7)
				time.Sleep(2 * time.Hour) // what hangs returns, and leaves nothing
			})
		})
	}
}

// A Dial that ignores its context and opens a connection later leaves none open.
func TestAConnectionThatComesTooLateIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		near, far := net.Pipe()
		_, err := Guarded(ctx, errors.New("failed"), func() (net.Conn, error) {
			time.Sleep(time.Minute)
			return near, nil
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = far.Read(make([]byte, 1))
		require.Error(t, err, "the other end sees the end of it")
		require.NoError(t, far.Close())
	})
}
