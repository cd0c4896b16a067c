// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The secrets that FreeRADIUS has with a NAS, and with whom it feeds.
const (
	interopSecretAccounting = "s3cret of accounting"
	interopSecretRelay      = "s3cret of the relay"
)

// A RADIUS server that somebody has, and what its operator adds to feed examples/aaa and
// examples/proxy: the home server, and one of the two ways. The docs of both say the same.
const feedingConfig = `
prefix = /usr
libdir = /usr/lib/freeradius
logdir = %[1]s
run_dir = %[1]s
raddbdir = %[1]s
modules {
	always ok {
		rcode = ok
	}
	replicate {
	}
	detail {
		filename = %[1]s/dynauth
		permissions = 0600
	}
}
client nas {
	ipaddr = 127.0.0.1
	secret = "` + interopSecretAccounting + `"
}
proxy server {
}
home_server dynauth {
	type = acct
	ipaddr = 127.0.0.1
	port = %[3]s
	secret = "` + interopSecretRelay + `"
}
home_server_pool dynauth {
	home_server = dynauth
}
realm dynauth {
	acct_pool = dynauth
}
server theirs {
	listen {
		type = acct
		ipaddr = 127.0.0.1
		port = %[2]d
	}
	%[4]s
}
`

// The two ways, of which the second begins with what stands in the server that the NASes talk to.
var feedingWays = map[string]string{
	"replicate": `
	accounting {
		update control {
			&Replicate-To-Realm := "dynauth"
		}
		replicate
	}`,
	"detail": `
	accounting {
		detail
	}
}
server dynauth {
	listen {
		type = detail
		filename = %[1]s/dynauth
		load_factor = 10
		poll_interval = 1
	}
	preacct {
		update control {
			&Proxy-To-Realm := "dynauth"
		}
	}
	accounting {
		ok
	}`,
}

// startFeeding runs FreeRADIUS as the accounting server of NASes, which it acknowledges, and tells
// where it listens.
func startFeeding(t *testing.T, way, to string) (addr string) {
	port, folder := freePort(t), t.TempDir()
	ways := strings.ReplaceAll(feedingWays[way], "%[1]s", folder)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "radiusd.conf"), fmt.Appendf(nil, feedingConfig, folder, port, portOf(to), ways), 0o600))
	cmd := exec.Command("freeradius", "-f", "-X", "-l", "stdout", "-d", folder)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	awaitLine(t, out, "Ready to process requests")
	return fmt.Sprint("127.0.0.1:", port)
}

// Accounting that FreeRADIUS hands on says where a session is: whoever asks over HTTP ends it at
// the NAS, with nothing known but the user's name.
func TestInteropFreeRADIUSFeedsAAA(t *testing.T) {
	for way := range feedingWays {
		t.Run(way, func(t *testing.T) {
			nas := startNAS(t, "-secret", interopSecret, "-n", "10")
			aaa := startProgram(t, "aaa", "-nas", "127.0.0.1="+interopSecret, "-port", nas.port(), "-relay", "127.0.0.1="+interopSecretRelay,
				"-accounting", "127.0.0.1:0", "-http", "127.0.0.1:0")
			accounting := startFeeding(t, way, aaa.addrs[1])
			answer := radclient(t, accounting, "acct", interopSecretAccounting,
				"Acct-Status-Type=Start,Acct-Session-Id=00000003,User-Name=user0000003@example.net,NAS-IP-Address=127.0.0.1")
			require.Contains(t, answer, "Received Accounting-Response")

			status, body := postUntilKnown(t, aaa.addr, "/disconnect", `{"who": {"User-Name": "user0000003@example.net"}}`)
			assert.Equal(t, http.StatusOK, status)
			assert.Contains(t, body, `"verdict":"Disconnect-ACK"`)
			assert.Contains(t, body, `"nas":"`+nas.addr+`"`)

			answer = radclient(t, accounting, "acct", interopSecretAccounting, "Acct-Status-Type=Stop,Acct-Session-Id=00000003,User-Name=user0000003@example.net,NAS-IP-Address=127.0.0.1")
			require.Contains(t, answer, "Received Accounting-Response")
			require.Eventually(t, func() bool {
				status, _ := post(t, aaa.addr, "/disconnect", `{"who": {"User-Name": "user0000003@example.net"}}`)
				return status == http.StatusNotFound
			}, peerTime, 50*time.Millisecond, "what has ended is forgotten")
			nas.stop(t)
			assert.EqualValues(t, 1, nas.disconnect(t)["ACKs"])
		})
	}
}

// The same feeds a proxy, which finds the NAS by what the copy says of it.
func TestInteropFreeRADIUSFeedsTheProxy(t *testing.T) {
	for way := range feedingWays {
		t.Run(way, func(t *testing.T) {
			a, b := startNAS(t, "-secret", interopSecretA, "-n", "10"), startNAS(t, "-secret", interopSecretB, "-n", "10")
			proxy := startProgram(t, "proxy", "-config", proxyConfig(t, a, b, func(c map[string]any) {
				c["accounting"] = map[string]any{"listen": "127.0.0.1:0", "clients": []map[string]any{{"prefix": "127.0.0.1", "secret": interopSecretRelay, "relays": true}}}
			}))
			accounting := startFeeding(t, way, proxy.addrs[1])
			answer := radclient(t, accounting, "acct", interopSecretAccounting, "Acct-Status-Type=Start,Acct-Session-Id=00000003,User-Name=user0000003@example.net,NAS-Identifier=bng-b")
			require.Contains(t, answer, "Received Accounting-Response")
			require.Eventually(t, func() bool {
				answer = radclient(t, proxy.addr, "disconnect", interopSecret, "User-Name=user0000003@example.net")
				return !strings.Contains(answer, "Error-Cause = Proxy-Request-Not-Routable")
			}, peerTime, 50*time.Millisecond)
			assert.Contains(t, answer, "Received Disconnect-ACK")
			b.stop(t)
			assert.EqualValues(t, 1, b.disconnect(t)["ACKs"])
		})
	}
}

func post(t *testing.T, addr, path, body string) (status int, answer string) {
	resp, err := http.Post("http://"+addr+path, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	var raw json.RawMessage
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&raw))
	return resp.StatusCode, string(raw)
}

// postUntilKnown is post again and again until the session is known.
func postUntilKnown(t *testing.T, addr, path, body string) (status int, answer string) {
	require.Eventually(t, func() bool {
		status, answer = post(t, addr, path, body)
		return status != http.StatusNotFound
	}, peerTime, 50*time.Millisecond)
	return status, answer
}
