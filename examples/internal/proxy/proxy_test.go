// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A running is the program, and where it listens.
type running struct {
	addr, accounting netip.AddrPort
	stop             func() string // ends it and returns what it printed
}

func start(t *testing.T, args ...string) *running {
	t.Helper()
	out, in := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	var stderr bytes.Buffer
	status := make(chan int, 1)
	go func() {
		status <- Run(ctx, args, in, &stderr, nil)
		in.Close()
	}()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	require.NoError(t, err, stderr.String())
	var rest bytes.Buffer
	copied := make(chan bool)
	go func() {
		lines.WriteTo(&rest)
		close(copied)
	}()
	addrs := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(first, -1)
	require.NotEmpty(t, addrs, first)
	r := &running{addr: netip.MustParseAddrPort(addrs[0])}
	if len(addrs) > 1 {
		r.accounting = netip.MustParseAddrPort(addrs[1])
	}
	ended := false
	r.stop = func() string {
		if !ended {
			ended = true
			cancel()
			require.Zero(t, <-status, stderr.String())
			<-copied
		}
		return rest.String()
	}
	t.Cleanup(func() { r.stop() })
	return r
}

// nas acknowledges everything and says who it is.
func nas(t *testing.T, name string) *dactest.NAS {
	return dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		return r.ACK(attrs.ReplyMessage.Of(name))
	}))
}

// asks is a sender with the secret of the configurations here.
func asks(t *testing.T) *dac.Client {
	c := &dac.Client{Peers: dac.SharedSecret("of the sender")}
	t.Cleanup(func() { c.Close() })
	return c
}

func who(t *testing.T, resp *dac.Response) string {
	t.Helper()
	name, err := attrs.ReplyMessage.Get(resp.Packet.Attributes)
	require.NoError(t, err)
	return name
}

// file writes a configuration for two NASes.
func file(t *testing.T, a, b *dactest.NAS, change func(map[string]any)) string {
	c := map[string]any{
		"listen":  []string{"127.0.0.1:0"},
		"clients": []map[string]any{{"prefix": "127.0.0.1", "name": "aaa", "secret": "of the sender"}},
		"targets": []map[string]any{
			{"name": "a", "address": a.Addr.String(), "secret": dactest.Secret, "nas_identifiers": []string{"bng-a"}, "nas_addresses": []string{"192.0.2.1"}},
			{"name": "b", "address": b.Addr.String(), "secret": dactest.Secret, "nas_identifiers": []string{"bng-b"}, "realms": []string{"b.example"}, "deny": []string{"coa"}},
		},
		"accounting": map[string]any{"listen": "127.0.0.1:0", "clients": []map[string]any{{"prefix": "127.0.0.1", "secret": "of accounting", "relays": true}}},
	}
	if change != nil {
		change(c)
	}
	text, err := json.Marshal(c)
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "proxy.json")
	require.NoError(t, os.WriteFile(name, text, 0o600))
	return name
}

// accounts sends an Accounting-Request (Start) and waits for the answer.
func accounts(t *testing.T, to netip.AddrPort, a ...attrs.Attr) {
	set, err := attrs.Join(append(a, attrs.AcctStatusType.Of(1))...).AppendTo(nil)
	require.NoError(t, err)
	p := radius.New(radius.CodeAccountingRequest, []byte("of accounting"))
	p.Attributes = set
	var b []byte
	fips.Outside(func() { b, err = p.Encode() })
	require.NoError(t, err)
	c, err := net.Dial("udp", to.String())
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Write(b)
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
	n, err := c.Read(make([]byte, 4096))
	require.NoError(t, err)
	require.NotZero(t, n)
}

func TestOneHome(t *testing.T) {
	a := nas(t, "a")
	p := start(t, "-listen", "127.0.0.1:0", "-secret", "of the sender", "-home", a.Addr.String(), "-home-secret", dactest.Secret, "-v")
	resp, err := asks(t).Disconnect(t.Context(), p.addr, attrs.UserName.Of("bob"))
	require.NoError(t, err)
	require.Equal(t, "a", who(t, resp))
	text := p.stop()
	require.Regexp(t, `(?s)senders.*Requests +1 +0.*ACKs +1 +0.*targets.*Requests +1 +0.*ACKs +1 +0`, text)
	require.Contains(t, text, "forwarded")
	require.NotContains(t, text, dactest.Secret)
}

