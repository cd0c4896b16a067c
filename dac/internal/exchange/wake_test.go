// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"context"
	"io"
	"testing"
	"testing/synctest"

	"github.com/radius-dynauth/dynauth/dac/internal/rate"
	_ "github.com/radius-dynauth/dynauth/internal/entropy" // FIPS
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// An exchange whose socket breaks between its turn and its call seeing that wakes the call once.
// What was left in it would wake the next call that has it from the pool, for nothing.
func TestACallThatEndsAtItsTurnLeavesNoWakeUp(t *testing.T) {
	for _, gaveUp := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			peer := Peer{Secret: "s", Limit: rate.Limit{InFlight: 1}}
			c, first := asked(t, radius.CodeDisconnectRequest, peer)
			x := makeWith(c.to.engine, peer, &request{code: radius.CodeDisconnectRequest})
			granted, err := c.to.enter(x, x.began)
			require.NoError(t, err)
			require.False(t, granted)
			require.True(t, c.to.cancel(first, context.Canceled)) // x has its turn
			require.Equal(t, stageGranted, x.stage)
			go c.broken(io.EOF)
			synctest.Wait()
			require.Equal(t, stageEnded, x.stage)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if gaveUp {
				cancel()
			}
			x.Await(ctx, false)
			require.Equal(t, FailedConn, x.Result().Failure.Kind)
			synctest.Wait()
			require.Empty(t, x.wake)
		})
	}
}
