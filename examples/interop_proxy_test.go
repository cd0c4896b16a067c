// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The secrets of the two NASes, which are no business of who asks the proxy.
const (
	interopSecretA = "s3cret of NAS a"
	interopSecretB = "s3cret of NAS b"
)

// radclient asks a proxy, which asks two NASes: each router leads to the right one, the cause that
// the NAS gave comes back, Proxy-States return unchanged and in order, and tshark finds every
// authenticator valid on both legs.
func TestInteropProxy(t *testing.T) {
	atProxy, atA, atB := tempFile(t, "proxy.pcap"), tempFile(t, "a.pcap"), tempFile(t, "b.pcap")
	a := startNAS(t, "-secret", interopSecretA, "-n", "100", "-nas-id", "bng-a", "-nas-ip", "192.0.2.1", "-nas-ip", "2001:db8::1", "-pcap", atA)
	b := startNAS(t, "-secret", interopSecretB, "-n", "100", "-nas-id", "bng-b", "-nas-ip", "192.0.2.2", "-nas-ip", "2001:db8::2", "-pcap", atB)
	proxy := startProgram(t, "proxy", "-config", proxyConfig(t, a, b, nil), "-pcap", atProxy)
	accounts := func(attributes string) {
		answer := radclient(t, proxy.addrs[1], "acct", interopSecret, "Acct-Status-Type=Start,"+attributes)
		require.Contains(t, answer, "Received Accounting-Response")
	}
	accounts("Acct-Session-Id=00000031,User-Name=user0000049@example.net,NAS-Identifier=bng-b")                        // from a relay
	accounts("Acct-Session-Id=00000032,User-Name=user0000050@example.net,NAS-IP-Address=192.0.2.1")                    // the same
	accounts("Acct-Session-Id=00000033,User-Name=user0000051@example.net,Packet-Src-IP-Address=127.0.0.3")             // from the NAS a itself
	accounts("Acct-Session-Id=00000034,User-Name=user0000052@example.net,Packet-Src-IP-Address=127.0.0.4,NAS-Port=77") // from b

	var want [2][]string // the sessions that each NAS is asked about, in order
	for i, c := range []struct {
		request string
		at      int
		with    string
	}{
		{"NAS-Identifier=bng-a,Acct-Session-Id=00000001", 0, ""},
		{"NAS-Identifier=bng-b,Acct-Session-Id=00000002", 1, ""},
		{"NAS-IP-Address=192.0.2.1,Acct-Session-Id=00000003", 0, ""},
		{"NAS-IP-Address=192.0.2.2,Acct-Session-Id=00000004", 1, ""},
		{"NAS-IPv6-Address=2001:db8::1,Acct-Session-Id=00000005", 0, ""},
		{"NAS-IPv6-Address=2001:db8::2,Acct-Session-Id=00000006", 1, ""},
		{"Operator-Name=1a.example,Acct-Session-Id=00000007", 0, " roaming"},
		{"Operator-Name=1B.example,Acct-Session-Id=00000008", 1, " roaming"},
		{"Operator-Name=1visited.example,Operator-NAS-Identifier=" + operatorNAS(t, "bng-a") + ",Acct-Session-Id=00000009", 0, ""},
		{"Operator-Name=1visited.example,Operator-NAS-Identifier=" + operatorNAS(t, "bng-b") + ",Acct-Session-Id=0000000a", 1, ""},
		{"User-Name=user0000049@example.net,Acct-Session-Id=00000031", 1, ""},
		{"Acct-Session-Id=00000032", 0, ""},
		{"Acct-Session-Id=00000033", 0, ""},
		{"User-Name=user0000052@example.net,Acct-Session-Id=00000034", 1, ""},
	} {
		states := fmt.Sprintf("Proxy-State=0x0102,Proxy-State=0x%02x", i)
		answer := radclient(t, proxy.addr, "disconnect", interopSecret, c.request+",Event-Timestamp="+now()+",Message-Authenticator=0x00,"+states)
		assert.Contains(t, answer, "Received Disconnect-ACK", c.request)
		assert.Regexp(t, fmt.Sprintf(`(?s)Received.*Proxy-State = 0x0102\s+.*Proxy-State = 0x%02x\s`, i), answer)
		want[c.at] = append(want[c.at], c.request[len(c.request)-8:]+" 0102,"+fmt.Sprintf("%02x", i)+c.with)
	}
	assert.Equal(t, want[0], forwarded(t, atA, a, func() { a.stop(t) }))
	assert.Equal(t, want[1], forwarded(t, atB, b, func() { b.stop(t) }))
	proxy.stop(t)
	assert.Equal(t, counted{"Requests": 7, "ACKs": 7, "Sessions": 7}, a.disconnect(t))
	assert.Equal(t, counted{"Requests": 7, "ACKs": 7, "Sessions": 7}, b.disconnect(t))
	judge(t, atProxy, proxy.port(), 14)
	judgeSecret(t, atA, a.port(), interopSecretA, 7)
	judgeSecret(t, atB, b.port(), interopSecretB, 7)
}

