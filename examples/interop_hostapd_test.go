// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

const hostapdConfig = `
interface=das0
driver=wired
ieee8021x=1
eap_server=1
own_ip_addr=127.0.0.1
ctrl_interface=%[1]s
radius_das_port=3799
radius_das_client=127.0.0.1 %[2]s
radius_das_time_window=300
radius_das_require_event_timestamp=1
radius_das_require_message_authenticator=1
`

// A hostapdProcess is hostapd as the authenticator of a wire that leads nowhere, in a network of
// its own.
type hostapdProcess struct {
	cmd    *exec.Cmd
	folder string
}

// startHostapd runs hostapd, which insists on Event-Timestamp and Message-Authenticator, until the
// test ends. It wants an Ethernet interface of its own, so it gets a network namespace with one,
// and dacctl is run in there.
func startHostapd(t *testing.T) *hostapdProcess {
	h := &hostapdProcess{folder: t.TempDir()}
	file := filepath.Join(h.folder, "hostapd.conf")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, hostapdConfig, h.control(), interopSecret), 0o600))
	const network = "ip link set lo up; ip link add das0 type veth peer name das1; ip link set das0 up; "
	h.cmd = exec.Command("unshare", "--user", "--map-root-user", "--net", "sh", "-ec", network+`exec hostapd -d "$0"`, file)
	out, err := h.cmd.StdoutPipe()
	require.NoError(t, err)
	h.cmd.Stderr = h.cmd.Stdout
	require.NoError(t, h.cmd.Start())
	t.Cleanup(func() { h.cmd.Process.Kill(); h.cmd.Wait() })
	awaitLine(t, out, "AP-ENABLED")
	return h
}

func (h *hostapdProcess) control() string { return filepath.Join(h.folder, "control") }

// join has a station come to the wire.
func (h *hostapdProcess) join(t *testing.T, mac string) {
	out, err := exec.CommandContext(t.Context(), "hostapd_cli", "-p", h.control(), "-i", "das0", "new_sta", mac).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "OK", strings.TrimSpace(string(out)))
}

// dacctl runs dacctl beside hostapd.
func (h *hostapdProcess) dacctl(t *testing.T, args ...string) (out string, status int) {
	enter := []string{"--target", strconv.Itoa(h.cmd.Process.Pid), "--user", "--net", "--preserve-credentials", filepath.Join(programs, "dacctl")}
	return output(t, "nsenter", append(enter, args...)...)
}

// dacctl against hostapd, which ends the session of a station that it has and refuses the others;
// it has nothing that a CoA-Request could change.
func TestInteropDacctlAsksHostapd(t *testing.T) {
	h := startHostapd(t)
	h.join(t, "02:00:00:00:00:01")
	pcap := tempFile(t, "dacctl.pcap")
	for _, c := range []struct {
		kind, station, verdict string
		status                 int
	}{
		{"disconnect", "02-00-00-00-00-01", "Disconnect-ACK", 0},
		{"disconnect", "02-00-00-00-00-02", "Disconnect-NAK Error-Cause 503 Session-Context-Not-Found", 1},
		{"coa", "02-00-00-00-00-01", "CoA-NAK Error-Cause 402 Missing-Attribute", 1},
	} {
		out, status := h.dacctl(t, c.kind, "-nas", "127.0.0.1", "-secret", interopSecret, "-pcap", pcap, "Calling-Station-Id="+c.station)
		assert.Equal(t, c.verdict, lastLine(out), out)
		assert.Equal(t, c.status, status)
		judge(t, pcap, "3799", 1)
	}
	out, status := h.dacctl(t, "disconnect", "-nas", "127.0.0.1", "-secret", "another secret", "-t", "0.1", "-r", "2", "Calling-Station-Id=02-00-00-00-00-01")
	assert.Equal(t, 2, status, out)

	file := tempFile(t, "packets")
	require.NoError(t, os.WriteFile(file, sessions(1000), 0o600))
	out, _ = h.dacctl(t, "disconnect", "-nas", "127.0.0.1", "-secret", interopSecret, "-f", file, "-pcap", pcap, "-s", "-p", "64") // more than that its socket may lose
	assert.Equal(t, "0 ACK, 1000 NAK, 0 no answer", lastLine(out), out)
	assert.Regexp(t, `127\.0\.0\.1:3799 +Disconnect-NAK 503 Session-Context-Not-Found +1000\n`, out)
	judge(t, pcap, "3799", 1000)
}

// hostapd takes the identification that its row says and no other: what it refuses is 401, what
// fits no station 503. What the row takes together it compares together.
func TestInteropHostapdIsAsItsRowSays(t *testing.T) {
	h := startHostapd(t)
	row, ok := profile.BuiltIn().Get("hostapd")
	require.True(t, ok)
	for _, known := range []attrs.Attr{
		attrs.UserName.Of("bob"), attrs.NASPort.Of(1), attrs.FramedIPAddress.Of(netip.MustParseAddr("198.51.100.7")), attrs.CalledStationID.Of("ap"),
		attrs.CallingStationID.Of("02-00-00-00-00-09"), attrs.AcctSessionID.Of("4f2a"), attrs.AcctMultiSessionID.Of("4f2a"), attrs.NASPortID.Of("wire"),
		attrs.ChargeableUserIdentity.Of([]byte("cui")), attrs.FramedInterfaceID.Of([8]byte{1}), attrs.FramedIPv6Prefix.Of(netip.MustParsePrefix("2001:db8::/64")),
	} {
		word := strings.ReplaceAll(strings.ReplaceAll(known.String(), " = ", "="), `"`, "")
		out, status := h.dacctl(t, "disconnect", "-nas", "127.0.0.1", "-secret", interopSecret, word)
		assert.Equal(t, 1, status, out)
		set, err := known.AppendTo(nil)
		require.NoError(t, err)
		nas, id, err := attrs.IdentityOf(set)
		require.NoError(t, err)
		if _, err := row.Identify(radius.CodeDisconnectRequest, nas, id); err != nil {
			assert.Contains(t, lastLine(out), "401", "%s: the row does not take it, hostapd does", word)
		} else {
			assert.Contains(t, lastLine(out), "503", "%s: the row takes it, hostapd does not", word)
		}
	}

	// What is known of a station and does not fit another keeps it, what fits ends it, and what
	// hostapd does not take is left out.
	h.join(t, "02:00:00:00:00:01")
	base := []string{"disconnect", "-nas", "127.0.0.1", "-secret", interopSecret, "-profile", "hostapd", "Calling-Station-Id=0200.0000.0001"}
	for _, other := range []string{"User-Name=eve", "Acct-Session-Id=none", "Chargeable-User-Identity=none", "Acct-Multi-Session-Id=none"} {
		out, _ := h.dacctl(t, append(base, other)...)
		assert.Equal(t, "Disconnect-NAK Error-Cause 503 Session-Context-Not-Found", lastLine(out), other)
	}
	out, status := h.dacctl(t, append(base, "NAS-Port=1", "Framed-IP-Address=198.51.100.7")...)
	assert.Zero(t, status, out)
	assert.Contains(t, out, "left out, since the NAS does not take it: Framed-IP-Address, NAS-Port")
}
