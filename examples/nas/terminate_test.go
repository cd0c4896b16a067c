// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/require"
)

// remapped is a configuration that maps two reasons, an inherited one among them.
const remapped = `[{"family": "ppp", "name": "authenticate-inactivity-timeout", "cause": 4711}, {"family": "aaa", "name": "service-shutdown-subscriber-logout", "cause": "NAS-Request"}]`

func file(t *testing.T, text string) string {
	name := filepath.Join(t.TempDir(), "file.json")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// show runs the program with -show terminate-code.
func show(t *testing.T, args ...string) (status int, out, err string) {
	var stdout, stderr bytes.Buffer
	status = run(t.Context(), append([]string{"-show", "terminate-code"}, args...), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

func TestTerminateCodesAreShown(t *testing.T) {
	mapped := []string{"-terminate-codes", file(t, remapped)}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{`^FAMILY +REASONS +REMAPPED +NO CODE\n`, `(?m)^aaa +13 +0 +0$`, `(?m)^ppp +\d+ +0 +\d+$`, `(?m)^hybrid-access +6 +0 +6$`}},
		{mapped, []string{`(?m)^aaa +14 +1 +0$`, `(?m)^ppp +\d+ +1 +\d+$`}},
		{append(mapped, "-level", "brief", "ppp"), []string{`^FAMILY +REASON +CODE\n`, `(?m)^ppp +authenticate-inactivity-timeout +4711$`}},
		{append(mapped, "-level", "detail"), []string{`(?m)^ppp +authenticate-inactivity-timeout +4711 +- +4 +\S.*$`, `(?m)^aaa +service-shutdown-subscriber-logout +10 +NAS-Request +inherit `, `(?m)^aaa +shutdown-idle-timeout +4 +Idle-Timeout +4 +\S`}},
		{append(mapped, "-level", "reverse"), []string{`^CODE +CAUSE +FAMILY +REASON\n`, `(?m)^4711 +- +ppp +authenticate-inactivity-timeout$`}},
	} {
		status, out, err := show(t, c.args...)
		require.Equal(t, 0, status, err)
		require.Empty(t, err)
		for _, want := range c.want {
			require.Regexp(t, want, out, "%q", c.args)
		}
	}
	_, out, _ := show(t, "-level", "brief", "aaa", "dhcp")
	require.NotContains(t, out, "ppp ")
	require.NotContains(t, out, "service-shutdown-subscriber-logout", "an inherited reason is listed once it is mapped")
}

func TestTerminateCodesAreShownAsJSON(t *testing.T) {
	for level, field := range map[string]string{"summary": "no_code", "brief": "name", "detail": "description", "reverse": "reasons"} {
		status, out, err := show(t, "-json", "-level", level, "ppp")
		require.Equal(t, 0, status, err)
		var rows []map[string]any
		require.NoError(t, json.Unmarshal([]byte(out), &rows))
		require.NotEmpty(t, rows)
		require.Contains(t, rows[0], field)
	}
}

func TestTerminateCodesThatCannotBeShown(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.json")
	for says, args := range map[string][]string{
		`-show "sessions": there is terminate-code`: {"-show", "sessions"},
		`"tall" is no view`:                         {"-level", "tall"},
		`the table has no family "pppoe"`:           {"pppoe"},
		missing:                                     {"-terminate-codes", missing},
		"no such reason in the table":               {"-terminate-codes", file(t, `[{"family": "ppp", "name": "boredom", "cause": 1}]`)},
		"this is the default":                       {"-terminate-codes", file(t, `[{"family": "aaa", "name": "shutdown-idle-timeout", "cause": 4}]`)},
		"0 is no cause":                             {"-terminate-codes", file(t, `[{"family": "aaa", "name": "shutdown-idle-timeout", "cause": 0}]`)},
	} {
		status, out, err := show(t, args...)
		require.NotZero(t, status)
		require.Empty(t, out)
		require.Contains(t, err, says)
	}
}

// TC9: a session that ends for an internal reason leaves two log lines, and the code of the reason
// is what the answer and the accounting say.
func TestTC9_ReasonsOfSessionsAreLoggedAnsweredAndAccounted(t *testing.T) {
	sessions := file(t, `[
		{"Acct-Session-Id": "1", "User-Name": "bob", "Terminate-Reason": "ppp authenticate-inactivity-timeout", "Class": "0x0102"},
		{"Acct-Session-Id": "2", "User-Name": "eve", "Terminate-Reason": "ppp authenticate-inactivity-timeout", "Acct-Terminate-Cause": "Lost-Carrier", "NAS-Identifier": "bng-2"},
		{"Acct-Session-Id": "3", "User-Name": "dan"}
	]`)
	l := startLab(t, "-sessions", sessions, "-terminate-codes", file(t, remapped), "-v", "-accounting")
	for session, want := range map[string]termcause.Cause{"1": 4711, "2": termcause.LostCarrier, "3": termcause.AdminReset} {
		answer, err := l.client.Disconnect(t.Context(), l.addrs[0], attrs.AcctSessionID.Of(session), attrs.Class.Of([]byte{7}))
		require.NoError(t, err)
		require.Equal(t, want, terminateCause(t, answer))
	}
	out := l.stop()
	require.Regexp(t, `msg="session terminated" session=1 family=ppp reason=authenticate-inactivity-timeout\n.*msg="session terminate code" session=1 cause=Cause\(4711\) value=4711\n`, out)
	require.NotContains(t, out, "session=3")
	require.Contains(t, out, "would send Accounting-Request\n\tAcct-Status-Type = Stop\n\tNAS-IP-Address = 127.0.0.1\n\tUser-Name = \"bob\"\n\tAcct-Session-Id = \"1\"\n\tClass = 0x07\n\tAcct-Terminate-Cause = 4711\n\tEvent-Timestamp = ")
	require.Contains(t, out, "\tNAS-Identifier = \"bng-2\"\n\tUser-Name = \"eve\"\n\tAcct-Session-Id = \"2\"\n\tClass = 0x07\n\tAcct-Terminate-Cause = Lost-Carrier\n")
	require.Equal(t, 3, strings.Count(out, "would send Accounting-Request"))
}

func TestReasonOfASessionHasToBeKnown(t *testing.T) {
	var stderr bytes.Buffer
	sessions := file(t, `[{"Acct-Session-Id": "1", "Terminate-Reason": "ppp boredom"}]`)
	require.Equal(t, 1, run(t.Context(), []string{"-listen", "127.0.0.1:0", "-secret", testSecret, "-sessions", sessions}, new(bytes.Buffer), &stderr))
	require.Contains(t, stderr.String(), `session 1: termcause: no such reason in the table: "ppp boredom"`)
}
