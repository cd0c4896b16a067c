// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

const mostColumns = 130 // of what is on this module, so that it is short without being folded

// What is left of the code for Disconnect and CoA, of a hundred lines.
func TestWhatIsLeftOfTheLines(t *testing.T) {
	for name, most := range map[string]int{"serial": 20, "indexes": 25, "database": 40, "command": 40} {
		before, after := linesOf(t, name+"_before_test.go"), linesOf(t, name+"_after_test.go")
		t.Logf("%s: %d lines before, %d after: %d %% are gone", name, before, after, 100-100*after/before)
		require.LessOrEqual(t, 100*after, most*before, "%s: %d lines before, %d after", name, before, after)
	}
}

// linesOf counts the lines of a file that are code: without blank ones, comments and the import
// declaration.
func linesOf(t *testing.T, path string) (lines int) {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, text, parser.ParseComments)
	require.NoError(t, err)
	first := 1
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			first = set.Position(g.End()).Line + 1
		}
	}
	for i, line := range strings.Split(string(text), "\n") {
		code := strings.TrimSpace(line)
		if i+1 >= first && code != "" && !strings.HasPrefix(code, "//") {
			lines++
		}
		columns := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    "))
		require.True(t, columns <= mostColumns || strings.HasSuffix(path, "_before_test.go"), "%s:%d has %d columns", path, i+1, columns)
	}
	return lines
}
