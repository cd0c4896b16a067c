// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

func parsed(t *testing.T, args ...string) *options {
	t.Helper()
	o, err := parseOptions(args, io.Discard)
	require.NoError(t, err)
	return o
}

func TestSecretServesEverybody(t *testing.T) {
	o := parsed(t, "-secret", "new", "-previous", "old", "-require-message-authenticator", "-deny", "coa")
	for _, from := range []string{"192.0.2.1", "2001:db8::1"} {
		p, err := o.peers.Peer(t.Context(), netip.AddrPortFrom(netip.MustParseAddr(from), 1))
		require.NoError(t, err)
		require.Equal(t, dac.Peer{Secret: "new", Previous: "old", RequireMessageAuthenticator: true, DenyCoA: true}, p)
	}
}

func TestClientsAreServedWithTheirOwnSecrets(t *testing.T) {
	o := parsed(t, "-client", "192.0.2.0/24=a", "-client", "192.0.2.7=b=c")
	for from, want := range map[string]dac.Secret{"192.0.2.1": "a", "192.0.2.7": "b=c"} {
		p, err := o.peers.Peer(t.Context(), netip.AddrPortFrom(netip.MustParseAddr(from), 1))
		require.NoError(t, err)
		require.Equal(t, want, p.Secret)
	}
	_, err := o.peers.Peer(t.Context(), netip.MustParseAddrPort("198.51.100.1:1"))
	require.ErrorIs(t, err, dac.ErrUnknownPeer)
}

func TestRealmsAreOfClients(t *testing.T) {
	o := parsed(t, "-client", "192.0.2.1=a", "-realm", "192.0.2.1=a.example", "-realm", "192.0.2.1/32=b.example")
	p, err := o.peers.Peer(t.Context(), netip.MustParseAddrPort("192.0.2.1:1"))
	require.NoError(t, err)
	require.Equal(t, []string{"a.example", "b.example"}, o.realms[p.Name])
}

