// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// printed is the configuration of FreeRADIUS that the doc of examples/proxy prints, from the line
// that begins so to the end of its block.
func printed(t *testing.T, begins string) string {
	text, err := os.ReadFile(filepath.Join("proxy", "main.go"))
	require.NoError(t, err)
	var block []string
	for line := range strings.Lines(string(text)) {
		code, is := strings.CutPrefix(line, "//\t")
		switch {
		case is && (len(block) > 0 || strings.HasPrefix(code, begins)):
			block = append(block, code)
		case len(block) > 0:
			return strings.Join(block, "")
		}
	}
	t.Fatalf("the doc prints no %q", begins)
	return ""
}

const originatingConfig = `
prefix = /usr
libdir = /usr/lib/freeradius
logdir = %[1]s
run_dir = %[1]s
raddbdir = %[1]s
modules {
	always ok {
		rcode = ok
	}
}
proxy server {
}
%[3]s
%[4]s
server theirs {
	listen {
		type = acct
		ipaddr = 127.0.0.1
		port = %[2]d
	}
	accounting {
		%[5]s
		ok
	}
}
`

// startOriginating runs FreeRADIUS with what the doc prints, towards the proxy at to, and tells
// where it listens.
func startOriginating(t *testing.T, to string) (addr string) {
	port, folder := freePort(t), t.TempDir()
	put := strings.NewReplacer("198.51.100.1", "127.0.0.1", "3799", portOf(to), "192.0.2.0/24", "127.0.0.1", `"..."`, `"`+interopSecret+`"`)
	config := fmt.Sprintf(originatingConfig, folder, port, put.Replace(printed(t, "home_server dynauth-coa")), put.Replace(printed(t, "client bngs")),
		printed(t, `if (&Connect-Info == "slow")`))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "radiusd.conf"), []byte(config), 0o600))
	cmd := exec.Command("freeradius", "-f", "-X", "-l", "stdout", "-d", folder)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	awaitLine(t, out, "Ready to process requests")
	return fmt.Sprint("127.0.0.1:", port)
}

// A said is what a program has printed so far.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func listenTo(r *bufio.Reader) *said {
	s := &said{}
	go func() {
		for {
			line, err := r.ReadString('\n')
			s.mu.Lock()
			s.text.WriteString(line)
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return s
}

func (s *said) contains(all ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.Lines(s.text.String()) {
		found := true
		for _, text := range all {
			found = found && strings.Contains(line, text)
		}
		if found {
			return true
		}
	}
	return false
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// FreeRADIUS originates a CoA-Request and a Disconnect-Request through the proxy to each of three
// NASes, by the configuration that the doc of the proxy prints.
func TestInteropFreeRADIUSOriginatesThroughProxy(t *testing.T) {
	var targets []map[string]any
	var heard []*said
	var nases []*nasProcess
	for i := range 3 {
		ip := fmt.Sprintf("192.0.2.%d", i+1)
		nas := startNAS(t, "-secret", interopSecretA, "-n", "10", "-nas-ip", ip, "-v")
		nases, heard = append(nases, nas), append(heard, listenTo(nas.out))
		targets = append(targets, map[string]any{"name": fmt.Sprint("bng-", i), "address": nas.addr, "secret": interopSecretA, "nas_addresses": []string{ip}})
	}
	text, err := json.Marshal(map[string]any{"listen": []string{"127.0.0.1:0"}, "clients": []any{map[string]any{"prefix": "127.0.0.1", "secret": interopSecret}}, "targets": targets})
	require.NoError(t, err)
	config := tempFile(t, "proxy.json")
	require.NoError(t, os.WriteFile(config, text, 0o600))
	proxy := startProgram(t, "proxy", "-config", config)
	accounting := startOriginating(t, proxy.addr)
	for _, what := range []string{"slow", "out"} {
		for i := range 3 {
			answer := radclient(t, accounting, "acct", interopSecret, fmt.Sprintf(
				"Acct-Status-Type=Interim-Update,Acct-Session-Id=0000000%[1]d,User-Name=user000000%[1]d@example.net,NAS-IP-Address=192.0.2.%[2]d,Connect-Info=%[3]s", i, i+1, what))
			require.Contains(t, answer, "Received Accounting-Response")
			code := map[string]string{"slow": "CoA", "out": "Disconnect"}[what]
			require.Eventually(t, func() bool { return heard[i].contains(code, "ACK") }, peerTime, 10*time.Millisecond, "%s: NAS %d said\n%v", what, i, heard[i])
		}
	}
	for i, nas := range nases { // and the sessions are gone
		answer := radclient(t, nas.addr, "disconnect", interopSecretA, fmt.Sprintf("Acct-Session-Id=0000000%d,Event-Timestamp=%s", i, now()))
		require.Contains(t, answer, "Session-Context-Not-Found")
	}
}
