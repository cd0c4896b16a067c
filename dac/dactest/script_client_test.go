// SPDX-License-Identifier: Apache-2.0

package dactest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// client makes a scripted client of a scripted NAS, in the bubble that t is in.
func client(t testing.TB, steps ...dactest.Step) *dactest.ScriptedClient {
	t.Helper()
	n := &dactest.Network{Latency: time.Millisecond}
	s := dactest.ServeScript(t, n.Listen(nas4), steps...)
	conn, err := n.Dial(t.Context(), s.Addr)
	require.NoError(t, err)
	return dactest.NewScriptedClientOn(t, conn)
}

func TestScriptedClientAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, dactest.ACK(), dactest.NAK(errcause.SessionContextNotFound))
		first := c.Ask(disconnect(t, "bob"))
		require.Equal(t, radius.CodeDisconnectACK, first.Packet.Code)
		require.Equal(t, nas4, first.Source)
		second := c.Ask(coa(t, "bob"))
		require.Equal(t, errcause.SessionContextNotFound, second.Cause())
		require.NotEqual(t, first.ID, second.ID, "each request has an identifier of its own")
		c.Silence()
	})
}

func TestScriptedClientTellsAnswersApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, dactest.Delay(time.Second, dactest.ACK()), dactest.NAK(0))
		slow, quick := c.Sign(disconnect(t, "slow")), c.Sign(disconnect(t, "quick"))
		c.Send(slow)
		c.Send(quick)
		first, wire := c.Answer(slow)
		require.True(t, first.ACK())
		require.Equal(t, slow[1], wire[1])
		second, _ := c.Answer(quick)
		require.False(t, second.ACK())
	})
}

func TestScriptedClientSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t)
		c.Secret = "another secret"
		c.Send(c.Sign(disconnect(t, "bob")))
		c.Silence()
	})
}

func TestScriptedClientFailsTheTest(t *testing.T) {
	cases := []struct {
		name string
		step dactest.Step
		do   func(t testing.TB, c *dactest.ScriptedClient)
		want string
	}{
		{"no answer", dactest.Drop(1), func(t testing.TB, c *dactest.ScriptedClient) {
			start := time.Now()
			defer func() { require.Equal(t, 5*time.Second, time.Since(start)) }()
			c.Ask(disconnect(t, "bob"))
		}, "dactest: no answer to Disconnect-Request 1"},
		{"no answer in time", dactest.Delay(2*time.Second, dactest.ACK()), func(t testing.TB, c *dactest.ScriptedClient) {
			c.Wait = time.Second
			c.Ask(coa(t, "bob"))
		}, "dactest: no answer to CoA-Request 1"},
		{"forged answer", dactest.Forged(), func(t testing.TB, c *dactest.ScriptedClient) {
			c.Ask(disconnect(t, "bob"))
		}, "dactest: Disconnect-ACK 1 in answer to Disconnect-Request 1: dac: verify: dac: wrong authenticator"},
		{"answer where silence was due", dactest.NAK(errcause.SessionContextNotFound), func(t testing.TB, c *dactest.ScriptedClient) {
			c.Send(c.Sign(disconnect(t, "bob")))
			c.Silence()
		}, "dactest: Disconnect-NAK 1, Session-Context-Not-Found where silence was due"},
		{"one answer too many", dactest.Twice(dactest.ACK()), func(t testing.TB, c *dactest.ScriptedClient) {
			c.Ask(disconnect(t, "bob"))
			c.Silence()
		}, "dactest: Disconnect-ACK 1 where silence was due"},
		{"answer to something else", dactest.WrongIdentifier(), func(t testing.TB, c *dactest.ScriptedClient) {
			c.Ask(disconnect(t, "bob"))
		}, "dactest: no answer to Disconnect-Request 1"},
		{"what cannot be signed", dactest.ACK(), func(t testing.TB, c *dactest.ScriptedClient) {
			c.Secret = ""
			c.Ask(disconnect(t, "bob"))
		}, "dactest: sign: dac: empty secret"},
		{"answer to nothing", dactest.ACK(), func(t testing.TB, c *dactest.ScriptedClient) {
			c.Answer(nil)
		}, "dactest: 0 octets are no request"},
	}
	for _, one := range cases {
		t.Run(one.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, failed := attempt(t, func(tb testing.TB) { one.do(tb, client(tb, one.step)) })
				require.True(t, failed)
				require.Contains(t, lines(log), one.want)
			})
		})
	}
}

func TestScriptedClientSeesADeadPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, silence := range []bool{true, false} {
			log, failed := attempt(t, func(tb testing.TB) {
				n := &dactest.Network{Refuse: true}
				c := dactest.NewScriptedClientOn(tb, dial(t, n, nas4))
				b := c.Sign(disconnect(tb, "bob"))
				c.Send(b)
				if silence {
					c.Silence()
				}
				c.Answer(b)
			})
			require.True(t, failed)
			require.Contains(t, log, "connection refused")
		}
	})
}

func TestScriptedClientOnLoopback(t *testing.T) {
	n := dactest.NewScriptedNAS(t)
	c := dactest.NewScriptedClient(t, n.Addr)
	require.True(t, c.Ask(disconnect(t, "bob")).ACK())
	b := c.Sign(disconnect(t, "bob"))
	c.Send(b[:30])
	c.Silence()
	require.True(t, c.Ask(disconnect(t, "bob")).ACK()) // and so the one before it has been read
	require.ErrorIs(t, n.Received()[1].Err, dac.ErrMalformed)
}