func TestDefaultsAreTheRFCs(t *testing.T) {
	o := parsed(t, "-secret", "s")
	require.Equal(t, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:3799")}, o.listen)
	require.Equal(t, 300*time.Second, o.server.Window)
	require.Equal(t, session.Policy{MaxSessions: 1}, o.policy)
	require.Negative(t, parsed(t, "-secret", "s", "-window", "0").server.Window)
}

// Each field of session.Policy can be set from outside.
func TestPolicyIsAllInFlags(t *testing.T) {
	o := parsed(t, "-secret", "s", "-identify", "Acct-Session-Id,Attr-26.9.1", "-extra", "Filter-Id", "-ignore", "Mikrotik-Rate-Limit", "-ignore-other",
		"-require-disconnect", "Acct-Session-Id,Acct-Multi-Session-Id", "-require-coa", "User-Name+NAS-Port", "-conflict", "Filter-Id+Class", "-max-sessions", "3",
		"-first", "-causes", "401,Session-Context-Not-Found", "-omit-terminate-cause", "-accept-empty", "-drop-busy", "-any-nas")
	policy := reflect.ValueOf(o.policy)
	for i := range policy.NumField() {
		require.False(t, policy.Field(i).IsZero(), policy.Type().Field(i).Name)
	}
	require.Equal(t, attrs.ID{Type: 26, Vendor: 9, Sub: 1}, o.policy.Identifying[1].ID())
	require.Equal(t, []attrs.AnyKey{mikrotik.RateLimit}, o.policy.Ignored)
	require.Equal(t, [][]attrs.AnyKey{{attrs.AcctSessionID}, {attrs.AcctMultiSessionID}}, o.policy.RequireDisconnect)
	require.Equal(t, [][]attrs.AnyKey{{attrs.UserName, attrs.NASPort}}, o.policy.RequireCoA)
	require.Equal(t, []errcause.Cause{401, 503}, o.policy.Causes)

	name := attrs.UserName.Of("bob")
	require.Equal(t, `User-Name = "bob"`, name.String(), "a policy must not change how attributes read")
}

// The sessions go by the address that the NAS is asked at, where it is one.
func TestNASIPAddressIsTheFirstThatIsListenedOn(t *testing.T) {
	for args, want := range map[string][]netip.Addr{
		"":                           {loopback},
		"-listen 192.0.2.1:3799":     {netip.MustParseAddr("192.0.2.1")},
		"-listen [2001:db8::1]:3799": {netip.MustParseAddr("2001:db8::1")},
		"-listen 192.0.2.1:3799 -listen 192.0.2.2:3799": {netip.MustParseAddr("192.0.2.1")},
		"-listen :3799": nil,
		"-listen 0.0.0.0:3799 -listen 192.0.2.2:3799":     nil,
		"-listen 192.0.2.1:3799 -nas-ip 203.0.113.9":      {netip.MustParseAddr("203.0.113.9")},
		"-listen 0.0.0.0:3799 -nas-ip 203.0.113.9 -n 3":   {netip.MustParseAddr("203.0.113.9")},
		"-listen 192.0.2.1:3799 -sessions sessions.json":  {netip.MustParseAddr("192.0.2.1")},
		"-listen 192.0.2.1:3799 -any-nas":                 nil,
		"-listen [::ffff:192.0.2.1]:3799 -nas-id nowhere": {netip.MustParseAddr("192.0.2.1")},
	} {
		o := parsed(t, append([]string{"-secret", "s"}, strings.Fields(args)...)...)
		require.Equal(t, want, o.nas.Addrs, args)
	}
}

func TestUsageIsExplained(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nobody may send":      {nil, "-secret or -client"},
		"secret and client":    {[]string{"-secret", "s3cret", "-client", "192.0.2.1=s3cret"}, "not both"},
		"previous of clients":  {[]string{"-client", "192.0.2.1=s3cret", "-previous", "s3cret"}, "-previous goes with -secret"},
		"client twice":         {[]string{"-client", "192.0.2.1=s3cret", "-client", "192.0.2.1/32=s3cret"}, "given twice"},
		"client without both":  {[]string{"-client", "192.0.2.1"}, "-client: give an address"},
		"client of nowhere":    {[]string{"-client", "s3cret=s3cret"}, "-client: give an address"},
		"two kinds":            {[]string{"-secret", "s3cret", "-n", "1", "-sessions", "f"}, "not both"},
		"realm of nobody":      {[]string{"-secret", "s3cret", "-realm", "192.0.2.1=a"}, "no such -client"},
		"deny":                 {[]string{"-secret", "s3cret", "-deny", "all"}, "coa or disconnect"},
		"cause":                {[]string{"-secret", "s3cret", "-causes", "Bad-Weather"}, "Bad-Weather"},
		"attribute":            {[]string{"-secret", "s3cret", "-identify", "Rainbow"}, "Rainbow"},
		"listen":               {[]string{"-secret", "s3cret", "-listen", "here"}, "here"},
		"word":                 {[]string{"-secret", "s3cret", "now"}, `"now" is no flag`},
		"sessions":             {[]string{"-secret", "s3cret", "-max-sessions", "0"}, "-max-sessions"},
		"page nowhere":         {[]string{"-secret", "s3cret", "-web", "8080"}, "127.0.0.1:8080"},
		"control of no page":   {[]string{"-secret", "s3cret", "-web-control"}, "goes with -web"},
		"control for all":      {[]string{"-secret", "s3cret", "-web", "0.0.0.0:8080", "-web-control"}, "ssh -L 8080:127.0.0.1:8080"},
		"control of strangers": {[]string{"-client", "192.0.2.1=s3cret", "-web", ":8080", "-web-control"}, "add -client 127.0.0.1=SECRET"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			require.Equal(t, 2, run(t.Context(), c.args, io.Discard, &stderr))
			require.Contains(t, stderr.String(), c.says)
			require.NotContains(t, stderr.String(), "s3cret")
		})
	}
}

func TestHelpNamesWhatMayChange(t *testing.T) {
	var stderr bytes.Buffer
	require.Equal(t, 0, run(t.Context(), []string{"-h"}, io.Discard, &stderr))
	for _, name := range []string{"Filter-Id", "Session-Timeout", "Idle-Timeout", "Class", "Mikrotik-Rate-Limit"} {
		require.Contains(t, stderr.String(), name)
	}
}

func TestMissingFileIsAnError(t *testing.T) {
	var stderr bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	missing := filepath.Join(t.TempDir(), "none.json")
	require.Equal(t, 1, run(ctx, []string{"-secret", "s", "-sessions", missing}, io.Discard, &stderr))
	require.Contains(t, stderr.String(), missing)
}
