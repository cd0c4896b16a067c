// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What becomes of Authorize Only, over a real socket.
func TestReauthorizeOutcomesSayWhatWasSeen(t *testing.T) {
	for _, c := range []struct {
		name string
		step dactest.Step
		text string // "": success
	}{
		{"507", dactest.NAK(errcause.RequestInitiated), ""},
		{"an ACK", dactest.ACK(), "dac: verify NAS: dac: response code does not match the request: a CoA-ACK to Authorize Only (RFC 5176, section 3.2); look at what listens there: it does not speak RFC 5176 as asked"},
		{"not supported", dactest.NAK(errcause.UnsupportedService), "dac: CoA-NAK from NAS: Unsupported-Service (405); look at Service-Type and at whether this NAS takes Authorize Only, or at attributes that do not belong there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			nas := dactest.NewScriptedNAS(t, c.step)
			nas.Client.Retry = dac.Retry{}
			resp, err := nas.Client.Reauthorize(t.Context(), nas.Addr, attrs.UserName.Of("bob"), attrs.State.Of([]byte("s")))
			require.NotNil(t, resp, "the whole answer")
			assert.Equal(t, nas.Addr, resp.Source)
			assert.Equal(t, 1, resp.Sent)
			if c.text == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Equal(t, c.text, text(err, nas.Addr))
		})
	}
}

// A cause in an ACK fails nothing.
func TestCauseInAnACKIsNoFailure(t *testing.T) {
	nas := dactest.NewScriptedNAS(t, dactest.ACK(attrs.Raw(101, []byte{0, 0, 0, 201})))
	resp, err := nas.Client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
	require.NoError(t, err)
	assert.Equal(t, errcause.ResidualSessionContextRemoved, resp.Cause())
}

// A socket that cannot be opened is told at once.
func TestSocketThatCannotBeOpened(t *testing.T) {
	// Of nobody (RFC 5737).
	client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: dac.DialFrom(netip.MustParseAddr("192.0.2.77"))}
	defer client.Close()
	nas := netip.MustParseAddrPort("127.0.0.1:3799")
	_, err := client.Disconnect(t.Context(), nas, attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, syscall.EADDRNOTAVAIL)
	assert.True(t, dac.Retryable(err))
	assert.Regexp(t, `^dac: dial 127\.0\.0\.1:3799: .*cannot assign requested address$`, err.Error())
	assert.Contains(t, dac.Hint(err), "look at the addresses and the routes of this machine")
	assert.Zero(t, client.Stats().Total.Disconnect.Requests)
}

// A caller that goes away, and a Client that is closed, say so, and that the request may have been
// executed.
func TestWaitThatIsEndedSaysWhy(t *testing.T) {
	const sent = "dac: no answer from NAS: Disconnect-Request sent once, nothing came back: "
	for _, c := range []struct {
		name string
		end  func(cancel func(), client *dac.Client)
		is   error
	}{
		{"cancelled", func(cancel func(), _ *dac.Client) { cancel() }, context.Canceled},
		{"closed", func(_ func(), client *dac.Client) { client.Close() }, net.ErrClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			nas := dactest.NewScriptedNAS(t, dactest.Drop(1))
			nas.Client.Retry = dac.Retry{Initial: time.Minute}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := begin(func() error {
				_, err := nas.Client.Disconnect(ctx, nas.Addr, attrs.UserName.Of("bob"))
				return err
			})
			require.Eventually(t, func() bool { return len(nas.Received()) > 0 }, 10*time.Second, time.Millisecond)
			c.end(cancel, nas.Client)
			err := <-done
			require.ErrorIs(t, err, c.is)
			require.ErrorIs(t, err, dac.ErrNoAnswer)
			assert.Equal(t, sent+c.is.Error()+"; the wait was ended early; it may have been executed", text(err, nas.Addr))
		})
	}
}
