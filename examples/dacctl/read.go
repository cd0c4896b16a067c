// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"
)

// An item is one attribute as it is written: Name = value.
type item struct {
	name, value string
	line        int // of the file
}

const blanks = " \t\r"

// items reads the attributes of a packet that starts on line, as radclient does: several on a line
// with commas between them, a value in quotes or up to the next blank or comma, and what follows #
// a comment. A quote that is not closed ends with its line. It calls yield for each attribute and
// fail for each line that is none; the rest of such a line is skipped.
func items(text string, line int, yield func(item), fail func(line int, err error)) {
	for ; text != ""; line++ {
		this := text
		if n := strings.IndexByte(text, '\n'); n >= 0 {
			this, text = text[:n], text[n+1:]
		} else {
			text = ""
		}
		for {
			this = trimLeft(this)
			if this == "" || this[0] == '#' {
				break
			}
			if this[0] == ',' {
				this = this[1:]
				continue
			}
			name, value, rest, err := cutItem(this)
			if err != nil {
				fail(line, err)
				break
			}
			yield(item{name, value, line})
			if rest = trimLeft(rest); rest != "" && rest[0] != ',' && rest[0] != '#' {
				fail(line, fmt.Errorf("%s = %.40s is followed by %.40q: attributes have commas or line ends between them, and a value with spaces or %q stands in quotes",
					name, shown(name, value), shown(name, rest), ";"))
				break
			}
			this = rest
		}
	}
}

func trimLeft(s string) string {
	for s != "" && strings.IndexByte(blanks, s[0]) >= 0 {
		s = s[1:]
	}
	return s
}

// operators are those of radclient that give an attribute a value; which one makes no difference
// here.
var operators = []string{"=", ":=", "==", "+="}

// cutItem cuts the first attribute off s, which begins with its name.
func cutItem(s string) (name, value, rest string, err error) {
	n := nameLen(s)
	if n <= 0 {
		return "", "", "", fmt.Errorf("%.40q is not Attribute = value", s)
	}
	name, rest = s[:n], trimLeft(s[n:])
	n = 0
	for n < len(rest) && strings.IndexByte("=:+!<>~*-", rest[n]) >= 0 {
		n++
	}
	operator := rest[:n]
	if operator == "=-" || operator == "==-" { // a negative number
		n, operator = n-1, operator[:n-1]
	}
	known := false
	for _, o := range operators {
		known = known || o == operator
	}
	switch {
	case operator == "":
		return "", "", "", fmt.Errorf("%.40q is followed by no =", name)
	case !known:
		return "", "", "", fmt.Errorf("%s %s: the operator is one of %s", name, operator, strings.Join(operators, " "))
	}
	value, rest, err = cutValue(trimLeft(rest[n:]))
	if err == errEmpty && strings.EqualFold(name, "Message-Authenticator") { // one is added for any value
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return name, value, rest, err
}

// nameLen is how long the name is that s begins with; 0: there is none, or nothing ends it.
func nameLen(s string) int {
	for i := range len(s) {
		switch s[i] {
		case '=', ' ', '\t', '\r', ',', '#', '"', '\'', '!', '<', '>', '+', '~':
			return i
		case ':':
			if i+1 < len(s) && s[i+1] == '=' { // an operator, and not the tag of a name
				return i
			}
		}
	}
	return 0
}

var errEmpty = errors.New("the value is empty; an attribute without a value is not sent, and without it the request would name more")

// cutValue cuts a value off s, without its quotes.
func cutValue(s string) (value, rest string, err error) {
	if s == "" || s[0] == ',' || s[0] == '#' {
		return "", "", errors.New("there is no value behind =")
	}
	quote := s[0]
	if quote == '`' {
		return "", "", errors.New("a value in backquotes, which nothing here executes; use double quotes")
	}
	if quote != '"' && quote != '\'' {
		n := strings.IndexAny(s, " \t\r,#;")
		if n < 0 {
			n = len(s)
		}
		return s[:n], s[n:], nil
	}
	end := strings.IndexByte(s[1:], quote)
	if end >= 0 && strings.IndexByte(s[1:1+end], '\\') < 0 {
		value, rest = s[1:1+end], s[2+end:]
	} else if value, rest, err = unquote(s[1:], quote); err != nil {
		return "", "", err
	}
	if value == "" {
		return "", rest, errEmpty
	}
	return value, rest, nil
}

// unquote reads up to the closing quote. A backslash before what it does not escape stands for
// itself, as in DOMAIN\bob.
func unquote(s string, quote byte) (value, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == quote:
			return b.String(), s[i+1:], nil
		case c != '\\' || i+1 == len(s):
			b.WriteByte(c)
		default:
			octet, n := unescape(s[i+1:], quote)
			b.WriteByte(octet)
			i += n
		}
	}
	return "", "", fmt.Errorf("the closing quote %c is missing on this line", quote)
}

// unescape reads what follows a backslash: the octet, and how many octets of s it takes.
func unescape(s string, quote byte) (octet byte, n int) {
	if s[0] == '\\' || s[0] == quote {
		return s[0], 1
	}
	if quote == '\'' {
		return '\\', 0
	}
	if i := strings.IndexByte("nrt", s[0]); i >= 0 {
		return "\n\r\t"[i], 1
	}
	if len(s) >= 3 && s[0] >= '0' && s[0] <= '3' && isOctal(s[1]) && isOctal(s[2]) {
		return (s[0]-'0')<<6 | (s[1]-'0')<<3 | (s[2] - '0'), 3
	}
	return '\\', 0
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }
