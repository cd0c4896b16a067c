// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/stretchr/testify/require"
)

// files writes a certificate of names, its key and the authority, and returns the flags for them.
func files(t *testing.T, folder string, ca *radsectest.CA, names ...string) []string {
	cert, key := radsectest.PEM(ca.Issue(names))
	for name, b := range map[string][]byte{"cert.pem": cert, "key.pem": key, "ca.pem": ca.PEM()} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), b, 0o600))
	}
	return []string{"-cert", filepath.Join(folder, "cert.pem"), "-key", filepath.Join(folder, "key.pem"), "-ca", filepath.Join(folder, "ca.pem")}
}

// startTLS runs the program until it has printed n lines, and returns the addresses in them, and
// what it has printed when it ends.
func startTLS(t *testing.T, n int, reloads <-chan struct{}, args ...string) (addrs []netip.AddrPort, stop func() string) {
	ctx, cancel := context.WithCancel(command.WithReloads(context.Background(), reloads))
	in, out := io.Pipe()
	var stderr, rest bytes.Buffer
	var wg sync.WaitGroup
	wg.Go(func() {
		run(ctx, args, out, &stderr)
		out.Close()
	})
	lines := bufio.NewReader(in)
	for range n {
		line, err := lines.ReadString('\n')
		if err != nil {
			cancel()
			wg.Wait()
			t.Fatal(stderr.String())
		}
		addrs = append(addrs, netip.MustParseAddrPort(regexp.MustCompile(`\S+:\d+`).FindString(line)))
	}
	wg.Go(func() { io.Copy(&rest, lines) })
	stop = sync.OnceValue(func() string {
		cancel()
		wg.Wait()
		return rest.String()
	})
	t.Cleanup(func() { stop() })
	return addrs, stop
}

func over(ca *radsectest.CA, names ...string) *dac.Client {
	return &dac.Client{Retry: dac.Retry{Initial: 100 * time.Millisecond, Duration: 3 * time.Second}, Peers: dac.AnyPeer(dac.Peer{Via: radsec.TLS(ca.Config(names...)), ServerName: "nas.example.net"})}
}

func TestNASOverTLSAloneAsksForNoSecretAndOpensNoSocket(t *testing.T) {
	ca := radsectest.NewCA()
	keys := filepath.Join(t.TempDir(), "keys")
	addrs, stop := startTLS(t, 1, nil, append(files(t, t.TempDir(), ca, "nas.example.net"), "-listen-tls", "127.0.0.1:0", "-n", "10", "-v", "-keylog", keys)...)
	c := over(ca, "anyone.example.org")
	defer c.Close()
	_, err := c.Disconnect(t.Context(), addrs[0], attrs.AcctSessionID.Of("00000001"))
	require.NoError(t, err)
	pc, err := net.ListenPacket("udp", addrs[0].String())
	require.NoError(t, err, "no socket of UDP is open there")
	pc.Close()
	said := stop()
	require.Regexp(t, `Requests +1 `, said)
	require.Contains(t, said, "(anyone.example.org, tls) id ", "each line says who")
	b, err := os.ReadFile(keys)
	require.NoError(t, err)
	require.Contains(t, string(b), "CLIENT_")
}

func TestNASOverTLSTakesThePeersThatAreNamed(t *testing.T) {
	ca := radsectest.NewCA()
	args := append(files(t, t.TempDir(), ca, "nas.example.net"), "-listen-tls", "127.0.0.1:0", "-listen", "127.0.0.1:0", "-secret", testSecret, "-n", "10",
		"-tls-peer", "aaa.example.net", "-tls-peer", "*.billing.example.net")
	addrs, _ := startTLS(t, 2, nil, args...)
	for name, known := range map[string]bool{"aaa.example.net": true, "a.billing.example.net": true, "www.example.net": false} {
		c := over(ca, name)
		_, err := c.Disconnect(t.Context(), addrs[1], attrs.AcctSessionID.Of("00000001"))
		if known {
			require.NotErrorIs(t, err, dac.ErrNoAnswer)
			require.True(t, err == nil || errors.Is(err, errcause.SessionContextNotFound), err)
		} else {
			require.ErrorIs(t, err, dac.ErrNoAnswer)
		}
		c.Close()
	}
	c := &dac.Client{Peers: dac.SharedSecret(testSecret)}
	defer c.Close()
	_, err := c.Disconnect(t.Context(), addrs[0], attrs.AcctSessionID.Of("00000002"))
	require.NoError(t, err, "and over UDP")
}

