// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestSessionsAreReadByAttributeName(t *testing.T) {
	list, err := readSessions([]byte(`[
		{"Acct-Session-Id": "4f2a", "User-Name": "bob", "Framed-IP-Address": "198.51.100.7", "NAS-Port": 17,
		 "Filter-Id": ["silver", "nightly"], "Session-Timeout": 600, "Class": "0x0102", "Mikrotik-Rate-Limit": "10M/10M",
		 "NAS-Identifier": "bng-2", "Context": "vrf-a", "Acct-Terminate-Cause": "NAS-Request"},
		{"Acct-Session-Id": "4f2b", "Error-Cause": 504}
	]`), nil)
	require.NoError(t, err)
	require.Len(t, list, 2)

	bob, eve := list[0], list[1]
	port := uint32(17)
	require.Equal(t, attrs.Identity{Context: "vrf-a", AcctSessionID: "4f2a", UserName: "bob", NASPort: &port,
		FramedIPAddress: netip.MustParseAddr("198.51.100.7")}, bob.id)
	require.Equal(t, &attrs.NAS{Identifier: "bng-2"}, bob.nas)
	require.Equal(t, termcause.NASRequest, bob.terminate)
	require.Equal(t, []string{"Class = 0x0102", `Filter-Id = "silver"`, `Filter-Id = "nightly"`, `Mikrotik-Rate-Limit = "10M/10M"`, "Session-Timeout = 600"},
		slices.Collect(attrs.Format(bob.current())))
	require.Equal(t, errcause.SessionContextNotRemovable, eve.refuses)
	require.Nil(t, eve.nas)
}

func TestFurtherAttributesIdentify(t *testing.T) {
	line, err := keyNamed("Attr-26.14988.99")
	require.NoError(t, err)
	list, err := readSessions([]byte(`[{"Acct-Session-Id": "1", "Attr-26.14988.99": "0x0a"}]`), []attrs.AnyKey{line})
	require.NoError(t, err)
	require.Equal(t, map[attrs.ID][]string{line.ID(): {"\n"}}, list[0].id.Other)
}

func TestSessionWithoutAnIDIsGivenOne(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sessions.json")
	require.NoError(t, os.WriteFile(file, []byte(`[{"Acct-Session-Id": "1"}, {"User-Name": "bob"}, {"User-Name": "bob"}]`), 0o600))
	b := &bng{reasons: new(termcause.Table)}
	require.NoError(t, b.loadSessions(file, nil))
	found, err := b.Find(t.Context(), attrs.Identity{UserName: "bob"})
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, "session-2", found[0].id.AcctSessionID)
	require.Equal(t, 3, b.Len())
}

func TestBadSessionsAreToldApart(t *testing.T) {
	for text, says := range map[string]string{
		`{}`:                                     "1:1: ",
		`[{}`:                                    "1:4: ",
		`[{}] []`:                                "1:6: something follows",
		`[{"Rainbow": 1}]`:                       "session 1: Rainbow: ",
		`[{}, {"User-Name": null}]`:              "1:20: User-Name: a value is",
		`[{"User-Name": [["a"], "b"]}]`:          "1:16: User-Name: a value is",
		`[{"Session-Timeout": "soon"}]`:          "session 1: Session-Timeout: ",
		`[{"Error-Cause": "tired"}]`:             "session 1: Error-Cause: ",
		`[{"Acct-Terminate-Cause": {}}]`:         "1:27: Acct-Terminate-Cause: a value is",
		`[{"User-Name": ["a", "b"]}]`:            "session 1: ",
		`[{"User-Name": "a", "User-Name": "b"}]`: `"User-Name" is there twice`,
		`[{"Error-Cause": [503, 504]}]`:          "session 1: Error-Cause: give one value",
		`[{"Context": ["a", "b"]}]`:              "session 1: Context: give one value",
		`[{"Context": []}]`:                      "1:14: Context: a list without a value",
		"[{\"User-Name\": \"\xe4\"}]":            "1:17: octet 0xe4 is not UTF-8",
		`[7]`:                                    "1:2: ",
	} {
		_, err := readSessions([]byte(text), nil)
		require.ErrorContains(t, err, says, text)
	}
}

// The table has one session of a name: of two objects with one Acct-Session-Id one would be lost.
func TestTwoSessionsWithOneIDAreAnError(t *testing.T) {
	for text, says := range map[string]string{
		`[{"Acct-Session-Id": "1", "User-Name": "bob"}, {"User-Name": "eve"}, {"Acct-Session-Id": "1", "User-Name": "eve"}]`: `session 3: Acct-Session-Id "1" is that of session 1 too`,
		`[{"Acct-Session-Id": "session-2"}, {"User-Name": "eve"}]`:                                                           `session 2: Acct-Session-Id "session-2" is that of session 1 too`,
		`[{"Acct-Session-Id": "1", "Context": "a"}, {"Acct-Session-Id": "1", "Context": "a"}]`:                               "session 2: ",
		`[{"Acct-Session-Id": "1", "Context": "a"}, {"Acct-Session-Id": "1", "Context": "b"}]`:                               "",
	} {
		file := filepath.Join(t.TempDir(), "sessions.json")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		b := &bng{reasons: new(termcause.Table)}
		if err := b.loadSessions(file, nil); says != "" {
			require.ErrorContains(t, err, file+": "+says)
		} else {
			require.NoError(t, err)
		}
	}
}

func TestChangeReplacesWhatComes(t *testing.T) {
	set := func(list ...attrs.Attr) radius.Attributes {
		set, err := attrs.Join(list...).AppendTo(nil)
		require.NoError(t, err)
		return set
	}
	before := set(attrs.FilterID.Of("a"), attrs.FilterID.Of("b"), attrs.SessionTimeout.Of(time.Hour), mikrotik.RateLimit.Of("1M"))
	s := new(subscriber)
	s.service.Store(&before)
	s.change(set(attrs.FilterID.Of("c"), attrs.IdleTimeout.Of(time.Minute), mikrotik.RateLimit.Of("2M")))
	require.Equal(t, []string{"Session-Timeout = 3600", `Filter-Id = "c"`, "Idle-Timeout = 60", `Mikrotik-Rate-Limit = "2M"`}, slices.Collect(attrs.Format(s.current())))
	require.Len(t, before, 4, "what was there before is not written over")
}
