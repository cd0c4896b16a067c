// SPDX-License-Identifier: Apache-2.0

// Package attrtest compares attributes with octets that are written out row by row, for the tests
// of the packages below attrs.
package attrtest

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// Set reads attributes from octets in hexadecimal, with spaces wherever they help.
func Set(tb testing.TB, rows ...string) radius.Attributes {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(rows, ""), " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	set, err := radius.ParseAttributes(b)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

// Attributes returns what a adds to a packet.
func Attributes(tb testing.TB, a ...attrs.Attr) radius.Attributes {
	tb.Helper()
	set, err := attrs.Join(a...).AppendTo(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

// Hex writes attributes as Set reads them, one a row.
func Hex(set radius.Attributes) []string {
	rows := make([]string, 0, len(set))
	for _, avp := range set {
		b := append([]byte{byte(avp.Type), byte(2 + len(avp.Attribute))}, avp.Attribute...)
		rows = append(rows, hex.EncodeToString(b))
	}
	return rows
}

// Rows is how Hex would write rows that have spaces in them.
func Rows(rows ...string) []string {
	clean := make([]string, len(rows))
	for i, row := range rows {
		clean[i] = strings.ReplaceAll(row, " ", "")
	}
	return clean
}

// Clear is a Revealer of values that stand in clear.
type Clear radius.Attributes

// Attributes returns the attributes themselves.
func (c Clear) Attributes() radius.Attributes { return radius.Attributes(c) }

// Reveal returns hidden itself.
func (c Clear) Reveal(hidden []byte) ([]byte, error) { return hidden, nil }
