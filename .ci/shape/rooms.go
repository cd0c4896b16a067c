// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// What a package may have: files that know one another in a circle, and for package dac files and
// lines. Comments are a share of the lines, and have a width.
const (
	mostCircleOfRoom = 6 // dac and its rooms
	mostCircle       = 8 // session and attrs
	mostFiles        = 30
	mostLines        = 4500
	leastComments    = 0.2
	mostColumns      = 100
)

type roomReport struct {
	table  string
	faults []string
}

// A size is what was counted of one package, tests left out.
type size struct {
	path                   string
	files, lines, comments int
	circle                 []string // the files of the largest
	crossings              []string // of the halves of dac
	refs                   int      // from one file to another, each pair once
	wide                   []string
}

// rooms counts the files of dac, its rooms, session and attrs, and what they know of one another.
func (r *repository) rooms() (report roomReport, err error) {
	var table strings.Builder
	fmt.Fprintf(&table, "%-24s %5s %6s %8s %5s %6s %5s\n", "package", "files", "lines", "comments", "refs", "circle", "wide")
	for _, p := range r.packages {
		isRoom := room(p.ImportPath) != "" || p.path() == "dac"
		if !isRoom && p.path() != "session" && p.path() != "attrs" {
			continue
		}
		s, err := r.measure(p)
		if err != nil {
			return report, err
		}
		share := float64(s.comments) / float64(s.lines)
		fmt.Fprintf(&table, "%-24s %5d %6d %7.0f%% %5d %6d %5d\n", s.path, s.files, s.lines, 100*share, s.refs, len(s.circle), len(s.wide))
		fault := func(format string, args ...any) {
			report.faults = append(report.faults, s.path+": "+fmt.Sprintf(format, args...))
		}
		most := mostCircle
		if isRoom {
			most = mostCircleOfRoom
		}
		if len(s.circle) > most {
			fault("%d files know one another in a circle, %d may: %s", len(s.circle), most, strings.Join(s.circle, " "))
		}
		for _, c := range s.crossings {
			fault("%s", c)
		}
		if s.path == "dac" && s.files > mostFiles {
			fault("%d files, %d may be", s.files, mostFiles)
		}
		if s.path == "dac" && s.lines > mostLines {
			fault("%d lines, %d may be", s.lines, mostLines)
		}
		if share < leastComments {
			fault("comments are %.0f %% of the lines, %.0f are wanted", 100*share, 100*leastComments)
		}
		if len(s.wide) > 0 {
			fault("%d lines of comment wider than %d columns, the first %s", len(s.wide), mostColumns, s.wide[0])
		}
	}
	report.table = table.String()
	return report, nil
}

func (r *repository) measure(p listed) (s size, err error) {
	s.path = p.path()
	for _, name := range slices.Concat(p.GoFiles, p.IgnoredGoFiles) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			return s, err
		}
		s.files++
		lines, comments, wide, err := countComments(name, text)
		if err != nil {
			return s, err
		}
		s.lines += lines
		s.comments += comments
		s.wide = append(s.wide, wide...)
	}
	known, err := r.references(p)
	if err != nil {
		return s, err
	}
	for _, to := range known {
		s.refs += len(to)
	}
	s.circle = largestCircle(known)
	if s.path == "dac" {
		s.crossings = crossings(known)
	}
	return s, nil
}

// countComments counts the lines of a file, those that have a comment, and those of them that are
// too wide: a tab is four columns, and a URL or a directive may be as long as it is.
func countComments(name string, text []byte) (lines, comments int, wide []string, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return 0, 0, nil, err
	}
	all := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	has := make(map[int]bool)
	for _, group := range file.Comments {
		for _, c := range group.List {
			for line := fset.Position(c.Pos()).Line; line <= fset.Position(c.End()).Line; line++ {
				has[line] = true
			}
		}
	}
	for _, line := range slices.Sorted(maps.Keys(has)) {
		columns := utf8.RuneCountInString(strings.ReplaceAll(all[line-1], "\t", "    "))
		if columns > mostColumns && !strings.Contains(all[line-1], "//go:") {
			wide = append(wide, fmt.Sprintf("%s:%d", name, line))
		}
	}
	return len(all), len(has), wide, nil
}

// references says of each file of a package which others it names something of.
func (r *repository) references(p listed) (map[string]map[string]bool, error) {
	deps, err := goList(r.root, "-export", "-deps", p.ImportPath)
	if err != nil {
		return nil, err
	}
	exports, sources := map[string]string{}, map[string]string{}
	for _, d := range deps {
		exports[d.ImportPath] = d.Export
	}
	for _, name := range p.GoFiles {
		text, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			return nil, err
		}
		sources[name] = string(text)
	}
	return checked(func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }, sources)
}

// checked is references of the files of one package.
func checked(lookup importer.Lookup, sources map[string]string) (map[string]map[string]bool, error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		file, err := parser.ParseFile(fset, name, sources[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup)}
	pkg, err := config.Check("p", fset, files, info)
	if err != nil {
		return nil, err
	}
	known := make(map[string]map[string]bool)
	for name := range sources {
		known[name] = make(map[string]bool)
	}
	for ident, object := range info.Uses {
		if object.Pkg() != pkg || !object.Pos().IsValid() {
			continue
		}
		from, to := fset.Position(ident.Pos()).Filename, fset.Position(object.Pos()).Filename
		if from != to {
			known[from][to] = true
		}
	}
	return known, nil
}

// half says which half of package dac a file belongs to, by its name. The packet files belong to
// none and serve both.
func half(file string) string {
	for _, h := range []string{"client", "server", "proxy"} {
		if strings.HasPrefix(file, h+".") || strings.HasPrefix(file, h+"_") {
			return h
		}
	}
	return "packet"
}

// may is the wall between the halves: what each may name besides itself.
var may = map[string][]string{
	"client": {"packet"}, "server": {"packet"}, "proxy": {"packet", "client", "server"}, "packet": nil,
}

// crossings are the files that name something of another half behind the wall.
func crossings(known map[string]map[string]bool) (wrong []string) {
	for _, from := range slices.Sorted(maps.Keys(known)) {
		for _, to := range slices.Sorted(maps.Keys(known[from])) {
			if h := half(to); h != half(from) && !slices.Contains(may[half(from)], h) {
				wrong = append(wrong, from+" names something of "+to)
			}
		}
	}
	return wrong
}

// largestCircle is the largest strongly connected set of files, by Tarjan's algorithm; files that
// no circle leads through are in none.
func largestCircle(known map[string]map[string]bool) (largest []string) {
	index, low := map[string]int{}, map[string]int{}
	on := map[string]bool{}
	var stack []string
	var visit func(f string)
	visit = func(f string) {
		index[f] = len(index) + 1
		low[f] = index[f]
		stack, on[f] = append(stack, f), true
		for _, to := range slices.Sorted(maps.Keys(known[f])) {
			if index[to] == 0 {
				visit(to)
				low[f] = min(low[f], low[to])
			} else if on[to] {
				low[f] = min(low[f], index[to])
			}
		}
		if low[f] != index[f] {
			return
		}
		at := slices.Index(stack, f)
		circle := slices.Clone(stack[at:])
		stack = stack[:at]
		for _, one := range circle {
			on[one] = false
		}
		if len(circle) > 1 && len(circle) > len(largest) {
			slices.Sort(circle)
			largest = circle
		}
	}
	for _, f := range slices.Sorted(maps.Keys(known)) {
		if index[f] == 0 {
			visit(f)
		}
	}
	return largest
}
