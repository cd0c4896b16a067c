// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every package with names to call has an Example that runs: one with an output. What takes a
// *testing.T has one that compiles.
func TestPackagesHaveExamples(t *testing.T) {
	for _, p := range packages(t) {
		if p.Name == "main" || strings.Contains(p.ImportPath, "/internal/") || !hasExports(t, p) {
			continue
		}
		runs := false
		for _, e := range doc.Examples(parsed(t, p.Dir, true)...) {
			runs = runs || e.Output != "" || e.EmptyOutput || slices.Contains(p.Imports, "testing")
		}
		assert.True(t, runs, "%s has no Example that runs", p.ImportPath)
	}
}

func hasExports(t *testing.T, p listed) bool {
	return slices.ContainsFunc(parsed(t, p.Dir, false), ast.FileExports)
}

// parsed are the files of a folder: its tests, or the others.
func parsed(t *testing.T, dir string, tests bool) []*ast.File {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var list []*ast.File
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && strings.HasSuffix(e.Name(), "_test.go") == tests {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.ParseComments)
			require.NoError(t, err)
			list = append(list, file)
		}
	}
	return list
}
