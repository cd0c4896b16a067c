// SPDX-License-Identifier: Apache-2.0

package consumer

import (
	"testing"

	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

func TestPlans(t *testing.T) {
	plans := Plans{"1": "silver", "2": "gold"}
	nas := dactest.NewNAS(t, plans)
	require.NoError(t, SetPlan(t.Context(), nas.Client, nas.Addr, "1", "gold"))
	require.NoError(t, Disconnect(t.Context(), nas.Client, nas.Addr, "2"))
	require.ErrorIs(t, SetPlan(t.Context(), nas.Client, nas.Addr, "2", "gold"), errcause.SessionContextNotFound)
	require.Equal(t, Plans{"1": "gold"}, plans)
}
