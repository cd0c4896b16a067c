// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"bytes"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTopLevelIsWhatItIs(t *testing.T) {
	ignored, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	require.NoError(t, err)
	entries, err := os.ReadDir(root)
	require.NoError(t, err)

	var folders, files []string
	for _, e := range entries {
		hidden := strings.HasPrefix(e.Name(), ".")
		passing := slices.ContainsFunc(strings.Fields(string(ignored)), func(pattern string) bool {
			match, err := filepath.Match(strings.TrimPrefix(pattern, "/"), e.Name())
			return err == nil && match
		})
		switch {
		case hidden || passing:
		case e.IsDir():
			folders = append(folders, e.Name())
		default:
			files = append(files, e.Name())
		}
	}
	assert.Equal(t, []string{"attrs", "dac", "errcause", "examples", "session", "termcause"}, folders)
	assert.Equal(t, []string{"CHANGELOG.md", "LICENSE", "README.md", "go.mod", "go.sum"}, files)
}

func TestPackagesAreDocumented(t *testing.T) {
	for _, p := range packages(t) {
		assert.NotEmpty(t, p.Doc, "%s has no package doc", p.ImportPath)
	}
}

func TestFilesAreLicensed(t *testing.T) {
	files(t, ".go", func(path string, text []byte) {
		assert.True(t, bytes.HasPrefix(text, []byte("// SPDX-License-Identifier: Apache-2.0\n")), "%s does not start with the SPDX line", path)
	})
}

func TestNothingIsLeftOpen(t *testing.T) {
	open := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX)\b|panic\("un` + `built"\)`)
	for _, suffix := range []string{".go", ".md"} {
		files(t, suffix, func(path string, text []byte) {
			assert.Nil(t, open.Find(text), "%s: %q", path, open.Find(text))
		})
	}
}

// A test waits for what it waits for, not for a time: a sleep is for the virtual clock of a synctest bubble.
func TestNoTestSleeps(t *testing.T) {
	files(t, "_test.go", func(path string, text []byte) {
		if bytes.Contains(text, []byte("time."+"Sleep(")) {
			inBubble := bytes.Contains(text, []byte("testing/synctest")) || bytes.Contains(text, []byte("bubble(t, "))
			assert.True(t, inBubble, "%s sleeps on the wall clock", path)
		}
	})
}

func TestExportedNamesAreDocumented(t *testing.T) {
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			require.NoError(t, err)
			for _, decl := range file.Decls {
				for pos, missing := range undocumented(decl) {
					assert.Fail(t, "no doc", "%s: %s", fset.Position(pos), missing)
				}
			}
		}
	}
}

// A stranger finds in each package a question answered by an Example that runs, and each Example says what it prints.
func TestPackagesHaveExamplesThatRun(t *testing.T) {
	for _, p := range packages(t) {
		runs := 0
		for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments)
			require.NoError(t, err)
			for _, e := range doc.Examples(file) {
				runs++
				assert.True(t, e.Output != "" || e.EmptyOutput, "%s: Example%s in %s has no // Output:", p.ImportPath, e.Name, name)
				assert.True(t, strings.HasPrefix(name, "example_") || p.top() == "examples", "%s: Example%s stands in %s, which is not named for a question", p.ImportPath, e.Name, name)
			}
		}
		if p.Name != "main" && p.top() != "examples" && !strings.Contains(p.ImportPath, "/internal/") {
			assert.NotZero(t, runs, "%s has no Example that runs", p.ImportPath)
		}
	}
}

// Files of examples are named for the question that they answer; a package with one question may say just example_test.go.
func TestExamplesAreNamedForQuestions(t *testing.T) {
	for folder, names := range map[string][]string{
		"dac":       {"disconnect", "change", "change_or_disconnect", "secret_rotation", "bulk", "wireshark", "no_answer", "server"},
		"session":   {"bng", "audit", "authorize_only", "own_session_store", "middleware", "who_may_touch_whom", "policy", "vendor_attributes"},
		"attrs":     {"build_attributes", "read_attributes", "which_session", "own_vendor"},
		"termcause": {"own_reasons", "remap_reasons", "show_reasons"}, "errcause": {"refuse"},
	} {
		for _, name := range names {
			assert.FileExists(t, filepath.Join(root, folder, "example_"+name+"_test.go"))
		}
		assert.NoFileExists(t, filepath.Join(root, folder, "example_test.go"))
	}
}

// undocumented is every exported name of decl without a comment of its own: above it or, for a value, behind it or above its group.
func undocumented(decl ast.Decl) map[token.Pos]string {
	found := map[token.Pos]string{}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil {
			found[d.Pos()] = d.Name.Name
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && (d.Doc == nil || d.Lparen.IsValid()) {
					found[s.Pos()] = s.Name.Name
				}
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if name.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
						found[name.Pos()] = name.Name
					}
				}
			}
		}
	}
	return found
}

// exportedReceiver is true of a function, and of a method that a user of the package can name.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
