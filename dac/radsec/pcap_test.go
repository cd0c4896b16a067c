// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// capture is a file that the Trace of one half writes.
func capture(t *testing.T, name string) (*os.File, func(dac.Event)) {
	file, err := os.Create(filepath.Join(t.TempDir(), name))
	require.NoError(t, err)
	return file, dac.PcapTo(file)
}

// tshark reads what the halves of a connection traced as the doc of dac.PcapTo says. Of RADIUS/1.0
// it finds every authenticator right; of RADIUS/1.1, which has none, it shows the packets with
// Identifier 0, and the Token where the authenticator was.
func TestPcapOverTLSOpensInTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	for version, alpn := range map[dac.Version]string{dac.RADIUS10: "radius/1.0", dac.RADIUS11: "radius/1.1"} {
		t.Run(alpn, func(t *testing.T) {
			ofNAS, traceNAS := capture(t, "nas.pcap")
			ofHub, traceHub := capture(t, "hub.pcap")
			hub := newHub()
			addr := startHub(t, hub)
			cfg := TLS(client("bng-1.nas.example.net"))
			cfg.TLS.ServerName = "hub.example.net"
			cfg.Versions = []dac.Version{version}
			srv := &dac.Server{Peers: dac.CertPeers{"hub.example.net": {}}, Trace: traceNAS, Handler: dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
				if user, _ := attrs.UserName.Get(r.Packet.Attributes); user == "eve" {
					return nil, errcause.SessionContextNotFound
				}
				return r.ACK()
			})}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- DialAndServe(ctx, srv, addr, cfg) }()
			connected(t, hub, "bng-1.nas.example.net", 1)
			nas := hub.NAS("bng-1.nas.example.net")
			c := &dac.Client{Peers: hub, Trace: traceHub}
			_, err := c.Disconnect(ctx, nas, attrs.UserName.Of("bob"))
			require.NoError(t, err)
			_, err = c.CoA(ctx, nas, attrs.UserName.Of("eve"))
			require.ErrorIs(t, err, errcause.SessionContextNotFound)
			require.NoError(t, c.Close())
			cancel()
			require.NoError(t, <-done)
			_, port, _ := strings.Cut(addr, ":")
			for _, file := range []*os.File{ofNAS, ofHub} {
				require.NoError(t, file.Close())
				packets := readByTshark(t, tshark, file.Name(), "-d", "udp.port=="+port+",radius")
				require.Len(t, packets, 4)
				for i, p := range packets {
					code, id, sum, authenticator, right, wrong, user, cause := p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]
					answer := i%2 == 1
					require.Equal(t, []string{"40", "41", "43", "45"}[i], code)
					require.Equal(t, "1", sum, "checksum of the datagram")
					require.Equal(t, []string{"bob", "", "eve", ""}[i], user)
					require.Equal(t, map[bool]string{true: "503"}[i == 3], cause)
					require.Empty(t, strings.Join(p[8:], ""), "nothing malformed, no remark")
					if version == dac.RADIUS10 {
						require.Equal(t, map[bool][2]string{true: {"1", "0"}}[answer], [2]string{right, wrong})
						continue
					}
					require.Equal(t, "0", id)
					require.Equal(t, packets[i&^1][3], authenticator, "the Token of the request")
					require.Regexp(t, "^[0-9a-f]{8}0{24}$", authenticator)
				}
			}
		})
	}
}

// readByTshark returns what tshark finds in the packets of a file.
func readByTshark(t *testing.T, tshark, file string, more ...string) (packets [][]string) {
	args := []string{"-r", file, "-d", "udp.port==2083,radius", "-o", "radius.shared_secret:radsec", "-o", "radius.validate_authenticator:TRUE",
		"-o", "udp.check_checksum:TRUE", "-T", "fields", "-E", "separator=/t"}
	for _, field := range []string{"radius.code", "radius.id", "udp.checksum.status", "radius.authenticator", "radius.authenticator.valid",
		"radius.authenticator.invalid", "radius.User_Name", "radius.Error_Cause", "_ws.malformed", "_ws.expert.message"} {
		args = append(args, "-e", field)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(tshark, append(args, more...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	for line := range strings.Lines(string(out)) {
		packets = append(packets, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return packets
}
