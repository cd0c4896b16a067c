// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/require"
)

func TestOptionsAreReadWhereverTheyStand(t *testing.T) {
	o, err := parseOptions(t.Context(), []string{"coa", "User-Name=bob", "-nas", "192.0.2.1", "-t", "0.5", "Filter-Id=gold", "-r", "3", "-secret=s3cret", "-x"}, false, io.Discard, io.Discard)
	require.NoError(t, err)
	require.False(t, o.disconnect())
	require.Equal(t, netip.MustParseAddrPort("192.0.2.1:0"), o.nas)
	require.Equal(t, netip.MustParseAddrPort("192.0.2.1:3799"), o.job(parsed{target: o.target}).NAS)
	require.Equal(t, 500*time.Millisecond, o.wait)
	require.Equal(t, 3, o.tries)
	require.True(t, o.packets)
	require.Equal(t, []attrs.Attr{attrs.UserName.Of("bob"), attrs.FilterID.Of("gold")}, o.attrs)
}

// Results of a command are not those of another one.
func TestSeedIsOfTheCommand(t *testing.T) {
	seen := map[uint32]bool{}
	for _, args := range [][]string{{"coa", "User-Name=a"}, {"disconnect", "User-Name=a"}, {"coa", "User-Name=b"}, {"coa", "User-Name=a", "Packet-Dst-Port=1"}} {
		o, err := parseOptions(t.Context(), append(args, "-nas", "192.0.2.1", "-secret", "s"), false, io.Discard, io.Discard)
		require.NoError(t, err)
		require.False(t, seen[o.seed])
		seen[o.seed] = true
	}
}

func TestSecretIsReadFromAFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(name, []byte("s3cret\r\nsecond line\n"), 0o600))
	o, err := parseOptions(t.Context(), []string{"disconnect", "-nas", "192.0.2.1", "-S", name, "User-Name=bob"}, false, io.Discard, io.Discard)
	require.NoError(t, err)
	require.Equal(t, "s3cret", string(o.standard.peer.Secret))
}

func TestNASIsAnAddressOrAName(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1":            "192.0.2.1:0",
		"192.0.2.1:1700":       "192.0.2.1:1700",
		"2001:db8::1":          "[2001:db8::1]:0",
		"[2001:db8::1]":        "[2001:db8::1]:0",
		"[2001:db8::1]:1700":   "[2001:db8::1]:1700",
		"[fe80::1%eth0]:1700":  "[fe80::1%eth0]:1700",
		"::ffff:192.0.2.1":     "192.0.2.1:0",
		"[::ffff:192.0.2.1]:1": "192.0.2.1:1",
	} {
		got, err := resolve(t.Context(), "ip", text, 0)
		require.NoError(t, err, text)
		require.Equal(t, want, got.String(), text)
	}
	for _, text := range []string{"192.0.2.1:0", "192.0.2.1:70000", "192.0.2.1:radius", "no such host:1"} {
		_, err := resolve(t.Context(), "ip", text, 0)
		require.Error(t, err, text)
	}
}

func TestUsageIsExplainedAndEndsWith3(t *testing.T) {
	good := []string{"-nas", "192.0.2.1", "-secret", "s3cret", "User-Name=bob"}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nothing":                {nil, "which request?"},
		"another request":        {append([]string{"reset"}, good...), `not "reset"`},
		"no NAS":                 {[]string{"coa", "-secret", "s", "User-Name=bob"}, "-nas"},
		"no secret":              {[]string{"coa", "-nas", "192.0.2.1", "User-Name=bob"}, "-secret or -S"},
		"two secrets":            {append([]string{"coa", "-S", "/dev/null"}, good...), "not both"},
		"secret file is missing": {[]string{"coa", "-nas", "192.0.2.1", "-S", filepath.Join(t.TempDir(), "none"), "User-Name=bob"}, "no such file"},
		"no attributes":          {[]string{"coa", "-nas", "192.0.2.1", "-secret", "s"}, "nothing to send"},
		"no attribute":           {append([]string{"coa", "bob"}, good...), `"bob" is not Attribute=value`},
		"unknown attribute":      {append([]string{"coa", "Rainbow=1"}, good...), `unknown attribute "Rainbow"`},
		"bad value":              {append([]string{"coa", "Session-Timeout=soon"}, good...), "Session-Timeout"},
		"results of one":         {append([]string{"coa", "-results", "r"}, good...), "-results goes with -f"},
		"no time":                {append([]string{"coa", "-t", "0"}, good...), "above 0"},
		"bad time":               {append([]string{"coa", "-t", "soon"}, good...), "neither a number of seconds nor a duration"},
		"unknown flag":           {append([]string{"coa", "-z"}, good...), "-z"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, err bytes.Buffer
			require.Equal(t, 3, run(t.Context(), c.args, nil, &out, &err))
			require.Contains(t, err.String(), c.says)
			require.NotContains(t, err.String(), "s3cret")
			require.Empty(t, out.String())
		})
	}
}

func TestHelpIsNoMistake(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"coa", "-h"}} {
		var out, err bytes.Buffer
		require.Equal(t, 0, run(t.Context(), args, nil, &out, &err))
		require.Contains(t, out.String(), "usage: dacctl disconnect|coa")
		require.Contains(t, out.String(), "-results")
		require.Empty(t, err.String())
	}
	var out, err bytes.Buffer
	require.Equal(t, 0, run(t.Context(), []string{"-version"}, nil, &out, &err))
	require.Regexp(t, `^dacctl \S+\n$`, out.String())
}

// A mistake is one line, and one that says where the usage is.
func TestAMistakeIsShort(t *testing.T) {
	for _, args := range [][]string{nil, {"-z"}, {"coa"}, {"coa", "-nas", "192.0.2.1", "-secret", "s", "Rainbow=1"}} {
		var out, err bytes.Buffer
		require.Equal(t, 3, run(t.Context(), args, nil, &out, &err))
		require.Equal(t, 2, strings.Count(err.String(), "\n"), err.String())
	}
}
