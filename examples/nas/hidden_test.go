// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/stretchr/testify/require"
)

// Passwords, keys and lawful intercept are in no line, no object and no Access-Request or
// Accounting-Request that is shown; the capture has the wire's octets.
func TestSensitiveValuesAreOnNoScreen(t *testing.T) {
	sessions := file(t, `[{"Acct-Session-Id": "1", "User-Name": "bob", "Mikrotik-Wireless-PSK": "wireless-Passw0rd", "Tunnel-Password:1": "tunnel-Passw0rd"}]`)
	pcap := filepath.Join(t.TempDir(), "pcap")
	l := startLab(t, "-sessions", sessions, "-v", "-audit", "-accounting", "-authorize-only", "-pcap", pcap, "-support",
		"Mikrotik-Wireless-PSK,Tunnel-Password,ERX-LI-Action,ERX-Med-Dev-Handle,ERX-Med-Ip-Address,ERX-Med-Port-Number")
	mirror := juniper.Mirror(juniper.Mirroring{Action: juniper.MirrorOn, Handle: []byte("intercep"), Device: netip.MustParseAddrPort("203.0.113.77:2152")})
	_, err := l.client.CoA(t.Context(), l.addrs[0], session1(), mikrotik.WirelessPSK.Of("wireless-Passw0rd"), attrs.TunnelPassword.Of(attrs.Tag(1, []byte("tunnel-Passw0rd"))), mirror)
	require.NoError(t, err)
	_, err = l.client.Reauthorize(t.Context(), l.addrs[0], session1(), attrs.State.Of([]byte("s")))
	require.NoError(t, err)
	_, err = l.client.Disconnect(t.Context(), l.addrs[0], session1())
	require.NoError(t, err)
	out := l.stop()
	require.Contains(t, out, `"Mikrotik-Wireless-PSK = [hidden]","Tunnel-Password:1 = [hidden]","ERX-LI-Action = [hidden]","ERX-Med-Dev-Handle = [hidden]"`)
	captured, err := os.ReadFile(pcap)
	require.NoError(t, err)
	require.Contains(t, string(captured), "wireless-Passw0rd", "the capture has the octets")

	for _, text := range []string{
		`[{"Acct-Session-Id": "1", "ERX-Med-Ip-Address": "intercept"}]`, `[{"Acct-Session-Id": "1", "ERX-LI-Action": "intercept"}]`, `[{"Acct-Session-Id": "1", "ERX-Med-Dev-Handle": "0xintercept"}]`,
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 1, run(t.Context(), []string{"-listen", "127.0.0.1:0", "-secret", testSecret, "-sessions", file(t, text)}, &stdout, &stderr), text)
		out += stdout.String() + stderr.String()
	}
	for _, value := range []string{"wireless-Passw0rd", "tunnel-Passw0rd", "intercep", "696e746572636570", "203.0.113.77"} {
		require.NotContains(t, out, value)
	}
}
