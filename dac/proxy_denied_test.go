// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// What the Peer of the next hop denies a Proxy refuses as the next hop would: 501, and nothing is
// sent.
func TestProxyRefusesWhatTheNextHopDenies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t)
		p := &dac.Proxy{Router: dac.Target{Addr: nasAddr}, Client: s.Client.With(dac.Peer{Secret: dactest.Secret, DenyDisconnect: true})}
		_, err := p.Handle(t.Context(), request(t, 1))
		cause, ok := errcause.Of(err)
		require.True(t, ok)
		require.Equal(t, errcause.AdministrativelyProhibited, cause)
		require.Empty(t, s.times())
	})
}
