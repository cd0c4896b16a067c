// SPDX-License-Identifier: Apache-2.0

package embed

import (
	"bytes"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	mostLines   = 40 // that are added, without blank ones and comments
	mostColumns = 100
)

// What is added to the BNG stays as short as it is said to be, with the packages that it imports,
// in lines that nobody has folded.
func TestWhatIsAddedIsShort(t *testing.T) {
	text, err := os.ReadFile("radius.go")
	if err != nil {
		t.Fatal(err)
	}
	if formatted, err := format.Source(text); err != nil || !bytes.Equal(formatted, text) {
		t.Errorf("radius.go is not as gofmt leaves it: %v", err)
	}
	lines := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if code := strings.TrimSpace(line); code != "" && !strings.HasPrefix(code, "//") {
			lines++
		}
		if columns := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")); columns > mostColumns {
			t.Errorf("%d columns: %s", columns, line)
		}
	}
	if lines > mostLines {
		t.Errorf("%d lines are added, not %d at most", lines, mostLines)
	}
	t.Logf("%d lines", lines)
}

// The tests of the BNG know of no socket: what they import can open none but through the module
// itself.
func TestTestsNeedNoSocket(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "radius_test.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range file.Imports {
		if path := strings.Trim(i.Path.Value, `"`); path == "net" || strings.HasPrefix(path, "net/") && path != "net/netip" || strings.HasSuffix(path, "dactest") {
			t.Errorf("radius_test.go imports %s", path)
		}
	}
}
