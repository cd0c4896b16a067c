// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every piece of Go in the documents is a piece of a test that compiles and runs.
func TestDocumentsAreCompiled(t *testing.T) {
	for document, c := range map[string]struct{ tests, mark string }{
		"README.md":            {"examples/readme_*_test.go", "README"},
		".github/MIGRATING.md": {"examples/migrating_*_test.go", "MIGRATING"},
	} {
		var pieces []string
		between := regexp.MustCompile(`(?s)// ` + c.mark + `: begin\n(.*?)\n*// ` + c.mark + `: end`)
		files(t, "_test.go", func(path string, text []byte) {
			if ok, _ := filepath.Match(c.tests, path); ok {
				for _, m := range between.FindAllSubmatch(text, -1) {
					pieces = append(pieces, string(m[1]))
				}
			}
		})
		blocks := regexp.MustCompile("(?s)```go\n(.*?)\n```").FindAllStringSubmatch(readText(t, document), -1)
		require.NotEmpty(t, blocks)
		for _, b := range blocks {
			assert.Contains(t, pieces, b[1], "%s has code that no test compiles", document)
		}
		assert.Len(t, blocks, len(pieces), "a test compiles code that %s does not have", document)
	}
}

// The documents' links within the repository lead somewhere.
func TestDocumentsLinksLead(t *testing.T) {
	for _, document := range []string{"README.md", ".github/MIGRATING.md", ".github/CONTRIBUTING.md", ".github/ARCHITECTURE.md", "CHANGELOG.md"} {
		for _, m := range regexp.MustCompile(`(?:\]\(|srcset="|src=")([^):#"]+)[)"]`).FindAllStringSubmatch(readText(t, document), -1) {
			_, err := os.Stat(filepath.Join(root, filepath.Dir(document), m[1]))
			assert.NoError(t, err, document)
		}
	}
}

func readText(t *testing.T, name string) string {
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(text)
}
