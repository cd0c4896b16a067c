// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asZerolog has lines in the names that zerolog uses.
func asZerolog(w io.Writer) slog.Handler {
	return slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		switch {
		case len(groups) > 0:
		case a.Key == slog.LevelKey:
			return slog.String("level", strings.ToLower(a.Value.String()))
		case a.Key == slog.TimeKey:
			return slog.String("time", a.Value.Time().Format(time.RFC3339))
		case a.Key == slog.MessageKey:
			return slog.Attr{Key: "message", Value: a.Value}
		}
		return a
	}})
}

func TestLinesAreAsZerologHasThem(t *testing.T) {
	var theirs, ours bytes.Buffer
	zerologger{&theirs}.log("warn", "late", map[string]any{"peer": "192.0.2.1"})
	slog.New(asZerolog(&ours)).Warn("late", "peer", "192.0.2.1")
	read := func(b []byte) (line map[string]any) {
		require.NoError(t, json.Unmarshal(b, &line))
		_, err := time.Parse(time.RFC3339, line["time"].(string))
		require.NoError(t, err)
		delete(line, "time")
		return line
	}
	require.Equal(t, read(theirs.Bytes()), read(ours.Bytes()))
}