// What the NAS says comes back as it says it, and so does what the proxy says where no NAS is
// asked; the sole forwarding server gets what no NAS is named for.
func TestInteropProxyPassesCauses(t *testing.T) {
	atProxy, atA, atB := tempFile(t, "proxy.pcap"), tempFile(t, "a.pcap"), tempFile(t, "b.pcap")
	a := startNAS(t, "-secret", interopSecretA, "-n", "10", "-nas-id", "bng-a", "-pcap", atA)
	b := startNAS(t, "-secret", interopSecretB, "-n", "10", "-pcap", atB)
	sole := startProgram(t, "proxy", "-config", proxyConfig(t, a, b, func(c map[string]any) {
		c["targets"].([]map[string]any)[1]["forward"] = true
	}), "-pcap", atProxy)
	answer := radclient(t, sole.addr, "disconnect", interopSecret, "NAS-Identifier=bng-a,Acct-Session-Id=00000001,Proxy-State=0x07")
	assert.Contains(t, answer, "Received Disconnect-ACK")
	answer = radclient(t, sole.addr, "disconnect", interopSecret, "NAS-Identifier=bng-a,Acct-Session-Id=00000001,Event-Timestamp="+now()+",Proxy-State=0x07")
	assert.Contains(t, answer, "Error-Cause = Session-Context-Not-Found")
	assert.Regexp(t, `(?s)Received.*Proxy-State = 0x07\s`, answer)
	answer = radclient(t, sole.addr, "disconnect", interopSecret, "Acct-Session-Id=00000002,Proxy-State=0x08")
	assert.Contains(t, answer, "Received Disconnect-ACK")
	answer = radclient(t, sole.addr, "coa", interopSecret, `Acct-Session-Id=00000003,Filter-Id="gold"`)
	assert.Contains(t, answer, "Received CoA-ACK")
	answer = radclient(t, sole.addr, "coa", interopSecret, `Acct-Session-Id=00000003,Framed-Pool="another",Proxy-State=0x09`)
	assert.Contains(t, answer, "Error-Cause = Unsupported-Attribute")
	answer = radclient(t, sole.addr, "disconnect", interopSecret, "Operator-Name=1c.example,Acct-Session-Id=00000003")
	assert.Contains(t, answer, "Error-Cause = Proxy-Request-Not-Routable", "what the proxy says")
	assert.Equal(t, []string{"00000001 07", "00000001 07"}, forwarded(t, atA, a, func() { a.stop(t) }))
	assert.Equal(t, []string{"00000002 08", "00000003 ", "00000003 09"}, forwarded(t, atB, b, func() { b.stop(t) }))
	sole.stop(t)
	judge(t, atProxy, sole.port(), 6)
	judgeSecret(t, atA, a.port(), interopSecretA, 2)
	judgeSecret(t, atB, b.port(), interopSecretB, 3)
}

// forwarded has tshark read what reached a NAS, which is stopped first: the session of each
// request, the Proxy-States of others, which the answer has too, in the same order, and after them
// the one of the proxy, and whether it has Operator-Name or Operator-NAS-Identifier, which a NAS of
// a visited network does not get.
func forwarded(t *testing.T, pcap string, nas *nasProcess, stop func()) (all []string) {
	stop()
	out, status := output(t, "tshark", "-r", pcap, "-d", "udp.port=="+nas.port()+",radius", "-T", "fields",
		"-e", "radius.code", "-e", "radius.id", "-e", "radius.Acct_Session_Id", "-e", "radius.Proxy_State", "-e", "radius.avp.type")
	require.Zero(t, status)
	asked := map[string]string{} // Proxy-States by identifier
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		require.Len(t, f, 5, line)
		code, id, session, states := f[0], f[1], f[2], strings.Split(f[3], ",")
		if code != "40" && code != "43" {
			assert.Equal(t, asked[id], f[3], "the answer has them all")
			continue
		}
		asked[id] = f[3]
		last := len(states) - 1
		assert.Len(t, states[last], 48, "the one of the proxy")
		what := session + " " + strings.Join(states[:last], ",")
		if types := strings.Split(f[4], ","); slices.Contains(types, "126") || slices.Contains(types, "241") {
			what += " roaming"
		}
		all = append(all, what)
	}
	return all
}

