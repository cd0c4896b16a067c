// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// topLevel finds what stands at the top of the repository and should not, or is missing there.
func (r *repository) topLevel() (faults []string) {
	want := []string{
		"attrs/", "dac/", "errcause/", "examples/", "internal/", "session/", "termcause/",
		"CHANGELOG.md", "LICENSE", "README.md", "go.mod", "go.sum",
	}
	ignored, _ := os.ReadFile(filepath.Join(r.root, ".gitignore"))
	entries, err := os.ReadDir(r.root)
	if err != nil {
		return []string{err.Error()}
	}
	var have []string
	for _, e := range entries {
		passing := slices.ContainsFunc(strings.Fields(string(ignored)), func(pattern string) bool {
			match, err := filepath.Match(strings.TrimPrefix(pattern, "/"), e.Name())
			return err == nil && match
		})
		name := e.Name()
		if e.IsDir() {
			name += "/"
		}
		if !passing && !strings.HasPrefix(name, ".") {
			have = append(have, name)
		}
	}
	for _, name := range have {
		if !slices.Contains(want, name) {
			faults = append(faults, name+" at the top: give it a place below")
		}
	}
	for _, name := range want {
		if !slices.Contains(have, name) {
			faults = append(faults, name+" is missing at the top")
		}
	}
	return faults
}

