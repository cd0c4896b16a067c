// SPDX-License-Identifier: Apache-2.0

package errcause

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// roundTrip checks that what c prints reads as c.
func roundTrip(t *testing.T, c Cause) {
	t.Helper()
	b, err := c.MarshalText()
	require.NoError(t, err)
	require.Equal(t, c.String(), string(b))
	appended, err := c.AppendText([]byte("cause="))
	require.NoError(t, err)
	require.Equal(t, "cause="+c.String(), string(appended))
	for _, text := range []string{string(b), c.Error()} {
		got := c + 1
		require.NoError(t, got.UnmarshalText([]byte(text)), text)
		require.Equal(t, c, got, text)
	}
}

func TestTextRoundTrip(t *testing.T) {
	for c := range Cause(pastClasses) {
		roundTrip(t, c)
	}
	for shift := range 32 {
		roundTrip(t, 1<<shift-1)
		roundTrip(t, 1<<shift)
	}
	roundTrip(t, math.MaxUint32)
}

func TestUnmarshalText(t *testing.T) {
	for text, want := range map[string]Cause{
		"Session-Context-Not-Found":              SessionContextNotFound,
		"session context not found":              SessionContextNotFound,
		"SESSION_CONTEXT_NOT_FOUND":              SessionContextNotFound,
		" 503\n":                                 SessionContextNotFound,
		"0503":                                   SessionContextNotFound,
		"Cause(503)":                             SessionContextNotFound,
		"cause(599)":                             599,
		"Session-Context-Not-Found (503)":        SessionContextNotFound,
		"0":                                      0,
		"4294967295":                             math.MaxUint32,
		"Residual-Context-Removed":               ResidualSessionContextRemoved,
		"Proxy-Request-Not-Routable":             RequestNotRoutable,
		"Proxy-Processing-Error":                 OtherProxyProcessingError,
		"Invalid-EAP-Packet":                     InvalidEAPPacket,
		"Multiple-Session-Selection-Unsupported": MultipleSessionSelectionUnsupported,
	} {
		c := Cause(7)
		require.NoError(t, c.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, c, text)
	}
	for _, a := range registry(t) {
		c := Cause(7)
		require.NoError(t, c.UnmarshalText([]byte(a.name)), "IANA's name")
		assert.Equal(t, a.cause, c, a.name)
	}
}

func TestUnmarshalTextRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "-", "Cause", "Cause()", "Cause(", "Cause(-1)", "Cause(503", "503)", "-1", "+503", "0x1f7", "5_03", "1e3", "503.0",
		"4294967296", "Cause(4294967296)", "Session-Context", "Session-Context-Not-Found (504)", "Session-Context-Not-Found\x00", "５０３", "\xff",
	} {
		c := Cause(7)
		assert.ErrorContains(t, c.UnmarshalText([]byte(text)), "errcause: ", "%q", text)
		assert.Equal(t, Cause(7), c, "%q left it as it was", text)
	}
	var c Cause
	err := c.UnmarshalText([]byte(strings.Repeat("x", 1<<20)))
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 200, "a long text is not repeated whole")
}

func TestJSON(t *testing.T) {
	b, err := json.Marshal(map[Cause]Cause{SessionContextNotFound: 599})
	require.NoError(t, err)
	assert.JSONEq(t, `{"Session-Context-Not-Found":"Cause(599)"}`, string(b))
	var m map[Cause]Cause
	require.NoError(t, json.Unmarshal(b, &m))
	assert.Equal(t, map[Cause]Cause{SessionContextNotFound: 599}, m)
}

func FuzzUnmarshalText(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte) {
		c := Cause(7)
		if err := c.UnmarshalText(text); err != nil {
			require.Equal(t, Cause(7), c)
			return
		}
		roundTrip(t, c)
	})
}
