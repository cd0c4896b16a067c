// SPDX-License-Identifier: Apache-2.0

package show_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// Who reads that a request was refused has to know whose it was.
func TestARefusalIsLoggedWithTheSessionThatItIsAbout(t *testing.T) {
	var log bytes.Buffer
	p := &radius.Packet{Code: radius.CodeDisconnectRequest}
	for _, a := range []attrs.Attr{attrs.UserName.Of("bob"), attrs.Class.Of([]byte("c")), attrs.AcctSessionID.Of("4f2a\n")} {
		set, err := a.AppendTo(p.Attributes)
		require.NoError(t, err)
		p.Attributes = set
	}
	slog.New(slog.NewTextHandler(&log, nil)).LogAttrs(context.Background(), slog.LevelInfo, "dac: refused", slog.Any("session", show.Session{Packet: p}))
	require.Contains(t, log.String(), "session=")
	require.Contains(t, log.String(), "bob")
	require.Contains(t, log.String(), "4f2a")
	require.NotContains(t, log.String(), "Class")
	require.Equal(t, 1, strings.Count(log.String(), "\n"))
	require.Empty(t, show.Session{}.LogValue().String())
}
