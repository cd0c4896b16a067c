// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuickstartShowsFourExchanges(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))

	var story []string
	for _, line := range []string{
		"1. Bob", "CoA-Request Id", `	User-Name = "bob"`, `	Mikrotik-Rate-Limit = "100M/100M"`, "filter gold and rate 100M/100M", "CoA-ACK Id",
		"2. Bob", "Disconnect-Request Id", "the session of bob ends", "Disconnect-ACK Id", "	Acct-Terminate-Cause = Admin-Reset",
		"3. Once more", "Disconnect-Request Id", "Disconnect-NAK Id", "	Error-Cause = Session-Context-Not-Found",
		"4. Eve", "Disconnect-Request Id", "the session of eve ends", "(resent)", "Disconnect-Request Id", "Disconnect-ACK Id", "sent 2 times, ended once",
		"CoA ", "NAS: 1 requests, 0 duplicates, 1 ACK, 0 NAK",
		"Disconnect ", "AAA: 3 requests, 1 retransmissions, 2 ACK, 1 NAK", "NAS: 3 requests, 1 duplicates, 2 ACK, 1 NAK (1 not found), 2 sessions",
	} {
		story = append(story, regexp.QuoteMeta(line))
	}
	require.Regexp(t, strings.Join(story, "(?s:.*)"), out.String())
	require.NotContains(t, out.String(), "not a secret")
}
