// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// order is the way imports go: to a folder of a lower number. Two folders of one number do not know each other.
var order = map[string]int{"errcause": 1, "termcause": 1, "attrs": 2, "dac": 3, "session": 4, "examples": 5}

func TestImportsGoOneWay(t *testing.T) {
	for _, p := range packages(t) {
		at, known := order[p.top()]
		assert.True(t, known, "%s stands in no folder of the order", p.ImportPath)
		// An external test (package x_test) may look at what is built on its package.
		for _, path := range slices.Concat(p.Imports, p.TestImports) {
			if top := topOf(path); top != "" && top != p.top() {
				assert.Less(t, order[top], at, "%s imports %s", p.ImportPath, path)
			}
		}
	}
}

// A user of the library links the standard library and layeh.com/radius alone; tests may have testify and layeh's dictionaries beside.
func TestDependenciesAreTwo(t *testing.T) {
	for _, p := range packages(t) {
		for _, path := range p.Imports {
			assert.True(t, standard(path) || topOf(path) != "" || path == "layeh.com/radius", "%s imports %s", p.ImportPath, path)
			if path == "testing" {
				assert.True(t, strings.HasSuffix(p.ImportPath, "test"), "%s imports testing", p.ImportPath)
			}
		}
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			ok := standard(path) || topOf(path) != "" || path == "layeh.com/radius" || strings.HasPrefix(path, "layeh.com/radius/") ||
				strings.HasPrefix(path, "github.com/stretchr/testify/")
			assert.True(t, ok, "a test of %s imports %s", p.ImportPath, path)
		}
	}
}

// standard tells a package of the standard library: no other path has a first element without a dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
