// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/stretchr/testify/require"
)

func TestActionsAreListed(t *testing.T) {
	got := dacctl(t, t.Context(), "actions")
	require.Equal(t, 0, got.status)
	require.Empty(t, got.err)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	n := 0
	for a := range profile.Actions() {
		n++
		require.Regexp(t, `(?m)^`+map[bool]string{true: "any", false: a.Vendor()}[a.Vendor() == ""]+` +`+a.Name+` .* (CoA|Disconnect)-Request +[A-Z].*\.$`, got.out)
	}
	require.Len(t, lines, n+1)
	require.Regexp(t, `(?m)^cisco +cisco-reauthenticate \[last\|rerun\] +CoA-Request +Authenticate the host again\.$`, got.out)
	require.True(t, strings.HasPrefix(lines[1], "any "), "what any NAS may take comes first")
}

func TestActionsOfAProfileAsObjects(t *testing.T) {
	rows := write(t, "name\tactions\nour-bng\tfilter-id; juniper-update; juniper-activate?\n")
	want := []action{
		{Name: "filter-id", Args: []string{"FILTER"}, Request: "CoA-Request", Text: "Apply a filter, an access list or a role.", Profiles: []string{"our-bng"}},
		{Vendor: "juniper", Name: "juniper-update", Args: []string{"SERVICE", "SECONDS"}, Request: "CoA-Request", Text: "Let a service end after so long.", Profiles: []string{"our-bng"}},
	}
	got := dacctl(t, t.Context(), "actions", "-profile", "our-bng", "-profiles", rows, "-json")
	require.Equal(t, 0, got.status, got.err)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	require.Len(t, lines, 2)
	for i, line := range lines {
		var a action
		require.NoError(t, json.Unmarshal([]byte(line), &a))
		require.Equal(t, want[i], a)
	}
	require.Contains(t, dacctl(t, t.Context(), "actions", "-profile", "our-bng", "-profiles", rows, "-trust").out, "juniper-activate")
}

func TestProfilesAreListed(t *testing.T) {
	got := dacctl(t, t.Context(), "profiles")
	require.Equal(t, 0, got.status)
	for p := range profile.BuiltIn().All() {
		require.Contains(t, got.out, "\n"+p.Name+" ")
	}
	require.Regexp(t, `(?m)^cisco-wlc +Cisco +WLC, ASA, Meraki MR +1700 +3799 +Cisco-AVPair\(audit-session-id\), Calling-Station-Id; to disconnect: Calling-Station-Id$`, got.out)

	var k kind
	require.NoError(t, json.Unmarshal([]byte(dacctl(t, t.Context(), "profiles", "-json", "-profile", "arista-eos").out), &k))
	require.Equal(t, "Arista", k.Vendor)
	require.True(t, k.Recalled)
	require.EqualValues(t, 3799, k.DisconnectPort)
	require.Contains(t, k.CoAKeys, "User-Name+Framed-IP-Address")
}

func TestListsAreAskedForWithFlagsAlone(t *testing.T) {
	for says, args := range map[string][]string{
		`takes flags alone, not "cisco"`:    {"actions", "cisco"},
		`there is no profile "none"`:        {"actions", "-profile", "none"},
		`-profiles: open /nowhere/none`:     {"profiles", "-profiles", "/nowhere/none"},
		"flag provided but not defined: -z": {"profiles", "-z"},
	} {
		got := dacctl(t, t.Context(), args...)
		require.Equal(t, 3, got.status)
		require.Contains(t, got.err, says)
		require.Empty(t, got.out)
	}
	require.Equal(t, 0, dacctl(t, t.Context(), "actions", "-h").status)
	require.Contains(t, dacctl(t, t.Context(), "-h").out, "dacctl actions|profiles")
}
