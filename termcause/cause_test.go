// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// registry returns the names of testdata/terminate_cause.tsv, which follows IANA's registry of
// values for attribute 49.
func registry(t *testing.T) map[Cause]string {
	t.Helper()
	b, err := os.ReadFile("testdata/terminate_cause.tsv")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	require.Equal(t, "value\tname\treference", lines[0])
	m := map[Cause]string{}
	for _, line := range lines[1:] {
		f := strings.Split(line, "\t")
		require.Len(t, f, 3, line)
		v, err := strconv.ParseUint(f[0], 10, 32)
		require.NoError(t, err, line)
		m[Cause(v)] = strings.ReplaceAll(f[1], " ", "-")
	}
	return m
}

func TestRegistryIsInTheCode(t *testing.T) {
	all := slices.Collect(All())
	for c, name := range registry(t) {
		assert.Contains(t, all, c)
		assert.Equal(t, name, c.String())
		assert.Regexp(t, `^[A-Z].*\.$`, c.Description(), "%v wants a sentence", c)
	}
}

func TestCodeIsInTheRegistry(t *testing.T) {
	all := slices.Collect(All())
	assert.True(t, slices.IsSorted(all))
	want := registry(t)
	assert.Len(t, all, len(want))

	f, err := parser.ParseFile(token.NewFileSet(), "cause.go", nil, parser.ParseComments)
	require.NoError(t, err)
	got := map[Cause]string{}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			s := s.(*ast.ValueSpec)
			v, err := strconv.ParseUint(s.Values[0].(*ast.BasicLit).Value, 10, 32)
			require.NoError(t, err)
			got[Cause(v)] = strings.TrimSpace(s.Comment.Text())
		}
	}
	assert.Equal(t, want, got, "constants and the names behind them")
}

func TestR5176_2_1_3_AdminResetIsSix(t *testing.T) {
	assert.EqualValues(t, 6, AdminReset)
}

func TestACauseIsNoError(t *testing.T) {
	_, ok := any(AdminReset).(error)
	assert.False(t, ok)
}

func TestAllStopsWhenAsked(t *testing.T) {
	var got []Cause
	for c := range All() {
		if got = append(got, c); len(got) == 2 {
			break
		}
	}
	assert.Equal(t, []Cause{UserRequest, LostCarrier}, got)
}

func TestUnregisteredCauses(t *testing.T) {
	assert.Equal(t, "Cause(0)", Cause(0).String())
	assert.Equal(t, "Cause(24)", Cause(24).String())
	assert.Equal(t, "Cause(4294967295)", Cause(math.MaxUint32).String())
	assert.Equal(t, "No cause is given.", Cause(0).Description())
	assert.Contains(t, Cause(24).Description(), "not registered")
	assert.Contains(t, Cause(math.MaxUint32).Description(), "not registered")
}

// roundTrip checks that what c prints reads as c.
func roundTrip(t *testing.T, c Cause) {
	t.Helper()
	b, err := c.MarshalText()
	require.NoError(t, err)
	require.Equal(t, c.String(), string(b))
	appended, err := c.AppendText([]byte("cause="))
	require.NoError(t, err)
	require.Equal(t, "cause="+c.String(), string(appended))
	got := c + 1
	require.NoError(t, got.UnmarshalText(b))
	require.Equal(t, c, got)
}

func TestTextRoundTrip(t *testing.T) {
	for c := range Cause(100) {
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
		"NAS-Request":                    NASRequest,
		"nas request":                    NASRequest,
		"NAS_REQUEST":                    NASRequest,
		" 10\n":                          NASRequest,
		"Cause(10)":                      NASRequest,
		"cause(4711)":                    4711,
		"0":                              0,
		"4294967295":                     math.MaxUint32,
		"Port-Reinit":                    PortReinitialized,
		"Port-Disabled":                  PortAdministrativelyDisabled,
		"Port Administratively Disabled": PortAdministrativelyDisabled,
	} {
		c := Cause(7)
		require.NoError(t, c.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, c, text)
	}
}

func TestUnmarshalTextRefuses(t *testing.T) {
	for _, text := range []string{"", " ", "-", "Cause", "Cause()", "Cause(6", "6)", "-1", "+6", "0x6", "4294967296", "NAS", "NAS-Request\x00", "\xff"} {
		c := Cause(7)
		assert.ErrorContains(t, c.UnmarshalText([]byte(text)), "termcause: ", "%q", text)
		assert.Equal(t, Cause(7), c, "%q left it as it was", text)
	}
}

func TestJSON(t *testing.T) {
	b, err := json.Marshal(map[Cause]Cause{NASRequest: 4711})
	require.NoError(t, err)
	assert.JSONEq(t, `{"NAS-Request":"Cause(4711)"}`, string(b))
	var m map[Cause]Cause
	require.NoError(t, json.Unmarshal(b, &m))
	assert.Equal(t, map[Cause]Cause{NASRequest: 4711}, m)
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
