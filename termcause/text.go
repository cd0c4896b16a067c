// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// byName holds what UnmarshalText takes beside numbers, in plain form: String of every registered cause, and the names of
// FreeRADIUS that differ from it.
var byName = sync.OnceValue(func() map[string]Cause {
	m := map[string]Cause{
		"port-reinit":   PortReinitialized,
		"port-disabled": PortAdministrativelyDisabled,
	}
	for c := range All() {
		m[plain(c.String())] = c
	}
	return m
})

// AppendText appends String to b. The error is always nil.
func (c Cause) AppendText(b []byte) ([]byte, error) { return append(b, c.String()...), nil }

// MarshalText returns String. The error is always nil.
func (c Cause) MarshalText() ([]byte, error) { return c.AppendText(nil) }

// UnmarshalText takes a name or a number from 0 to 4294967295: "NAS-Request", "nas request", "10" and "Cause(10)". Names are
// those of IANA and of FreeRADIUS; case does not matter, and a space, a hyphen and an underscore are the same. It takes back
// what MarshalText returns for every Cause. Where it returns an error, c is as it was.
func (c *Cause) UnmarshalText(text []byte) error {
	s := plain(string(text))
	if v, ok := byName()[s]; ok {
		*c = v
		return nil
	}
	if n, ok := strings.CutPrefix(s, "cause("); ok && strings.HasSuffix(n, ")") {
		s = strings.TrimSuffix(n, ")")
	}
	v, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return fmt.Errorf("termcause: %.40q is neither a name nor a number of 32 bits", text)
	}
	*c = Cause(v)
	return nil
}

// plain returns s without the differences that do not matter: outer spaces, case, and the sign between words.
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
