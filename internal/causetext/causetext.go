// SPDX-License-Identifier: Apache-2.0

// Package causetext reads the names and numbers of causes, which packages errcause and termcause
// have in one form: Error-Cause (RFC 5176, section 3.5) and Acct-Terminate-Cause (RFC 2866, section
// 5.10) are both numbers of 32 bits that IANA and FreeRADIUS name.
package causetext

import (
	"fmt"
	"strconv"
	"strings"
)

// Names are causes by their names in plain form.
type Names[C ~uint32] map[string]C

// Add adds names of c, however they are written.
func (n Names[C]) Add(c C, names ...string) {
	for _, name := range names {
		n[plain(name)] = c
	}
}

// Parse reads a name, a number from 0 to 4294967295, or "Cause(503)" around one. Case does not
// matter, and a space, a hyphen and an underscore are the same. An error begins with the name of
// the package that asks, and repeats 40 octets of the text at most.
func (n Names[C]) Parse(pkg string, text []byte) (C, error) {
	s := plain(string(text))
	if c, ok := n[s]; ok {
		return c, nil
	}
	if inner, ok := strings.CutPrefix(s, "cause("); ok && strings.HasSuffix(inner, ")") {
		s = strings.TrimSuffix(inner, ")")
	}
	v, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s: %.40q is neither a name nor a number of 32 bits", pkg, text)
	}
	return C(v), nil
}

// plain returns s without the differences that do not matter: outer spaces, case, and the sign
// between words.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '_':
			return '-'
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, strings.TrimSpace(s))
}
