// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pyradServer is a NAS on pyrad that knows everybody but nobody. pyrad hands over what it has not
// verified: that is the host's.
const pyradServer = `
import sys
from pyrad import dictionary, packet, server

class NAS(server.Server):
    def answer(self, pkt, ack, nak):
        if not pkt.VerifyCoARequest():
            raise server.ServerPacketError("wrong authenticator")
        reply = self.CreateReplyPacket(pkt)
        reply.code = ack
        if pkt["User-Name"] == ["nobody"]:
            reply.code = nak
            reply.AddAttribute("Error-Cause", 503)
        self.SendReplyPacket(pkt.fd, reply)

    def HandleDisconnectPacket(self, pkt):
        self.answer(pkt, packet.DisconnectACK, packet.DisconnectNAK)

    def HandleCoaPacket(self, pkt):
        self.answer(pkt, packet.CoAACK, packet.CoANAK)

folder, port, secret = sys.argv[1:]
nas = NAS(coaport=int(port), dict=dictionary.Dictionary(folder + "/dictionary"), auth_enabled=False, acct_enabled=False, coa_enabled=True)
nas.hosts["127.0.0.1"] = server.RemoteHost("127.0.0.1", secret.encode(), "dac")
nas._realauthfds = nas._realacctfds = []  # which pyrad makes only for what is enabled
nas.BindToAddress("127.0.0.1")
print("ready", flush=True)
nas.Run()
`

const pyradDictionary = `
ATTRIBUTE	User-Name	1	string
ATTRIBUTE	Error-Cause	101	integer
`

// startPyrad runs the server until the test ends.
func startPyrad(t *testing.T) (addr string) {
	folder, port := t.TempDir(), strconv.Itoa(int(freePort(t)))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "dictionary"), []byte(pyradDictionary), 0o600))
	// Debian's pyrad belongs to Debian's Python, whichever comes first in the path.
	cmd := exec.Command("/usr/bin/python3", "-c", pyradServer, folder, port, interopSecret)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	awaitLine(t, out, "ready")
	return "127.0.0.1:" + port
}

// dacctl against pyrad's server: both requests, both answers.
func TestInteropDacctlAsksPyrad(t *testing.T) {
	addr := startPyrad(t)
	pcap := tempFile(t, "dacctl.pcap")
	for _, c := range []struct {
		kind, user, verdict string
		status              int
	}{
		{"disconnect", "bob", "Disconnect-ACK", 0},
		{"coa", "bob", "CoA-ACK", 0},
		{"disconnect", "nobody", "Disconnect-NAK Error-Cause 503 Session-Context-Not-Found", 1},
		{"coa", "nobody", "CoA-NAK Error-Cause 503 Session-Context-Not-Found", 1},
	} {
		out, status := dacctl(t, c.kind, "-nas", addr, "-secret", interopSecret, "-pcap", pcap, "User-Name="+c.user, "Filter-Id=gold")
		assert.Equal(t, c.verdict, lastLine(out), out)
		assert.Equal(t, c.status, status)
		judge(t, pcap, portOf(addr), 1)
	}
	out, status := dacctl(t, "coa", "-nas", addr, "-secret", "another secret", "-t", "0.1", "-r", "2", "User-Name=bob")
	assert.Equal(t, 2, status, out)

	file := tempFile(t, "packets")
	require.NoError(t, os.WriteFile(file, sessions(1000), 0o600))
	out, status = dacctl(t, "disconnect", "-nas", addr, "-secret", interopSecret, "-f", file, "-pcap", pcap, "-p", "64") // more than that its socket may lose
	assert.Equal(t, "1000 ACK, 0 NAK, 0 no answer", lastLine(out), out)
	assert.Equal(t, 0, status)
	judge(t, pcap, portOf(addr), 1000)
}
