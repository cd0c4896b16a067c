// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"net/netip"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/rate"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A log is an Owner that writes down what it is told.
type log []string

func (l *log) Queued(_ *Exchange, dialing bool) {
	*l = append(*l, map[bool]string{true: "dialing", false: "queued"}[dialing])
}
func (l *log) Granted(*Exchange)   { *l = append(*l, "granted") }
func (l *log) Ended(_ []*Exchange) { *l = append(*l, "ended") }

// Those that wait for a connection are told when it has come, and they have to wait for a limit:
// from then on it is not the NAS that is silent.
func TestOwnersAreToldThatTheConnectionHasCome(t *testing.T) {
	engine := New(Config{Retry: Retry{}.Filled(), IdleTimeout: 30 * time.Second})
	d, err := engine.destination(address{nas: netip.MustParseAddrPort("192.0.2.9:3799")})
	require.NoError(t, err)
	d.opening = true // by this test
	t.Cleanup(func() { d.timer.Stop() })
	var first, second log
	for _, owner := range []*log{&first, &second} {
		peer := Peer{Secret: "s", Limit: rate.Limit{InFlight: 1}}
		x := engine.Make(&peer, &Call{Body: &request{code: radius.CodeDisconnectRequest}, Code: radius.CodeDisconnectRequest, Owner: owner})
		granted, err := d.enter(x, x.began)
		require.NoError(t, err)
		require.False(t, granted)
	}
	d.noteDialing()
	require.True(t, d.opened(newConn(d, nowhere{})))
	require.Equal(t, log{"queued", "dialing", "granted"}, first)
	require.Equal(t, log{"queued", "dialing", "queued"}, second)
}
