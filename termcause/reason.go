// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Reason names one internal termination reason. Families share names (Junos has five such), so a
// name alone is not a key. Both consist of printable characters and spaces; a Name is not empty,
// and a Family does not begin with "#".
type Reason struct{ Family, Name string }

// String returns family and name with a space between, as an operator writes them: "aaa
// shutdown-idle-timeout".
func (r Reason) String() string { return strings.TrimPrefix(r.Family+" "+r.Name, " ") }

func (r Reason) compare(o Reason) int {
	return cmp.Or(strings.Compare(r.Family, o.Family), strings.Compare(r.Name, o.Name))
}

// An Entry is one row of a Table.
type Entry struct {
	Reason      Reason
	Cause       Cause  // what is sent; 0 when inherited or unknown; to NewTable, 0 also means Default
	Default     Cause  // what Reset restores; 0: none known
	Inherited   bool   // takes its parent's cause unless remapped; Default is then 0
	Description string // for a person; printable characters and spaces, or empty
}

// check tells what keeps e from being a row: the text form has a row in a line, and an operator's
// terminal shows it.
func (e Entry) check() error {
	switch {
	case e.Reason.Name == "":
		return fmt.Errorf("termcause: a reason of family %.120q has no name", e.Reason.Family)
	case strings.HasPrefix(e.Reason.Family, "#"):
		return fmt.Errorf("termcause: family %.120q begins with #", e.Reason.Family)
	case e.Inherited && e.Default != 0:
		return fmt.Errorf("termcause: reason %.120q is inherited and has the default %v too", e.Reason, e.Default)
	}
	for _, s := range []string{e.Reason.Family, e.Reason.Name, e.Description} {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return fmt.Errorf("termcause: reason %.120q has characters that do not print: %.120q", e.Reason, s)
		}
	}
	return nil
}