func TestTargetOverTLS(t *testing.T) {
	a, b := nas(t, "a"), nas(t, "b")
	secure := radsectest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		return r.ACK(attrs.ReplyMessage.Of("c for " + r.Peer))
	}))
	cert, key := radsectest.PEM(secure.CA.Issue([]string{"proxy.example.net"}))
	folder := t.TempDir()
	for name, b := range map[string][]byte{"cert": cert, "key": key, "ca": secure.CA.PEM()} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), b, 0o600))
	}
	over := func(change map[string]any) string {
		c := map[string]any{"name": "c", "address": secure.Addr.String(), "tls": true, "server_name": radsectest.NASName, "nas_identifiers": []string{"bng-c"}}
		maps.Copy(c, change)
		return file(t, a, b, func(all map[string]any) {
			all["targets"] = append(all["targets"].([]map[string]any), c)
			all["tls"] = map[string]any{"cert": filepath.Join(folder, "cert"), "key": filepath.Join(folder, "key"), "ca": filepath.Join(folder, "ca")}
		})
	}
	p := start(t, "-config", over(nil))
	resp, err := asks(t).Disconnect(t.Context(), p.addr, attrs.NASIdentifier.Of("bng-c"), attrs.UserName.Of("bob"))
	require.NoError(t, err)
	require.Equal(t, "c for proxy.example.net", who(t, resp))
	resp, err = asks(t).Disconnect(t.Context(), p.addr, attrs.NASIdentifier.Of("bng-a"), attrs.UserName.Of("bob"))
	require.NoError(t, err)
	require.Equal(t, "a", who(t, resp), "and over UDP")
	for want, change := range map[string]map[string]any{
		"a target over TLS has no secret": {"secret": "s3cret"}, "server_name goes with": {"tls": false},
	} {
		_, err := readConfig(over(change))
		require.ErrorContains(t, err, want)
	}
}

func TestEachRouter(t *testing.T) {
	a, b := nas(t, "a"), nas(t, "b")
	p := start(t, "-config", file(t, a, b, nil))
	client := asks(t)
	accounts(t, p.accounting, attrs.AcctSessionID.Of("4f2a"), attrs.UserName.Of("eve"), attrs.NASIdentifier.Of("bng-b"))
	for _, c := range []struct {
		by   attrs.Attr
		want string
	}{
		{attrs.NASIdentifier.Of("bng-a"), "a"},
		{attrs.NASIPAddress.Of(netip.MustParseAddr("192.0.2.1")), "a"},
		{attrs.NASIdentifier.Of("bng-b"), "b"},
		{attrs.OperatorName.Of("1b.example"), "b"},
		{attrs.UserName.Of("eve"), "b"},
		{attrs.AcctSessionID.Of("4f2a"), "b"},
	} {
		resp, err := client.Disconnect(t.Context(), p.addr, c.by)
		require.NoError(t, err, c.by.String())
		require.Equal(t, c.want, who(t, resp), c.by.String())
	}
	_, err := client.Disconnect(t.Context(), p.addr, attrs.UserName.Of("nobody"))
	require.ErrorIs(t, err, errcause.RequestNotRoutable)
	_, err = client.CoA(t.Context(), p.addr, attrs.UserName.Of("eve"))
	require.ErrorIs(t, err, errcause.AdministrativelyProhibited)
	require.Len(t, b.Received(), 4, "what is denied is not sent")
}

// A NAS that has several entries is denied what any of them denies.
func TestTargetsOfOneAddress(t *testing.T) {
	a, b := nas(t, "a"), nas(t, "b")
	p := start(t, "-config", file(t, a, b, func(c map[string]any) {
		targets := c["targets"].([]map[string]any)
		c["targets"] = append(targets, map[string]any{"name": "c", "address": b.Addr.String(), "secret": dactest.Secret, "nas_identifiers": []string{"bng-c"}})
	}))
	for _, name := range []string{"bng-b", "bng-c"} {
		_, err := asks(t).CoA(t.Context(), p.addr, attrs.NASIdentifier.Of(name))
		require.ErrorIs(t, err, errcause.AdministrativelyProhibited)
		resp, err := asks(t).Disconnect(t.Context(), p.addr, attrs.NASIdentifier.Of(name))
		require.NoError(t, err)
		require.Equal(t, "b", who(t, resp))
	}
}

func TestClientsAskAboutTheirOwn(t *testing.T) {
	a, b := nas(t, "a"), nas(t, "b")
	p := start(t, "-config", file(t, a, b, func(c map[string]any) {
		c["clients"] = []map[string]any{{"prefix": "127.0.0.1", "secret": "of the sender", "realms": []string{"home.example"}}}
	}))
	_, err := asks(t).Disconnect(t.Context(), p.addr, attrs.NASIdentifier.Of("bng-a"), attrs.UserName.Of("bob@other.example"))
	require.ErrorIs(t, err, errcause.RequestNotRoutable)
	_, err = asks(t).Disconnect(t.Context(), p.addr, attrs.NASIdentifier.Of("bng-a"), attrs.UserName.Of("bob@home.example"))
	require.NoError(t, err)
}