// operatorNAS is what names a NAS of the visited network to others.
func operatorNAS(t *testing.T, name string) string {
	tokens, err := route.NewTokens(visitedKey)
	require.NoError(t, err)
	token, err := tokens.Seal(attrs.NAS{Identifier: name})
	require.NoError(t, err)
	return fmt.Sprintf("0x%x", token)
}

const visitedKey = "a key of the visited network"

// One forwarding server needs no file.
func TestInteropProxyWithOneHome(t *testing.T) {
	nas := startNAS(t, "-secret", interopSecretA, "-n", "100")
	proxy := startProgram(t, "proxy", "-listen", "127.0.0.1:0", "-secret", interopSecret, "-home", nas.addr, "-home-secret", interopSecretA)
	answer := radclient(t, proxy.addr, "disconnect", interopSecret, "Acct-Session-Id=00000001")
	assert.Contains(t, answer, "Received Disconnect-ACK")
	assert.Contains(t, answer, "Acct-Terminate-Cause = Admin-Reset")
}

// A file sent by way of the proxy takes at most three times as long as one sent to the NAS: each
// request is received, verified, signed and sent twice as often, and all of it runs on the same
// machine. What is measured where nothing else runs stands in PERFORMANCE.md.
func TestInteropProxyKeepsUp(t *testing.T) {
	const n, rounds = 20_000, 5
	nas := startNAS(t, "-secret", interopSecretA, "-n", fmt.Sprint(n), "-keep")
	proxy := startProgram(t, "proxy", "-listen", "127.0.0.1:0", "-secret", interopSecretB, "-home", nas.addr, "-home-secret", interopSecretA)
	file := tempFile(t, "packets")
	require.NoError(t, os.WriteFile(file, sessions(n), 0o600))
	takes := func(addr, secret string) float64 {
		began := time.Now()
		out, status := dacctl(t, "disconnect", "-nas", addr, "-secret", secret, "-f", file)
		require.Zero(t, status, out)
		require.Equal(t, fmt.Sprintf("%d ACK, 0 NAK, 0 no answer", n), lastLine(out))
		return time.Since(began).Seconds()
	}
	var ratios []float64
	for range rounds { // in turns, so that what else the machine does falls on both
		direct := takes(nas.addr, interopSecretA)
		ratios = append(ratios, direct/takes(proxy.addr, interopSecretB))
	}
	slices.Sort(ratios)
	t.Logf("requests a second by way of the proxy, of those without it: %.2f", ratios)
	require.Greater(t, ratios[rounds/2], 0.33)
}

// FreeRADIUS is the NAS behind the proxy.
func TestInteropProxyAsksFreeRADIUS(t *testing.T) {
	proxy := startProgram(t, "proxy", "-listen", "127.0.0.1:0", "-secret", interopSecretB, "-home", startFreeRADIUS(t), "-home-secret", interopSecret)
	for user, answers := range map[string]string{"bob": "Received CoA-ACK", "nobody": "Error-Cause = Session-Context-Not-Found"} {
		answer := radclient(t, proxy.addr, "coa", interopSecretB, "User-Name="+user+",Proxy-State=0x01")
		assert.Contains(t, answer, answers)
		assert.Regexp(t, `(?s)Received.*Proxy-State = 0x01\s`, answer)
		assert.NotRegexp(t, `(?s)Received.*Proxy-State.*Proxy-State`, answer)
	}
}

func proxyConfig(t *testing.T, a, b *nasProcess, change func(c map[string]any)) string {
	c := map[string]any{
		"listen":  []string{"127.0.0.1:0"},
		"clients": []map[string]any{{"prefix": "127.0.0.1", "secret": interopSecret}},
		"targets": []map[string]any{
			{
				"name": "a", "address": a.addr, "secret": interopSecretA, "nas_identifiers": []string{"bng-a"}, "nas_addresses": []string{"192.0.2.1", "2001:db8::1"},
				"realms": []string{"a.example"}, "accounting_from": []string{"127.0.0.3"},
			},
			{
				"name": "b", "address": b.addr, "secret": interopSecretB, "nas_identifiers": []string{"bng-b"}, "nas_addresses": []string{"192.0.2.2", "2001:db8::2"},
				"realms": []string{"b.example"}, "accounting_from": []string{"127.0.0.4"},
			},
		},
		"accounting": map[string]any{"listen": "127.0.0.1:0", "clients": []map[string]any{
			{"prefix": "127.0.0.1", "secret": interopSecret, "relays": true}, {"prefix": "127.0.0.0/29", "secret": interopSecret},
		}},
		"visited": map[string]any{"realm": "visited.example", "keys": []string{visitedKey}},
	}
	if change != nil {
		change(c)
	}
	text, err := json.Marshal(c)
	require.NoError(t, err)
	name := tempFile(t, "proxy.json")
	require.NoError(t, os.WriteFile(name, text, 0o600))
	return name
}
