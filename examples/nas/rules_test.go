// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/session/sessiontest"
	"github.com/stretchr/testify/require"
)

// The simulated BNG keeps the rules of a Handler, for one session and for several.
func TestBNGKeepsTheRulesOfAHandler(t *testing.T) {
	const two = `[
		{"Acct-Session-Id": "1", "User-Name": "bob", "Calling-Station-Id": "02-00-00-00-00-01", "NAS-Port": 1, "Framed-IP-Address": "198.51.100.1", "Filter-Id": "silver"},
		{"Acct-Session-Id": "2", "User-Name": "bob", "Calling-Station-Id": "02-00-00-00-00-02", "NAS-Port": 2, "Framed-IP-Address": "198.51.100.2", "Filter-Id": "silver"}
	]`
	file := filepath.Join(t.TempDir(), "sessions.json")
	require.NoError(t, os.WriteFile(file, []byte(two), 0o600))
	for _, several := range []bool{false, true} {
		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*subscriber] {
			b, err := newBNG(parsed(t, "-secret", testSecret, "-sessions", file), io.Discard)
			require.NoError(t, err)
			h := sessiontest.Host[*subscriber]{
				Handler:  b,
				Change:   []attrs.Attr{gold()},
				Snapshot: func(s *subscriber) any { return slices.Collect(attrs.Format(s.current())) },
			}
			if several {
				h.Several = b
			}
			for _, s := range b.All() {
				h.Sessions[s.id.AcctSessionID[0]-'1'] = s.id
			}
			return h
		})
	}
}