func TestVisitedNetwork(t *testing.T) {
	a, b := nas(t, "a"), nas(t, "b")
	name := file(t, a, b, func(c map[string]any) {
		c["visited"] = map[string]any{"realm": "visited.example", "keys": []string{"sixteen octets or more"}}
	})
	o, err := parseOptions([]string{"-config", name}, io.Discard, nil)
	require.NoError(t, err)
	routes, err := newRoutes(&o.config)
	require.NoError(t, err)
	token, err := routes.Visited.Tokens.Seal(attrs.NAS{Identifier: "bng-b"})
	require.NoError(t, err)
	p := start(t, "-config", name)
	resp, err := asks(t).Disconnect(t.Context(), p.addr, attrs.UserName.Of("bob"), attrs.OperatorName.Of("1visited.example"), attrs.OperatorNASIdentifier.Of(token))
	require.NoError(t, err)
	require.Equal(t, "b", who(t, resp))
}

func TestUsageIsExplained(t *testing.T) {
	write := func(text string) string {
		name := filepath.Join(t.TempDir(), "c.json")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nothing":       {nil, "-config"},
		"half":          {[]string{"-listen", "127.0.0.1:0", "-secret", "s3cret"}, "-home-secret"},
		"both":          {[]string{"-config", "x", "-secret", "s3cret"}, "go without it"},
		"a word":        {[]string{"now"}, "no flag"},
		"no file":       {[]string{"-config", "/nowhere/x"}, "no such file"},
		"home":          {[]string{"-listen", ":0", "-secret", "s3cret", "-home", "x", "-home-secret", "s3cret"}, "HOST:PORT"},
		"unknown field": {[]string{"-config", write(`{"colour": "s3cret"}`)}, "colour"},
		"two documents": {[]string{"-config", write(`{} {}`)}, "follows"},
		"nothing in it": {[]string{"-config", write(`{}`)}, "at least one"},
		"bad prefix":    {[]string{"-config", write(`{"clients": [{"prefix": "x", "secret": "s3cret"}]}`)}, "client 1"},
		"twice":         {[]string{"-config", write(`{"clients": [{"prefix": "::1", "secret": "s3cret"}, {"prefix": "::1/128", "secret": "s3cret"}]}`)}, "twice"},
		"no secret":     {[]string{"-config", write(`{"targets": [{"address": "192.0.2.1:3799"}]}`)}, "no secret"},
		"two secrets": {[]string{"-config", write(`{"targets": [{"address": "192.0.2.1:1", "secret": "s3cret"}, {"address": "192.0.2.1:1", "secret": "s3cret of another"}]}`)},
			"target 2: target 1 has the same address"},
		"deny":           {[]string{"-config", write(`{"targets": [{"address": "192.0.2.1:1", "secret": "s3cret", "deny": ["all"]}]}`)}, "coa or disconnect"},
		"proxy states":   {[]string{"-config", write(`{"targets": [{"address": "192.0.2.1:1", "secret": "s3cret", "proxy_states": "some"}]}`)}, "own, foreign or none"},
		"accounting":     {[]string{"-config", write(`{"accounting": {}}`)}, "accounting"},
		"visited":        {[]string{"-config", write(`{"visited": {}}`)}, "realm"},
		"secret is text": {[]string{"-config", write(`{"clients": [{"prefix": "::1", "secret": 5353}]}`)}, "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			require.Equal(t, 2, Run(t.Context(), c.args, io.Discard, &stderr, nil))
			require.Contains(t, stderr.String(), c.says)
			require.NotContains(t, stderr.String(), "s3cret")
		})
	}
	require.Zero(t, Run(t.Context(), []string{"-h"}, io.Discard, io.Discard, nil))
	require.NotContains(t, fmt.Sprintf("%+v", config{Clients: []client{{Secret: "s3cret"}}}), "s3cret")
}

func TestWhatCannotListenSaysSo(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer pc.Close()
	var stderr bytes.Buffer
	require.Equal(t, 1, Run(t.Context(), []string{"-listen", pc.LocalAddr().String(), "-secret", "a", "-home", "127.0.0.1:1", "-home-secret", "b"}, io.Discard, &stderr, nil))
	require.Contains(t, stderr.String(), "in use")
}
