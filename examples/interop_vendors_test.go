// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// beyond are attributes that are younger than FreeRADIUS's dictionaries, or of vendors that have
// none there.
var beyond = []string{"Accel-VRF-Name", "Cisco-Lawful-Intercept", "Alc-BRG-Id", "Alc-Serv-Name", "Alc-Sub-Serv-Activate", "Alc-Sub-Serv-Deactivate",
	"Alc-Dyn-Serv-SAP-Id", "Alc-Dyn-Serv-Script-Params", "Alc-Dyn-Serv-Script-Action"}

// asPasswords are hidden in other ways than by salt, see TestNothingThatIsEncryptedLeavesInClear of
// package dac.
var asPasswords = []string{"MS-CHAP-MPPE-Keys", "Ascend-Send-Secret", "Ascend-Receive-Secret"}

// FreeRADIUS, told a name and a value, puts the octets on the wire that the rows have, which our
// own tests compare with ours.
func TestInteropRadclientMakesTheOctetsOfEveryVendorKey(t *testing.T) {
	type row struct{ line, octets string }
	var rows []row
	for line := range strings.Lines(readFile(t, "../attrs/vendors/testdata/keys.tsv")) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		name, _, _ := strings.Cut(f[0], ":")
		if f[0] == "name" || slices.Contains(beyond, name) || slices.Contains(asPasswords, name) || attrs.IsHidden(idOf(t, name)) {
			continue
		}
		rows = append(rows, row{f[0] + " = " + quoted(name, f[1]), f[2]})
	}
	require.Greater(t, len(rows), 1000)
	for chunk := range slices.Chunk(rows, 120) {
		var lines []string
		for _, r := range chunk {
			lines = append(lines, r.line)
		}
		set := sentByRadclient(t, strings.Join(lines, "\n"))
		require.Len(t, set, len(chunk))
		for i, avp := range set {
			b := append([]byte{byte(avp.Type), byte(2 + len(avp.Attribute))}, avp.Attribute...)
			assert.Equal(t, chunk[i].octets, hex.EncodeToString(b), chunk[i].line)
		}
	}
}

