// SPDX-License-Identifier: Apache-2.0

//go:build interop

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	"github.com/radius-dynauth/dynauth/examples/internal/proxy"
	"github.com/radius-dynauth/dynauth/examples/redisroutes"
	"github.com/radius-dynauth/dynauth/examples/redisroutes/internal/redistest"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A running is the program, and where it listens.
type running struct {
	addr, accounting netip.AddrPort
	stop             func() (said string)
}

func start(t *testing.T, args ...string) *running {
	out, in := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	var stderr, rest bytes.Buffer
	status := make(chan int, 1)
	go func() {
		status <- proxy.Run(ctx, args, in, &stderr, inRedis)
		in.Close()
	}()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	require.NoError(t, err, stderr.String())
	copied := make(chan bool)
	go func() {
		lines.WriteTo(&rest)
		close(copied)
	}()
	addrs := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(first, -1)
	require.Len(t, addrs, 2, first)
	r := &running{addr: netip.MustParseAddrPort(addrs[0]), accounting: netip.MustParseAddrPort(addrs[1])}
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

// accounts sends an Accounting-Request (Start) and waits for the answer.
func (r *running) accounts(t *testing.T, a ...attrs.Attr) {
	set, err := attrs.Join(append(a, attrs.AcctStatusType.Of(1))...).AppendTo(nil)
	require.NoError(t, err)
	p := radius.New(radius.CodeAccountingRequest, []byte("of accounting"))
	p.Attributes = set
	var b []byte
	fips.Outside(func() { b, err = p.Encode() })
	require.NoError(t, err)
	c, err := net.Dial("udp", r.accounting.String())
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Write(b)
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
	_, err = c.Read(make([]byte, 4096))
	require.NoError(t, err)
}

func config(t *testing.T, nas netip.AddrPort) string {
	text, err := json.Marshal(map[string]any{
		"listen":     []string{"127.0.0.1:0"},
		"clients":    []map[string]any{{"prefix": "127.0.0.1", "secret": "of the sender"}},
		"targets":    []map[string]any{{"name": "nas", "address": nas.String(), "secret": dactest.Secret, "nas_identifiers": []string{"bng"}}},
		"accounting": map[string]any{"listen": "127.0.0.1:0", "clients": []map[string]any{{"prefix": "127.0.0.1", "secret": "of accounting"}}},
	})
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "proxy.json")
	require.NoError(t, os.WriteFile(name, text, 0o600))
	return name
}

// A proxy that is started anew, and a second one beside it, send to where sessions were learned to
// be; while Redis is away NASes that are named are reached, and everything is as it was once Redis
// is back.
func TestProxyStartedAnewKnowsItsRoutes(t *testing.T) {
	r := redistest.Start(t, redisroutes.Options)
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return q.ACK() }))
	args := []string{"-redis", r.Socket, "-config", config(t, nas.Addr)}
	client := &dac.Client{Peers: dac.SharedSecret("of the sender")}
	defer client.Close()
	ask := func(p *running, a attrs.Attr) error {
		_, err := client.Disconnect(t.Context(), p.addr, a)
		return err
	}

	first := start(t, args...)
	for i := range 50 {
		first.accounts(t, attrs.AcctSessionID.Of(fmt.Sprint(i)), attrs.UserName.Of(fmt.Sprint("user", i)), attrs.NASIPAddress.Of(netip.MustParseAddr("192.0.2.1")))
	}
	require.NoError(t, ask(first, attrs.UserName.Of("user7")))
	require.ErrorIs(t, ask(first, attrs.UserName.Of("nobody")), errcause.RequestNotRoutable)
	first.stop()

	again, beside := start(t, args...), start(t, args...)
	r.Stop()
	r.Again()
	for i := range 50 {
		require.NoError(t, ask(again, attrs.UserName.Of(fmt.Sprint("user", i))))
		require.NoError(t, ask(beside, attrs.AcctSessionID.Of(fmt.Sprint(i))))
	}

	r.Stop()
	require.ErrorIs(t, ask(again, attrs.UserName.Of("user7")), errcause.ResourcesUnavailable)
	require.NoError(t, ask(again, attrs.NASIdentifier.Of("bng")))
	r.Again()
	require.Eventually(t, func() bool { return ask(again, attrs.UserName.Of("user7")) == nil }, 20*time.Second, 20*time.Millisecond)
	said := again.stop()
	require.Equal(t, 1, strings.Count(said, "only static routes are left"), said)
	require.Equal(t, 1, strings.Count(said, "learned routes is back"), said)
}

// A Redis with a password is told it, and nobody else is.
func TestProxyKnowsThePassword(t *testing.T) {
	r := redistest.Start(t, redisroutes.Options)
	require.NoError(t, r.Client.Do(t.Context(), "ACL", "SETUSER", "proxy", "on", ">of: redis", "allkeys", "allcommands").Err())
	require.NoError(t, r.Client.Do(t.Context(), "ACL", "SETUSER", "default", "off").Err())
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return q.ACK() }))
	client := &dac.Client{Peers: dac.SharedSecret("of the sender")}
	defer client.Close()
	for password, want := range map[string]error{"proxy:of: redis": nil, "proxy:another": errcause.ResourcesUnavailable} {
		file := filepath.Join(t.TempDir(), "password")
		require.NoError(t, os.WriteFile(file, []byte(password+"\n"), 0o600))
		p := start(t, "-redis", r.Socket, "-redis-password", file, "-redis-prefix", "p:", "-config", config(t, nas.Addr))
		p.accounts(t, attrs.AcctSessionID.Of("1"))
		_, err := client.Disconnect(t.Context(), p.addr, attrs.AcctSessionID.Of("1"))
		require.ErrorIs(t, err, want)
		require.NotContains(t, p.stop(), password)
	}
}