func TestNASConnectsAndIsAskedDownThatConnection(t *testing.T) {
	ca := radsectest.NewCA()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	hub := &radsec.Server{Config: radsec.TLS(ca.Config("aaa.example.net", "127.0.0.1")), Peers: dac.CertPeers{"nas.example.net": {ReverseCoA: true}}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go hub.Serve(ctx, ln)
	startTLS(t, 1, nil, append(files(t, t.TempDir(), ca, "nas.example.net"), "-dial-tls", ln.Addr().String(), "-n", "10")...)
	require.Eventually(t, func() bool { return len(hub.NASes()) == 1 }, 10*time.Second, time.Millisecond)
	c := &dac.Client{Peers: hub}
	defer c.Close()
	_, err = c.Disconnect(t.Context(), hub.NAS("nas.example.net"), attrs.AcctSessionID.Of("00000001"))
	require.NoError(t, err)
}

func TestNASReadsItsCertificatesAgain(t *testing.T) {
	old, young, folder := radsectest.NewCA(), radsectest.NewCA(), t.TempDir()
	reloads := make(chan struct{})
	addrs, _ := startTLS(t, 1, reloads, append(files(t, folder, old, "nas.example.net"), "-listen-tls", "127.0.0.1:0", "-n", "10")...)
	before := over(old, "aaa.example.net")
	defer before.Close()
	_, err := before.Disconnect(t.Context(), addrs[0], attrs.AcctSessionID.Of("00000001"))
	require.NoError(t, err)

	require.NoError(t, os.WriteFile(filepath.Join(folder, "ca.pem"), []byte("no certificate"), 0o600))
	reloads <- struct{}{}
	_, err = before.Disconnect(t.Context(), addrs[0], attrs.AcctSessionID.Of("00000002"))
	require.NoError(t, err, "what cannot be read changes nothing")

	files(t, folder, young, "nas.example.net")
	reloads <- struct{}{}
	reloads <- struct{}{} // the first one has been seen to
	after := over(young, "aaa.example.net")
	defer after.Close()
	_, err = after.Disconnect(t.Context(), addrs[0], attrs.AcctSessionID.Of("00000003"))
	require.NoError(t, err)
	_, err = before.Disconnect(t.Context(), addrs[0], attrs.AcctSessionID.Of("00000004"))
	require.Error(t, err, "the old connection is closed, and the old authority is none")
}

func TestTLSFlagsThatDoNotGoTogether(t *testing.T) {
	given := files(t, t.TempDir(), radsectest.NewCA(), "nas.example.net")
	for want, args := range map[string][]string{
		"go with -listen-tls or -dial-tls":           append([]string{"-secret", "s"}, given...),
		"need -cert, -key and -ca":                   {"-listen-tls", "127.0.0.1:0"},
		"-secret and -client are for UDP":            append([]string{"-listen-tls", "127.0.0.1:0", "-secret", "s"}, given...),
		"who may send?":                              append([]string{"-listen-tls", "127.0.0.1:0", "-listen", "127.0.0.1:0"}, given...),
		"TLS \"1.1\": 1.2 or 1.3":                    append([]string{"-listen-tls", "127.0.0.1:0", "-tls-version", "1.1"}, given...),
		"RADIUS \"2\": 1.0 or 1.1":                   append([]string{"-listen-tls", "127.0.0.1:0", "-radius", "2"}, given...),
		"no such file":                               {"-listen-tls", "127.0.0.1:0", "-cert", "none", "-key", "none", "-ca", "none"},
		"-web-control sends over UDP":                append([]string{"-listen-tls", "127.0.0.1:0", "-web", "127.0.0.1:0", "-web-control"}, given...),
		"a key is a dNSName":                         append([]string{"-listen-tls", "127.0.0.1:0", "-tls-peer", "a b"}, given...),
		"give an address of this machine and a port": append([]string{"-listen-tls", "192.0.2.1:1"}, given...),
		"-listen-tls \"\": missing port":             append([]string{"-listen-tls", ""}, given...),
		"-listen-tls \":x\"":                         append([]string{"-listen-tls", ":x"}, given...),
		"-dial-tls \"\": give the host":              append([]string{"-dial-tls", ""}, given...),
		"-dial-tls \":2083\": give the host":         append([]string{"-dial-tls", ":2083"}, given...),
		"-dial-tls \"aaa:x\": give the host":         append([]string{"-dial-tls", "aaa:x"}, given...),
		"RADIUS/1.1 takes TLS 1.3":                   append([]string{"-listen-tls", "127.0.0.1:0", "-tls-version", "1.2", "-radius", "1.1"}, given...),
		"Server.MaxHandlers is negative":             append([]string{"-listen-tls", "127.0.0.1:0", "-max-handlers", "-1"}, given...),
		"Server.Window of 1s is shorter":             {"-listen", "127.0.0.1:0", "-secret", testSecret, "-window", "1s"},
	} {
		var out, stderr bytes.Buffer
		require.NotZero(t, run(t.Context(), args, &out, &stderr), want)
		require.Contains(t, stderr.String(), want)
		require.Empty(t, out.String(), "no line says that it listens")
	}
}
