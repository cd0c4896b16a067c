// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/stretchr/testify/require"
)

// openssl is the program, without which a test is passed over; .ci/run installs it.
func openssl(t *testing.T) string {
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	return path
}

// files writes a certificate, its key and the authority.
func files(t *testing.T, ca *radsectest.CA, name string) (cert, key, authority string) {
	dir := t.TempDir()
	c, k := radsectest.PEM(ca.Issue([]string{name}))
	cert, key, authority = filepath.Join(dir, "cert"), filepath.Join(dir, "key"), filepath.Join(dir, "ca")
	require.NoError(t, os.WriteFile(cert, c, 0o600))
	require.NoError(t, os.WriteFile(key, k, 0o600))
	require.NoError(t, os.WriteFile(authority, ca.PEM(), 0o600))
	return cert, key, authority
}

// A process is openssl with what it writes.
type process struct {
	in  io.WriteCloser
	out *os.File
	all bytes.Buffer
}

func start(t *testing.T, args ...string) *process {
	cmd := exec.CommandContext(t.Context(), openssl(t), args...)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = w, w
	require.NoError(t, cmd.Start())
	w.Close()
	t.Cleanup(func() { in.Close(); cmd.Process.Kill(); cmd.Wait(); r.Close() })
	return &process{in: in, out: r}
}

// until reads until want has come, for ten seconds at most.
func (p *process) until(t *testing.T, want []byte) {
	require.NoError(t, p.out.SetReadDeadline(time.Now().Add(10*time.Second)))
	buf := make([]byte, 4096)
	for !bytes.Contains(p.all.Bytes(), want) {
		n, err := p.out.Read(buf)
		p.all.Write(buf[:n])
		require.NoError(t, err, "no %q in:\n%s", want, p.all.String())
	}
}

// opensslRequest is a signed Disconnect-Request for a user whose name begins with name, without a
// line feed in it, which openssl sends as one record.
func opensslRequest(t *testing.T, name string) []byte {
	for more := 0; ; more++ {
		q, err := dac.NewDisconnect(attrs.UserName.Of(fmt.Sprint(name, more)))
		require.NoError(t, err)
		b, err := q.Packet.MarshalBinary()
		require.NoError(t, err)
		b[1] = 77
		dactest.SignRequest(b, secret)
		if !bytes.ContainsAny(b, "\n\r") && b[0] != 'Q' && b[0] != 'R' {
			return b
		}
	}
}

// TestOpenSSLOpensASession: openssl s_client is the AAA server of a NAS that listens.
func TestOpenSSLOpensASession(t *testing.T) {
	openssl(t)
	ca := radsectest.NewCA()
	cert, key, authority := files(t, ca, "aaa.example.net")
	peers := KeyPeers{"aaa-1": {Key: testKey}}
	cfg := Certificates(ca.Issue([]string{"nas.example.net"}), ca.Pool())
	cfg.Keys = peers
	var served atomic.Int64
	srv := &dac.Server{
		Peers: dac.JoinPeers(dac.CertPeers{"aaa.example.net": {}}, peers),
		Handler: dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
			served.Add(1)
			return r.ACK(attrs.ReplyMessage.Of("gone from " + r.Peer))
		}),
	}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, srv, pc, cfg) }()
	byCert := []string{"-cert", cert, "-key", key, "-CAfile", authority, "-verify_return_error", "-verify_hostname", "nas.example.net"}
	byKey := []string{"-psk_identity", "aaa-1", "-psk", hex.EncodeToString([]byte(testKey)), "-cipher"}
	for _, one := range []struct {
		name, peer string
		args       []string
	}{
		{"certificates", "aaa.example.net", byCert},
		{"a small MTU", "aaa.example.net", append([]string{"-mtu", "300"}, byCert...)},
		{"key", "aaa-1", append(byKey[:len(byKey):len(byKey)], "ECDHE-PSK-CHACHA20-POLY1305")},
		{"key, CBC", "aaa-1", append(byKey[:len(byKey):len(byKey)], "ECDHE-PSK-AES128-CBC-SHA256")},
	} {
		t.Run(one.name, func(t *testing.T) {
			before := served.Load()
			p := start(t, append([]string{"s_client", "-dtls1_2", "-quiet", "-connect", pc.LocalAddr().String()}, one.args...)...)
			_, err := p.in.Write(opensslRequest(t, one.name))
			require.NoError(t, err)
			p.until(t, []byte("gone from "+one.peer))
			require.Equal(t, before+1, served.Load())
			p.in.Close()
		})
	}
	stop()
	require.NoError(t, <-ended)
	require.EqualValues(t, 4, cfg.Stats().Opened)

	t.Run("refused", func(t *testing.T) { // a suite without forward secrecy
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		go func() { ended <- Serve(ctx, srv, pc, cfg) }()
		p := start(t, "s_client", "-dtls1_2", "-connect", pc.LocalAddr().String(), "-psk_identity", "aaa-1", "-psk", hex.EncodeToString([]byte(testKey)), "-cipher", "PSK-AES128-GCM-SHA256")
		p.until(t, []byte("alert"))
		stop()
		require.NoError(t, <-ended)
	})
}

// TestOpenSSLIsDialled: openssl s_server is a NAS to which this end opens the session. It sends
// what it is told to, and shows what it gets: our Status-Server.
func TestOpenSSLIsDialled(t *testing.T) {
	openssl(t)
	ca := radsectest.NewCA()
	cert, key, authority := files(t, ca, "127.0.0.1")
	for name, cfg := range map[string]*Config{
		"certificates": Certificates(ca.Issue([]string{"aaa.example.net"}), ca.Pool()),
		"key":          {Identity: "aaa-1", Key: testKey},
	} {
		t.Run(name, func(t *testing.T) {
			free, err := net.ListenPacket("udp", "127.0.0.1:0")
			require.NoError(t, err)
			addr := free.LocalAddr().String()
			require.NoError(t, free.Close())
			args := []string{"s_server", "-dtls1_2", "-listen", "-accept", addr, "-msg", "-cert", cert, "-key", key, "-CAfile", authority, "-Verify", "1", "-verify_return_error"}
			if cfg.Key != "" {
				args = []string{"s_server", "-dtls1_2", "-listen", "-accept", addr, "-msg", "-nocert", "-psk_identity", "aaa-1", "-psk", hex.EncodeToString([]byte(testKey)), "-cipher", "ECDHE-PSK-CHACHA20-POLY1305"}
			}
			p := start(t, args...)
			p.until(t, []byte("ACCEPT"))
			conn, err := Dial(t.Context(), addr, cfg)
			require.NoError(t, err)
			p.until(t, []byte("\x0c\x00\x00\x26")) // Status-Server
			require.NoError(t, conn.Err())
			require.NoError(t, conn.Close())
		})
	}
}
