// SPDX-License-Identifier: Apache-2.0

package errcause

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An assignment is a line of testdata/error_cause.tsv, which follows IANA's registry of values for
// attribute 101. Its packets are those that the defining RFC names.
type assignment struct {
	cause   Cause
	name    string
	packets []string
}

func registry(t *testing.T) []assignment {
	t.Helper()
	b, err := os.ReadFile("testdata/error_cause.tsv")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	require.Equal(t, "value\tname\treference\tpackets", lines[0])
	var all []assignment
	for _, line := range lines[1:] {
		f := strings.Split(line, "\t")
		require.Len(t, f, 4, line)
		v, err := strconv.ParseUint(f[0], 10, 32)
		require.NoError(t, err, line)
		all = append(all, assignment{Cause(v), f[1], strings.Split(f[3], ",")})
	}
	return all
}

// hyphened is the wire name of a registered one: words joined by hyphens, without what stands in
// brackets.
func hyphened(name string) string {
	name, _, _ = strings.Cut(name, " (")
	return strings.ReplaceAll(name, " ", "-")
}

var codes = map[string]int{"Disconnect-ACK": 41, "Disconnect-NAK": 42, "CoA-ACK": 44, "CoA-NAK": 45, "Protocol-Error": 52}

func TestRegistryIsInTheCode(t *testing.T) {
	for _, a := range registry(t) {
		r, ok := find(a.cause)
		if !assert.True(t, ok, "%d %s has no row", a.cause, a.name) {
			continue
		}
		assert.Equal(t, hyphened(a.name), a.cause.String())
		assert.Equal(t, hyphened(a.name)+" ("+strconv.Itoa(int(a.cause))+")", a.cause.Error())
		for name, code := range codes {
			assert.Equal(t, slices.Contains(a.packets, name), a.cause.AllowedIn(code), "%v in %s", a.cause, name)
		}
		for _, s := range []string{r.text, r.reason} {
			assert.Regexp(t, `^[A-Z].*\.$`, s, "%v wants a sentence", a.cause)
		}
		assert.Equal(t, r.text, a.cause.Description())
		assert.Equal(t, r.reason, a.cause.RetryReason())
		assert.Regexp(t, `^[a-z].*[^.]$`, r.hint, "%v wants words that follow a semicolon", a.cause)
		assert.Equal(t, r.hint, a.cause.Hint())
	}
}

func TestCodeIsInTheRegistry(t *testing.T) {
	var want []Cause
	for _, a := range registry(t) {
		want = append(want, a.cause)
	}
	assert.True(t, slices.IsSorted(want))
	assert.Equal(t, want, slices.Collect(All()), "rows")

	consts := constants(t)
	for _, a := range registry(t) {
		assert.Equal(t, hyphened(a.name), consts[a.cause], "constant of %d", a.cause)
		delete(consts, a.cause)
	}
	assert.Empty(t, consts, "constants that are not registered")
}

// constants returns the Cause constants of cause.go with the comment behind each.
func constants(t *testing.T) map[Cause]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "cause.go", nil, parser.ParseComments)
	require.NoError(t, err)
	m := map[Cause]string{}
	for spec := range specs(f) {
		lit, ok := spec.Values[0].(*ast.BasicLit)
		require.True(t, ok, "%s has no number of its own", spec.Names[0])
		v, err := strconv.ParseUint(lit.Value, 10, 32)
		require.NoError(t, err)
		require.NotContains(t, m, Cause(v), "given twice")
		m[Cause(v)] = strings.TrimSpace(spec.Comment.Text())
	}
	return m
}

func specs(f *ast.File) func(func(*ast.ValueSpec) bool) {
	return func(yield func(*ast.ValueSpec) bool) {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				if !yield(s.(*ast.ValueSpec)) {
					return
				}
			}
		}
	}
}

func TestAllStopsWhenAsked(t *testing.T) {
	var got []Cause
	for c := range All() {
		if got = append(got, c); len(got) == 2 {
			break
		}
	}
	assert.Equal(t, []Cause{201, 202}, got)
}
