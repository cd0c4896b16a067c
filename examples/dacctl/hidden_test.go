// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What goes over the wire in clear, or hidden, and is nobody's business who looks at the screen:
// passwords, keys and lawful intercept.
var unseen = []string{"Mikrotik-Wireless-PSK=wireless-Passw0rd", "Tunnel-Password:1=tunnel-Passw0rd", "ERX-Med-Dev-Handle=0x696e74657263657074", "ERX-Med-Ip-Address=203.0.113.77"}

// seen are the forms in which they would show.
var seen = []string{"wireless-Passw0rd", "tunnel-Passw0rd", "intercept", "696e74657263657074", "203.0.113.77"}

// A screen, an object and a file of results show no value that is hidden or sensitive, nor does the
// mistake that is in one; the capture has the wire's octets.
func TestSensitiveValuesAreOnNoScreen(t *testing.T) {
	nas := startNAS(t, byUser)
	folder := t.TempDir()
	pcap, results := filepath.Join(folder, "pcap"), filepath.Join(folder, "results")
	base := []string{"coa", "-nas", nas, "-secret", testSecret, "-x", "-pcap", pcap}
	var shown strings.Builder
	keep := func(r result) result {
		shown.WriteString(r.out + r.err)
		return r
	}
	for _, user := range []string{"User-Name=bob", "User-Name=eve", "User-Name=mallory"} {
		got := keep(dacctl(t, t.Context(), append(append(base, user), unseen...)...))
		for _, name := range []string{"Mikrotik-Wireless-PSK", "Tunnel-Password:1", "ERX-Med-Dev-Handle", "ERX-Med-Ip-Address"} {
			require.Contains(t, got.out, "\t"+name+" = [hidden]\n")
		}
		keep(dacctl(t, t.Context(), append(append(base, user, "-json", "-s"), unseen...)...))
	}
	captured, err := os.ReadFile(pcap)
	require.NoError(t, err)
	require.Contains(t, string(captured), "wireless-Passw0rd", "the capture has the octets")

	file := write(t, "User-Name = bob, "+strings.Join(unseen, ", ")+"\n\nMikrotik-Wireless-PSK = \"wireless-Passw0rd\" x\n\nMikrotik-Wireless-PSK = x wireless-Passw0rd\n\nUser-Name = bob, ERX-Med-Ip-Address = intercept\n")
	require.Equal(t, 3, keep(dacctl(t, t.Context(), "coa", "-nas", nas, "-secret", testSecret, "-f", file, "-skip-invalid", "-json", "-results", results)).status)
	written, err := os.ReadFile(results)
	require.NoError(t, err)
	shown.Write(written)

	for _, mistake := range []string{"ERX-Med-Ip-Address=intercept", "ERX-Med-Port-Number=intercept", "ERX-Med-Dev-Handle=0xintercept", "ERX-LI-Action=intercept", "Mikrotik-Wireless-PSK=\"wireless-Passw0rd"} {
		require.Equal(t, 3, keep(dacctl(t, t.Context(), append(base, "User-Name=bob", mistake)...)).status, mistake)
	}
	for _, value := range seen {
		require.NotContains(t, shown.String(), value)
	}
}
