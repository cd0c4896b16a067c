// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const interopSecret = "interop s3cret"

// radclient ends a session once; then there is none.
func TestInteropRadclientDisconnects(t *testing.T) {
	pcap := tempFile(t, "nas.pcap")
	nas := startNAS(t, "-secret", interopSecret, "-n", "1000", "-pcap", pcap)
	request := "Acct-Session-Id=00000001,User-Name=user0000001@example.net,Event-Timestamp=" + now()

	answer := radclient(t, nas.addr, "disconnect", interopSecret, request)
	assert.Contains(t, answer, "Received Disconnect-ACK")
	assert.Contains(t, answer, "Acct-Terminate-Cause = Admin-Reset")

	answer = radclient(t, nas.addr, "disconnect", interopSecret, request+",Message-Authenticator=0x00")
	assert.Contains(t, answer, "Received Disconnect-NAK")
	assert.Contains(t, answer, "Error-Cause = Session-Context-Not-Found")

	nas.stop(t)
	assert.Equal(t, counted{"Requests": 2, "ACKs": 1, "NAKs": 1, "NoContextNAKs": 1, "Sessions": 1}, nas.disconnect(t))
	judge(t, pcap, nas.port(), 2)
}

// radclient changes a session, which is a CoA-Request, and asks for what the host cannot do.
func TestInteropRadclientChanges(t *testing.T) {
	pcap := tempFile(t, "nas.pcap")
	nas := startNAS(t, "-secret", interopSecret, "-n", "1000", "-pcap", pcap)
	session := "Acct-Session-Id=00000002,Event-Timestamp=" + now() + ",Message-Authenticator=0x00,Proxy-State=0x0102,Proxy-State=0x03,"

	answer := radclient(t, nas.addr, "coa", interopSecret, session+`Filter-Id="gold",Session-Timeout=3600,Mikrotik-Rate-Limit="10M/10M",State=0x77`)
	assert.Contains(t, answer, "Received CoA-ACK")
	assert.Regexp(t, `(?s)Received.*Proxy-State = 0x0102.*Proxy-State = 0x03`, answer)
	assert.Regexp(t, `(?s)Received.*State = 0x77`, answer)

	answer = radclient(t, nas.addr, "coa", interopSecret, session+`Framed-Pool="another"`)
	assert.Contains(t, answer, "Received CoA-NAK")
	assert.Contains(t, answer, "Error-Cause = Unsupported-Attribute")

	nas.stop(t)
	assert.Equal(t, counted{"Requests": 2, "ACKs": 1, "NAKs": 1, "Sessions": 1}, nas.coa(t))
	judge(t, pcap, nas.port(), 2)
}

// What MIGRATING.md shows of a subprocess works as it says.
func TestInteropRadclientInASubprocess(t *testing.T) {
	nas := startNAS(t, "-secret", "s3cret", "-n", "1")
	require.NoError(t, radclientRun(t.Context(), nas.addr, "00000000"))
	require.EqualError(t, radclientRun(t.Context(), nas.addr, "00000001"), "no such session")
}

// The same datagram twice is one request and two answers, octet for octet.
func TestInteropDuplicateIsAnsweredFromMemory(t *testing.T) {
	nas := startNAS(t, "-secret", interopSecret, "-n", "1000")
	request := disconnectRequest("00000003").signed(interopSecret)
	socket := dial(t, nas.addr)

	first, second := exchange(t, socket, request), exchange(t, socket, request)
	require.Equal(t, byte(41), first[0], "Disconnect-ACK")
	require.Equal(t, first, second)

	nas.stop(t)
	assert.Equal(t, counted{"Requests": 1, "Duplicates": 1, "ACKs": 1, "Sessions": 1}, nas.disconnect(t))
}