func readFile(t *testing.T, name string) string {
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

func idOf(t *testing.T, name string) attrs.ID {
	for d := range attrs.Registered() {
		if strings.EqualFold(d.Name, name) {
			return d.ID
		}
	}
	require.Fail(t, "not registered", name)
	return attrs.ID{}
}

// quoted puts texts into quotes, and times as FreeRADIUS reads them.
func quoted(name, value string) string {
	for d := range attrs.Registered() {
		switch {
		case d.Name != name:
		case d.Type == "string":
			return `"` + value + `"`
		}
	}
	return value
}

// sentByRadclient returns the attributes that radclient makes of lines, as they crossed the wire.
func sentByRadclient(t *testing.T, lines string) radius.Attributes {
	t.Helper()
	pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer pc.Close()
	ctx, cancel := context.WithTimeout(t.Context(), peerTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "radclient", "-r", "1", "-t", "30", pc.LocalAddr().String(), "coa", interopSecret)
	cmd.Stdin = strings.NewReader(lines + "\n")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	defer cmd.Wait()
	defer cancel()
	b := make([]byte, 8192)
	require.NoError(t, pc.SetReadDeadline(time.Now().Add(10*time.Second)))
	n, err := pc.Read(b)
	require.NoError(t, err, "radclient sent nothing")
	set, err := radius.ParseAttributes(b[20:n])
	require.NoError(t, err)
	return set
}

// radclient hides the attributes of mirroring in the way of Tunnel-Password; a NAS of ours reveals
// them, and prints none.
func TestInteropRadclientMirroringIsRevealed(t *testing.T) {
	got := make(chan *dac.Request, 1)
	addr, _ := startServer(t, func(_ context.Context, r *dac.Request) (*dac.Response, error) {
		got <- r
		return r.ACK()
	})
	answer := radclient(t, addr.String(), "coa", interopSecret, "Acct-Session-Id = 1\nERX-LI-Action = on\nERX-Med-Dev-Handle = 0xdeadbeef\nERX-Med-Ip-Address = 192.0.2.9\nERX-Med-Port-Number = 2152")
	assert.Contains(t, answer, "Received CoA-ACK")
	r := <-got
	m, ok, err := juniper.MirrorOf(r)
	require.NoError(t, err)
	require.True(t, ok)
	assert.Equal(t, juniper.MirrorOn, m.Action)
	assert.Equal(t, "deadbeef", hex.EncodeToString(m.Handle))
	assert.True(t, m.Device == netip.MustParseAddrPort("192.0.2.9:2152"))
	for line := range attrs.Format(r.Attributes()) {
		assert.True(t, strings.HasPrefix(line, "Acct-Session-Id") || strings.HasPrefix(line, "Event-Timestamp") || strings.HasPrefix(line, "Message-Authenticator") ||
			strings.HasSuffix(line, " = [hidden]"), line)
	}
}

// startServer answers with h until the test ends, and captures what crosses the wire.
func startServer(t *testing.T, h dac.HandlerFunc) (netip.AddrPort, *bytes.Buffer) {
	pcap := new(bytes.Buffer)
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &dac.Server{Peers: dac.PeerMap{netip.MustParsePrefix("127.0.0.0/8"): {Secret: interopSecret}}, Handler: h, Trace: dac.PcapTo(pcap)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, pc) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	return netip.MustParseAddrPort(pc.LocalAddr().String()), pcap
}

// unknownToWireshark are attributes that Wireshark's dictionaries may not have: of vendors that it
// does not know, and young ones.
var unknownToWireshark = []string{"Accel-VRF-Name", "Arista-BlockMac", "Arista-PortFlap", "Arista-UnblockMac", "Force10-AVPair", "Fortinet-Host-Port-AVPair", "HP-User-Role", "Juniper-AV-Pair", "Pica8-AVPair"}

// Wireshark names the attributes of each action, in a capture of requests that our Client would
// send.
func TestInteropTsharkNamesTheAttributesOfActions(t *testing.T) {
	var file bytes.Buffer
	trace := dac.PcapTo(&file)
	var names []string
	var ids [][]attrs.ID
	for name, r := range requestsOfActions(t) {
		wire, err := r.AppendSigned(nil, byte(len(names)), interopSecret)
		require.NoError(t, err, name)
		trace(dac.Event{Time: time.Now(), Op: dac.Sent, Local: netip.MustParseAddrPort("192.0.2.1:40000"), Peer: netip.MustParseAddrPort("192.0.2.2:3799"), Wire: wire})
		names, ids = append(names, name), append(ids, nil)
		for id, err := range attrs.IDs(r.Attributes()) {
			require.NoError(t, err, name)
			if id.Vendor != 0 {
				ids[len(ids)-1] = append(ids[len(ids)-1], id.Base())
			}
		}
	}
	pcap := tempFile(t, "actions.pcap")
	require.NoError(t, os.WriteFile(pcap, file.Bytes(), 0o600))
	out, err := exec.CommandContext(t.Context(), "tshark", "-r", pcap, "-V").Output()
	require.NoError(t, err)
	frames := regexp.MustCompile(`(?m)^Frame \d+:`).Split(string(out), -1)[1:]
	require.Len(t, frames, len(names))
	for i, frame := range frames {
		assert.False(t, strings.Contains(frame, "Malformed"), names[i])
		for _, id := range ids[i] {
			young := slices.Contains(unknownToWireshark, id.String())
			vsa := regexp.MustCompile(fmt.Sprintf(`vnd=[^\n]*\(%d\)(?s:.*?)VSA: t=([^(\n]*)\(%d\)`, id.Vendor, id.Sub)).FindStringSubmatch(frame)
			if vsa == nil {
				assert.True(t, young && strings.Contains(frame, fmt.Sprintf("(%d)", id.Vendor)), "%s: %v is not there", names[i], id)
				continue
			}
			assert.True(t, young || vsa[1] != "Unknown-Attribute", "%s: %v has no name", names[i], id)
		}
	}
}

// requestsOfActions yields a request for each action that a command line can name, and for each
// function of a vendor's package.
func requestsOfActions(t *testing.T) iter.Seq2[string, *dac.Request] {
	arguments := map[string]string{"VRF": "blue", "MAC": "0010.a423.19c0", "SECONDS": "12", "ROLE": "guest", "SERVICE": "gold", "FILTER": "slow", "RATE": "10M/10M", "[last|rerun]": "last",
		"on|off|noop": "on", "[ADDRESS:PORT]": "192.0.2.9:6000", "[HANDLE]": "0x00000001"}
	return func(yield func(string, *dac.Request) bool) {
		for a := range profile.Actions() {
			var args []string
			for _, name := range a.Args {
				args = append(args, arguments[name])
			}
			made, err := a.Make(args...)
			require.NoError(t, err, a.Name)
			r, err := dac.NewCoA(attrs.AcctSessionID.Of("1"), made)
			if a.Code == radius.CodeDisconnectRequest {
				r, err = dac.NewDisconnect(attrs.AcctSessionID.Of("1"), made)
			}
			require.NoError(t, err, a.Name)
			if !yield(a.Name, r) {
				return
			}
		}
		for name, made := range vendorActions() {
			r, err := dac.NewCoA(attrs.AcctSessionID.Of("1"), made)
			require.NoError(t, err, name)
			if !yield(name, r) {
				return
			}
		}
	}
}
