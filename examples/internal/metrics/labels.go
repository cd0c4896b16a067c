// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	mostLabels = 100     // that have series of their own
	Other      = "other" // all the rest
)

// Labels are the values of a label that have series of their own: the first ones keep their place,
// since a counter may not go down. The zero Labels is ready. It is safe for concurrent use; do not
// copy it once used.
type Labels struct {
	mu    sync.Mutex
	taken map[string]bool
}

// Take reports whether name has a series of its own, and gives it one while there are.
func (l *Labels) Take(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taken == nil {
		l.taken = map[string]bool{}
	}
	if !l.taken[name] && len(l.taken) < mostLabels && name != Other {
		l.taken[name] = true
	}
	return l.taken[name]
}

// Label is text as the value of a label, which is UTF-8: octets of another text are there as \xff.
func Label(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for rest := text; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, rest[0])
		} else {
			b.WriteString(rest[:n])
		}
		rest = rest[n:]
	}
	return b.String()
}