// What cannot be trusted draws no answer, and one counter each; afterwards an honest request is
// still answered.
func TestInteropUntrustedDatagramsAreDropped(t *testing.T) {
	nas := startNAS(t, "-secret", interopSecret, "-n", "1000")
	socket := dial(t, nas.addr)

	good := disconnectRequest("00000004")
	good.messageAuthenticator(interopSecret)
	stale := disconnectRequest("00000004")
	stale.timestamp -= 301
	for name, datagram := range map[string][]byte{
		"wrong secret":              good.signed("another secret"),
		"bad Message-Authenticator": good.spoiled().signed(interopSecret),
		"stale Event-Timestamp":     stale.signed(interopSecret),
		"octets cut off":            good.signed(interopSecret)[:40],
	} {
		require.False(t, answered(t, socket, datagram), name)
	}
	require.Equal(t, byte(41), exchange(t, socket, good.signed(interopSecret))[0], "Disconnect-ACK")

	nas.stop(t)
	assert.Equal(t, counted{"Requests": 1, "ACKs": 1, "Sessions": 1, "BadAuthenticator": 2, "Dropped": 1, "Stale": 1, "Malformed": 1}, nas.disconnect(t))
}

// dacctl against FreeRADIUS, which insists on a Message-Authenticator: both requests, both answers.
func TestInteropDacctlAsksFreeRADIUS(t *testing.T) {
	addr := startFreeRADIUS(t)
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
		out, status := dacctl(t, c.kind, "-nas", addr, "-secret", interopSecret, "-pcap", pcap, "-x", "User-Name="+c.user, "Filter-Id=gold")
		assert.Equal(t, c.verdict, lastLine(out), out)
		assert.Equal(t, c.status, status)
		assert.Contains(t, out, `Filter-Id = "gold"`)
		judge(t, pcap, portOf(addr), 1)
	}
	_, status := dacctl(t, "coa", "-nas", addr, "-secret", "another secret", "-t", "0.1", "-r", "2", "User-Name=bob")
	assert.Equal(t, 2, status, "a wrong secret is no answer")
}

// dacctl sends a file to FreeRADIUS, and skips in a second run what the first was told.
func TestInteropDacctlSendsAFile(t *testing.T) {
	addr := startFreeRADIUS(t)
	pcap, file, results := tempFile(t, "dacctl.pcap"), tempFile(t, "packets"), tempFile(t, "results")
	require.NoError(t, os.WriteFile(file, []byte("# three\nUser-Name = \"bob\"\n\nUser-Name = nobody\n\nPacket-Type = CoA-Request\nUser-Name = eve\n"), 0o600))

	args := []string{"disconnect", "-nas", addr, "-secret", interopSecret, "-pcap", pcap, "-f", file, "-results", results, "-s"}
	out, status := dacctl(t, args...)
	assert.Equal(t, "2 ACK, 1 NAK, 0 no answer", lastLine(out), out)
	assert.Equal(t, 1, status)
	assert.Regexp(t, addr+` +CoA-ACK +1`, out)
	judge(t, pcap, portOf(addr), 3)

	out, status = dacctl(t, args...)
	assert.Equal(t, "2 ACK, 1 NAK, 0 no answer (3 of them in an earlier run)", lastLine(out), out)
	assert.Equal(t, 1, status)
	judge(t, pcap, portOf(addr), 0)
}

// Both halves are ours; the judge is not.
func TestInteropDacctlAsksOurNAS(t *testing.T) {
	atNAS, atClient := tempFile(t, "nas.pcap"), tempFile(t, "dacctl.pcap")
	nas := startNAS(t, "-secret", interopSecret, "-n", "1000", "-authorize-only", "-pcap", atNAS)
	file := tempFile(t, "packets")
	require.NoError(t, os.WriteFile(file, sessions(1000), 0o600))

	out, status := dacctl(t, "disconnect", "-nas", nas.addr, "-secret", interopSecret, "-f", file, "-pcap", atClient)
	assert.Equal(t, "1000 ACK, 0 NAK, 0 no answer", lastLine(out), out)
	assert.Equal(t, 0, status)
	judge(t, atClient, nas.port(), 1000)

	nas.stop(t)
	judge(t, atNAS, nas.port(), 1000)
}