var open = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX)\b|panic\("un` + `built"\)`)

// sleeps finds sleeps that do not say why the wall clock is meant.
var sleeps = regexp.MustCompile(`(?m)^.*time\.Sl` + `eep\(.*$`)

// texts finds files without a licence, with work left open, and tests that sleep on the wall
// clock: a test waits for what it waits for, and a sleep is for the clock of a synctest bubble. A
// line that has to sleep on the wall clock says so in a comment.
func (r *repository) texts() (faults []string) {
	err := filepath.WalkDir(r.root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != r.root && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".md"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".go") && !bytes.HasPrefix(text, []byte("// SPDX-License-Identifier: Apache-2.0\n")) {
			faults = append(faults, path+" does not start with the SPDX line")
		}
		if found := open.Find(text); found != nil {
			faults = append(faults, fmt.Sprintf("%s has %q", path, found))
		}
		bubble := bytes.Contains(text, []byte("testing/synctest")) || bytes.Contains(text, []byte("bubble(t, "))
		for _, line := range sleeps.FindAllString(string(text), -1) {
			if strings.HasSuffix(path, "_test.go") && !bubble && !strings.Contains(line, "wall clock") {
				faults = append(faults, path+" sleeps on the wall clock")
			}
		}
		return nil
	})
	if err != nil {
		faults = append(faults, err.Error())
	}
	return faults
}

// docs finds packages and exported names without a doc.
func (r *repository) docs() (faults []string) {
	for _, p := range r.packages {
		if p.Doc == "" {
			faults = append(faults, p.path()+" has no package doc")
		}
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				faults = append(faults, err.Error())
				continue
			}
			for _, decl := range file.Decls {
				for pos, missing := range undocumented(decl) {
					at := fset.Position(pos)
					faults = append(faults, fmt.Sprintf("%s/%s:%d: %s has no doc", p.path(), name, at.Line, missing))
				}
			}
		}
	}
	return faults
}

// undocumented is every exported name of decl without a comment of its own: above it or, for a
// value, behind it or above its group.
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
	for t := d.Recv.List[0].Type; ; {
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

// examples finds Examples that print nothing or stand in a file that is not named for a question,
// and packages without one that runs.
func (r *repository) examples() (faults []string) {
	for _, p := range r.packages {
		runs, example := 0, top(p.ImportPath) == "examples"
		for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				faults = append(faults, err.Error())
				continue
			}
			for _, e := range doc.Examples(file) {
				runs++
				if e.Output == "" && !e.EmptyOutput {
					faults = append(faults, fmt.Sprintf("%s: Example%s has no // Output:", p.path(), e.Name))
				}
				if !strings.HasPrefix(name, "example_") && !example {
					faults = append(faults, fmt.Sprintf("%s: Example%s stands in %s", p.path(), e.Name, name))
				}
			}
		}
		if runs == 0 && p.Name != "main" && !example && !strings.Contains(p.ImportPath, "/internal/") {
			faults = append(faults, p.path()+" has no Example that runs")
		}
	}
	return faults
}

// order is the way imports go: to a folder of a lower number. Two of one number do not know each
// other; what errcause and termcause share stands in internal.
var order = map[string]int{"internal": 0, "errcause": 1, "termcause": 1, "attrs": 2, "dac": 3, "session": 4, "examples": 5}

// below says which rooms of package dac a room may import. Only package dac imports each and serve.
var below = map[string][]string{
	"packet":    {},
	"md5lanes":  {},
	"authn":     {"packet", "md5lanes"},
	"netio":     {"packet", "authn"},
	"netiotest": {"packet", "netio"},
	"compose":   {"packet", "authn"},
	"pcap":      {},
	"relay":     {"packet"},
	"peers":     {"netio"},
	"dedup":     {"packet", "authn"},
	"idpool":    {"packet", "authn"},
	"rate":      {"packet", "authn"},
	"dialing":   {},
	"exchange":  {"packet", "authn", "netio", "idpool", "rate", "dialing", "coalesce"},
	"bulk":      {"packet", "authn", "netio", "idpool", "rate", "exchange"},
	"each":      {"bulk", "exchange", "netio"},
	"show":      {"packet"},
	"report":    {"packet", "authn", "netio", "exchange", "show"},
	"peerstate": {"packet", "authn", "netio", "dedup", "rate"},
	"admission": {},
	"coalesce":  {},
	"serve":     {"packet", "authn", "netio", "dedup", "rate", "peerstate", "admission", "coalesce"},
}

// above says which rooms a room may import that stands above package dac: transports share it.
var above = map[string][]string{
	"cert": {},
	"mux":  {"packet", "authn", "idpool"},
}

// room is the name of a room of package dac, "" for other packages.
func room(importPath string) string {
	name, ok := strings.CutPrefix(pathOf(importPath), "dac/internal/")
	if !ok {
		return ""
	}
	return name[strings.LastIndex(name, "/")+1:]
}

// imports finds what goes against the order, between folders and between rooms, and dependencies
// that a user of the library would have to link.
func (r *repository) imports() (faults []string) {
	for _, p := range r.packages {
		at, from := order[top(p.ImportPath)], room(p.ImportPath)
		if _, known := order[top(p.ImportPath)]; !known {
			faults = append(faults, p.path()+" stands in no folder of the order")
		}
		may, known := below[from]
		high, isAbove := above[from]
		if isAbove {
			may, known = high, true
		}
		if from != "" && !known {
			faults = append(faults, p.path()+" is a room that .ci/shape does not know: say below which others it stands")
		}
		for _, path := range p.Imports {
			switch to := room(path); {
			case from != "" && !isAbove && pathOf(path) == "dac", from != "" && to != "" && !slices.Contains(may, to):
				faults = append(faults, fmt.Sprintf("%s imports %s, against the order of the rooms", p.path(), pathOf(path)))
			case top(p.ImportPath) == "examples" && strings.HasPrefix(path, "layeh.com/radius/"): // a host's own RADIUS client and server
			case !standard(path) && top(path) == "" && path != "layeh.com/radius":
				faults = append(faults, fmt.Sprintf("%s imports %s", p.path(), path))
			case path == "testing" && !strings.HasSuffix(p.ImportPath, "test"):
				faults = append(faults, p.path()+" imports testing")
			}
		}
		// An external test (package x_test) may look at what is built on its package.
		for _, path := range slices.Concat(p.Imports, p.TestImports) {
			if to := top(path); to != "" && to != top(p.ImportPath) && order[to] >= at {
				faults = append(faults, fmt.Sprintf("%s imports %s, against the order", p.path(), pathOf(path)))
			}
		}
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			ours := standard(path) || top(path) != "" || strings.HasPrefix(path+"/", "layeh.com/radius/")
			if !ours && !strings.HasPrefix(path, "github.com/stretchr/testify/") {
				faults = append(faults, fmt.Sprintf("a test of %s imports %s", p.path(), path))
			}
		}
	}
	return faults
}

// standard tells a package of the standard library: no other path has a first element without a
// dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// readme finds Go code in the README that is longer than it promises: a NAS in twenty lines, an
// AAA call in ten.
func (r *repository) readme() (faults []string) {
	text, err := os.ReadFile(filepath.Join(r.root, "README.md"))
	if err != nil {
		return []string{err.Error()}
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)\n```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 2 {
		return []string{fmt.Sprintf("README.md has %d pieces of Go, not two", len(blocks))}
	}
	for i, most := range []int{20, 10} {
		lines := 0
		for line := range strings.Lines(blocks[i][1]) {
			if strings.TrimSpace(line) != "" {
				lines++
			}
		}
		if lines > most {
			faults = append(faults, fmt.Sprintf("piece %d of Go in README.md has %d lines, not %d", i+1, lines, most))
		}
	}
	return faults
}
