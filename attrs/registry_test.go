// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRegisteredAttributesHaveTheirKeys(t *testing.T) {
	seen := map[ID]bool{}
	for d := range Registered() {
		require.Equal(t, d.ID, d.Key.ID())
		require.Equal(t, d.Name, d.Key.String())
		seen[d.ID] = true
	}
	require.True(t, seen[UserName.ID()])
	require.True(t, seen[TunnelPassword.ID()])
}
