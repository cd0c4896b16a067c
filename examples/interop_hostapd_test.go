// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

// A hostapdProcess is hostapd as the authenticator of a wire that leads nowhere, in a network of its own.
type hostapdProcess struct {
	cmd    *exec.Cmd
	folder string
}

// startHostapd runs hostapd, which insists on Event-Timestamp and Message-Authenticator, until the test ends. It wants an Ethernet interface of its
// own, so it gets a network namespace with one, and dacctl is run in there.
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

// dacctl against hostapd, which ends the session of a station that it has and refuses the others; it has nothing that a CoA-Request could change.
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
