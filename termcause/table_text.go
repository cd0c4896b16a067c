// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// The text form: these columns, separated by tabs. The last is there only in a row that is
// remapped.
const (
	textHeader = "family\tname\tdefault\tdescription"
	textMapped = "\tmapped"

	textInherit = "inherit" // as a default: takes its parent's cause
	textUnknown = "unknown" // as a default: none is known
)

// MarshalText returns the whole table in the form that UnmarshalText reads, codes as numbers. The
// error is always nil.
func (t *Table) MarshalText() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(textHeader + textMapped + "\n")
	for e := range t.All() {
		b.WriteString(e.Reason.Family + "\t" + e.Reason.Name + "\t" + e.defaultText() + "\t" + e.Description)
		if e.Cause != e.Default {
			b.WriteString("\t" + e.Cause.number())
		}
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

func (e Entry) defaultText() string {
	switch {
	case e.Inherited:
		return textInherit
	case e.Default == 0:
		return textUnknown
	}
	return e.Default.number()
}

func (c Cause) number() string { return strconv.FormatUint(uint64(c), 10) }

// UnmarshalText replaces the whole table, or on error nothing of it. This is the form in which a
// host declares its own reasons, a row a line and tabs between the columns:
//
//	family  name       default       description           mapped
//	pppoe   padt       User-Request  The client sent PADT
//	pppoe   keepalive  2             No answer to echoes   8
//	pppoe   relay      unknown       The relay closed it
//	policy  parent     inherit       The parent session ended
//
// The first line is the header. A default is a cause by name or number, "unknown" or "inherit".
// What a reason is mapped to may be left out. Empty lines and lines that begin with "#" are
// skipped.
func (t *Table) UnmarshalText(text []byte) error {
	var rows []Entry
	header := false
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case !header:
			if header = strings.TrimSuffix(line, textMapped) == textHeader; !header {
				return fmt.Errorf("termcause: line %d is not the header %q", n, textHeader+textMapped)
			}
		default:
			e, err := parseRow(line)
			if err != nil {
				return fmt.Errorf("%w (line %d)", err, n)
			}
			rows = append(rows, e)
		}
	}
	if !header {
		return fmt.Errorf("termcause: no header %q", textHeader+textMapped)
	}
	return t.set(rows)
}

func parseRow(line string) (Entry, error) {
	f := strings.Split(line, "\t")
	if len(f) != 4 && len(f) != 5 {
		return Entry{}, fmt.Errorf("termcause: a row has 4 or 5 columns, not %d", len(f))
	}
	e := Entry{Reason: Reason{f[0], f[1]}, Description: f[3]}
	var err error
	switch f[2] {
	case textInherit:
		e.Inherited = true
	case textUnknown:
	default:
		e.Default, err = parseCause(f[2])
	}
	if err == nil && len(f) == 5 && f[4] != "" {
		e.Cause, err = parseCause(f[4])
		if err == nil && e.Cause == e.Default {
			err = ErrDefault
		}
	}
	if err == nil {
		err = e.check()
	}
	return e, err
}

// parseCause reads a cause that may be sent.
func parseCause(s string) (Cause, error) {
	var c Cause
	if err := c.UnmarshalText([]byte(s)); err != nil {
		return 0, err
	}
	if c == 0 {
		return 0, ErrNoCause
	}
	return c, nil
}
