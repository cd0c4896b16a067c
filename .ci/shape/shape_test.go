// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// A keeper that sees nothing is worth nothing.

func TestCirclesAreFound(t *testing.T) {
	known, err := checked(nil, map[string]string{
		"a.go": "package p\ntype A struct{ N int }\nfunc (a *A) Do() { b() }",
		"b.go": "package p\nfunc b() { c() }",
		"c.go": "package p\nfunc c() int { var a A; return a.N }",
		"d.go": "package p\nfunc d() { new(A).Do(); e() }",
		"e.go": "package p\nfunc e() { var _ A }",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := largestCircle(known), []string{"a.go", "b.go", "c.go"}; !slices.Equal(got, want) {
		t.Errorf("circle %v, want %v", got, want)
	}
	if len(known["d.go"]) != 2 || !known["d.go"]["a.go"] || !known["d.go"]["e.go"] {
		t.Errorf("d.go knows %v", known["d.go"])
	}
	delete(known["b.go"], "c.go")
	if got := largestCircle(known); len(got) != 0 {
		t.Errorf("circle %v, want none", got)
	}
}

func TestCommentsAreCounted(t *testing.T) {
	text := "// Package p.\npackage p\n\n/* two\nlines */\nvar x int // " + strings.Repeat("x", 90) + "\n\n//go:generate " +
		strings.Repeat("x", 100) + "\n"
	lines, comments, wide, err := countComments("p.go", []byte(text))
	if err != nil || lines != 8 || comments != 5 || !slices.Equal(wide, []string{"p.go:6"}) {
		t.Errorf("lines %d, comments %d, wide %v, %v", lines, comments, wide, err)
	}
}

func TestImportsAgainstTheOrderAreFound(t *testing.T) {
	in := func(path string, imports ...string) listed {
		p := listed{ImportPath: module + "/" + path}
		for _, one := range imports {
			if one[0] == '/' {
				one = module + one
			}
			p.Imports = append(p.Imports, one)
		}
		return p
	}
	for _, c := range []struct {
		p    listed
		want bool
	}{
		{in("dac", "/dac/internal/bulk", "/attrs", "fmt", "layeh.com/radius"), false},
		{in("dac/internal/authn", "/dac/internal/packet", "/errcause"), false},
		{in("dac/internal/netio/netiotest", "/dac/internal/netio"), false},
		{in("dac/internal/packet", "/dac/internal/authn"), true},
		{in("dac/internal/packet", "/dac"), true},
		{in("dac/internal/serve", "/dac/internal/exchange"), true},
		{in("dac/internal/exchange", "/dac/internal/serve"), true},
		{in("dac/internal/another"), true},
		{in("attrs", "/dac"), true},
		{in("errcause", "/termcause"), true},
		{in("dac", "golang.org/x/net/dns"), true},
		{in("dac", "testing"), true},
		{in("dac/dactest", "testing"), false},
		{in("another"), true},
	} {
		r := &repository{packages: []listed{c.p}}
		if got := r.imports(); len(got) > 0 != c.want {
			t.Errorf("%s imports %v: %v", c.p.path(), c.p.Imports, got)
		}
	}
}

func TestNamesWithoutDocAreFound(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", `package p
// F has one.
func F() {}
func G() {}
type T struct{}
func (*T) M() {}
func (t) M() {}
const (
	A = 1 // has one
	B = 2
)
`, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, d := range file.Decls {
		for _, name := range undocumented(d) {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	if want := []string{"B", "G", "M", "T"}; !slices.Equal(missing, want) {
		t.Errorf("missing %v, want %v", missing, want)
	}
}

func TestHalvesThatNameEachOtherAreFound(t *testing.T) {
	got := crossings(map[string]map[string]bool{
		"client.go":      {"server.go": true, "peer.go": true, "client_each.go": true},
		"server_job.go":  {"server.go": true, "proxy.go": true},
		"proxy_hop.go":   {"server.go": true, "client.go": true, "peer.go": true},
		"clients.go":     {"server.go": true},
		"client_each.go": {"client.go": true},
		"server.go":      {"client_each.go": true},
	})
	want := []string{
		"client.go names something of server.go",
		"clients.go names something of server.go",
		"server.go names something of client_each.go",
		"server_job.go names something of proxy.go",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
