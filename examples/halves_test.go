// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// half says which half of package dac a file belongs to, by its name. The packet files belong to none and serve both.
func half(file string) string {
	base := filepath.Base(file)
	for _, h := range []string{"client", "server", "proxy"} {
		if strings.HasPrefix(base, h+".") || strings.HasPrefix(base, h+"_") {
			return h
		}
	}
	return "packet"
}

// may is the wall: from which half which may be named, besides the half itself.
var may = map[string]string{"client": "packet", "server": "packet", "proxy": "packet client server", "packet": ""}

func TestHalvesOfDACDoNotNameEachOther(t *testing.T) {
	files := typed(t, module+"/dac")
	wrong := crossings(files)
	assert.Empty(t, wrong, strings.Join(wrong, "\n"))
}

// The wall is worth nothing if its keeper sees nothing.
func TestHalvesAreTold(t *testing.T) {
	files := checked(t, nil, map[string]string{
		"client.go":  "package p\ntype Client struct{ N int }\nfunc (c *Client) Do() { serve() }",
		"server.go":  "package p\nfunc serve() int { var c Client; return c.N }",
		"proxy.go":   "package p\nfunc proxy() { serve(); new(Client).Do(); pack() }",
		"clients.go": "package p\nfunc pack() { serve() }",
	})
	assert.ElementsMatch(t, []string{
		"client.go:3:25 (client) names serve (server)",
		"server.go:2:26 (server) names Client (client)",
		"server.go:2:43 (server) names N (client)",
		"clients.go:2:15 (packet) names serve (server)",
	}, crossings(files))
}

// A typedPackage is what the wall test needs to know of one: which object each identifier means, and where both stand.
type typedPackage struct {
	fset *token.FileSet
	pkg  *types.Package
	uses map[*ast.Ident]types.Object
}

func crossings(p typedPackage) []string {
	var wrong []string
	for ident, object := range p.uses {
		if object.Pkg() != p.pkg || !object.Pos().IsValid() {
			continue
		}
		at := p.fset.Position(ident.Pos())
		from, to := half(at.Filename), half(p.fset.Position(object.Pos()).Filename)
		if from != to && !strings.Contains(may[from], to) {
			wrong = append(wrong, fmt.Sprintf("%s:%d:%d (%s) names %s (%s)", filepath.Base(at.Filename), at.Line, at.Column, from, ident.Name, to))
		}
	}
	return wrong
}

// typed checks the types of a package of this module, with what it imports taken from the build cache.
func typed(t *testing.T, path string) typedPackage {
	deps, err := goList("-export", "-deps", path)
	require.NoError(t, err)
	exports, sources := map[string]string{}, map[string]string{}
	for _, p := range deps {
		exports[p.ImportPath] = p.Export
		if p.ImportPath == path {
			for _, name := range p.GoFiles {
				text, err := os.ReadFile(filepath.Join(p.Dir, name))
				require.NoError(t, err)
				sources[name] = string(text)
			}
		}
	}
	require.NotEmpty(t, sources)
	return checked(t, func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }, sources)
}

func checked(t *testing.T, lookup importer.Lookup, sources map[string]string) typedPackage {
	fset := token.NewFileSet()
	var files []*ast.File
	for name, text := range sources {
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup)}
	pkg, err := config.Check("p", fset, files, info)
	require.NoError(t, err)
	return typedPackage{fset, pkg, info.Uses}
}
