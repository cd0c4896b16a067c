// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// printed is v under a verb, in slog and as JSON, without the time.
func printed(t *testing.T, v any) (verb, log, js string) {
	t.Helper()
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey {
			return slog.Attr{}
		}
		return a
	}})).Info("", "v", v)
	text, err := json.Marshal(v)
	require.NoError(t, err)
	plain, err := json.Marshal(map[string]any{"v": v})
	require.NoError(t, err)
	require.JSONEq(t, `{"v":`+string(text)+`}`, string(plain))
	return fmt.Sprintf("%+v", v), b.String(), string(text)
}

func TestRequestPrintsAsItsAttributes(t *testing.T) {
	r, err := dac.NewCoA(attrs.UserName.Of("bob"), mikrotik.WirelessPSK.Of("wireless"), attrs.TunnelPassword.Of(attrs.Tag(1, []byte("tunnel"))))
	require.NoError(t, err)
	const attributes = `User-Name = "bob", Mikrotik-Wireless-PSK = [hidden], Tunnel-Password:1 = [hidden]`
	verb, log, js := printed(t, r)
	require.Equal(t, "CoA-Request "+attributes, verb)
	require.Equal(t, `v.code=CoA-Request v.attributes="[User-Name = \"bob\" Mikrotik-Wireless-PSK = [hidden] Tunnel-Password:1 = [hidden]]"`+"\n", log)
	require.JSONEq(t, `{"code": "CoA-Request", "attributes": ["User-Name = \"bob\"", "Mikrotik-Wireless-PSK = [hidden]", "Tunnel-Password:1 = [hidden]"]}`, js)

	r.Source, r.Local, r.Peer = netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("[2001:db8::1]:3799"), "aaa"
	verb, log, js = printed(t, *r)
	require.Equal(t, "CoA-Request "+attributes, verb)
	require.Contains(t, log, "v.source=192.0.2.1:40000 v.local=[2001:db8::1]:3799 v.peer=aaa ")
	require.Contains(t, js, `"source":"192.0.2.1:40000","local":"[2001:db8::1]:3799","peer":"aaa"`)
	for _, zero := range []any{dac.Request{}, dac.Response{}, (*dac.Request)(nil), (*dac.Response)(nil)} {
		printed(t, zero)
	}
}

func TestResponsePrintsAsItsAttributes(t *testing.T) {
	r, err := dac.NewDisconnect(attrs.UserName.Of("bob"))
	require.NoError(t, err)
	nak, err := r.NAK(errcause.SessionContextNotFound, mikrotik.WirelessPSK.Of("wireless"))
	require.NoError(t, err)
	nak.ID, nak.Sent, nak.RTT = 7, 2, 1500*time.Microsecond
	verb, log, js := printed(t, nak)
	require.Equal(t, "Disconnect-NAK Error-Cause = Session-Context-Not-Found, Mikrotik-Wireless-PSK = [hidden]", verb)
	require.Contains(t, log, "v.code=Disconnect-NAK v.id=7 v.sent=2 v.rtt=0.0015 ")
	require.Contains(t, js, `"id":7,"sent":2,"rtt":0.0015,`)
	require.Contains(t, js, `"cause":"`)
	require.NotContains(t, verb+log+js, "wireless")
}

// Wire alone has the octets.
func TestEventPrintsWithoutItsOctets(t *testing.T) {
	r, err := dac.NewCoA(attrs.UserName.Of("bob"), mikrotik.WirelessPSK.Of("wireless"))
	require.NoError(t, err)
	wire, err := r.AppendSigned(nil, 7, "a secret of some length")
	require.NoError(t, err)
	require.Contains(t, string(wire), "wireless")
	e := dac.Event{Time: time.Unix(1700000000, 0).UTC(), Op: dac.Dropped, Wire: wire, Code: 43, ID: 7, Peer: netip.MustParseAddrPort("192.0.2.1:40000"), Cause: errcause.InvalidRequest, Err: dac.ErrMalformed}
	verb, log, js := printed(t, e)
	require.Equal(t, "dropped CoA-Request "+dac.ErrMalformed.Error(), verb)
	require.Contains(t, log, "v.op=dropped v.addr=192.0.2.1:40000 v.code=CoA-Request v.id=7 ")
	require.Contains(t, js, `{"time":"2023-11-14T22:13:20.000000Z","op":"dropped","code":"CoA-Request","id":7,"peer":"192.0.2.1:40000",`)
	for _, text := range []string{verb, log, js} {
		require.NotContains(t, text, "wireless")
		require.NotContains(t, text, "bob")
	}
}
