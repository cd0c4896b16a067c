// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Parse makes the attribute of a name, as FreeRADIUS spells it, and a value without quotes:
// Parse("Session-Timeout", "600"). Names of vendors are known where their package is linked in;
// Attr-26.9.1, Attr-241.3 and Attr-26.4874.65 name others by number, with octets as value. Case
// does not matter. A tag follows the name: Tunnel-Type:1. Values of numbers may be named
// (Authorize-Only); octets are 0x0a1b or, where that is not meant, the text itself; times are "Nov
// 21 2026 23:00:00 UTC" or seconds since 1970; time spans are seconds. The error does not repeat a
// value that is hidden or sensitive.
func Parse(name, value string) (Attr, error) {
	v := reg.load()
	base, tag, err := cutNameTag(name)
	if err != nil {
		return Failed(err), err
	}
	id, ok := parseNumber(base)
	if ok {
		return parseRaw(v, id, value)
	}
	r := v.byName(base)
	if r == nil {
		err := fmt.Errorf("attrs: unknown attribute %q", base)
		return Failed(err), err
	}
	if tag >= 0 && !r.tagged {
		err := fmt.Errorf("attrs: %s: has no tag", r.name)
		return Failed(err), err
	}
	head := headLen(r.id, r.concat)
	b, err := r.parse(r, make([]byte, head, head+len(value)), byte(max(tag, 0)), value)
	if err == nil {
		b, err = r.encode(b, head)
	}
	if err != nil {
		err = fmt.Errorf("attrs: %s: %w", r.name, err)
		return Failed(err), err
	}
	return Attr{b: b}, nil
}

// encode makes the attribute of r with an encoded value, which stands in b behind head octets of
// room.
func (r *record) encode(b []byte, head int) ([]byte, error) {
	if r.how != NotHidden {
		if err := checkHidden(r.how, len(b)-head, r.tagged); err != nil {
			return nil, err
		}
	}
	return seal(b, head, r.id, r.concat)
}

// parseRaw makes an attribute that is named by number. A number is for what no package linked in
// knows. One that is known by name goes through its record all the same, so that a value that has
// to be hidden is hidden.
func parseRaw(v *view, id ID, value string) (Attr, error) {
	b, ok, err := parseHex(value)
	if !ok {
		err = errOctets
	}
	if err == nil {
		if r := v.record(id); r != nil {
			b, err = r.encode(b, 0)
		} else {
			b, err = appendAttr(nil, id, false, b)
		}
	}
	if err != nil {
		err = fmt.Errorf("attrs: %s: %w", id.number(), err)
		return Failed(err), err
	}
	return Attr{b: b}, nil
}

// cutNameTag splits Tunnel-Type:1; tag -1: none.
// Names of FreeRADIUS have no colon, so what follows one is the tag.
func cutNameTag(name string) (base string, tag int, err error) {
	base, digits, ok := strings.Cut(name, ":")
	if !ok {
		return name, -1, nil
	}
	n, err := strconv.ParseUint(digits, 10, 8)
	if err != nil || n > maxTag {
		return "", -1, fmt.Errorf("attrs: %s: %w", base, errTag)
	}
	return base, int(n), nil
}

// ParseLine reads one attribute as radclient does: Name = value, with any of the operators =, +=,
// := and ==, of which none matters here. A value may stand in double quotes, with the escapes \" \\
// \n \r \t \0 to \377 and \x00 to \xff, or in single quotes, with \' and \\; without quotes it ends
// at a space or a comma. What follows # is a comment.
func ParseLine(s string) (Attr, error) {
	a, err := ParseList(s)
	if err == nil && len(a) != 1 {
		err = fmt.Errorf("attrs: %d attributes, not one", len(a))
	}
	if err != nil {
		return Failed(err), err
	}
	return a[0], nil
}

// ParseList reads attributes as ParseLine does, several with commas or line ends between them:
// "User-Name=bob,Filter-Id=slow". One error tells of the first that cannot be read.
func ParseList(s string) (list []Attr, err error) {
	for rest := skip(s, blank+",\n"); rest != ""; rest = skip(rest, blank+",\n") {
		var a Attr
		if a, rest, err = parsePair(rest); err != nil {
			return nil, err
		}
		if list == nil {
			list = make([]Attr, 0, 4)
		}
		list = append(list, a)
		if rest = skip(rest, blank); rest != "" && rest[0] != ',' && rest[0] != '\n' {
			return nil, fmt.Errorf("attrs: attribute %d is followed by neither a comma nor a new line", len(list))
		}
	}
	return list, nil
}

const blank = " \t\r"

// skip drops leading characters of set, and a comment.
func skip(s, set string) string {
	s = trim(s, set)
	for strings.HasPrefix(s, "#") {
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			s = trim(s[i:], set)
			continue
		}
		return ""
	}
	return s
}

// trim drops leading characters of set: mostly there is none or one, and strings.TrimLeft would
// first make a table of the set.
func trim(s, set string) string {
	for s != "" && strings.IndexByte(set, s[0]) >= 0 {
		s = s[1:]
	}
	return s
}

// parsePair reads one attribute and returns what follows.
// The operator says in FreeRADIUS's files how a list is changed; radclient sends each attribute
// whatever it is, and so it means nothing here.
func parsePair(s string) (a Attr, rest string, err error) {
	n := strings.IndexAny(s, "=+ \t\r\n,#\"'")
	if i := strings.Index(s, ":="); i >= 0 && (n < 0 || i < n) {
		n = i
	}
	if n <= 0 {
		return a, "", errors.New("attrs: an attribute has the form Name = value")
	}
	name := s[:n]
	rest = trim(s[n:], blank)
	for _, op := range []string{"+=", ":=", "==", "="} {
		if value, ok := strings.CutPrefix(rest, op); ok {
			if value, rest, err = cutValue(trim(value, blank)); err != nil {
				return a, "", fmt.Errorf("attrs: %s: %w", name, err)
			}
			a, err = Parse(name, value)
			return a, rest, err
		}
	}
	return a, "", fmt.Errorf("attrs: %q is not followed by =", name)
}

// cutValue splits a value, without its quotes, from what follows. Without quotes a value ends where
// radclient ends it; in quotes it may hold commas, # and spaces, as Filter-Ids and Cisco's pairs
// do.
func cutValue(s string) (value, rest string, err error) {
	if s == "" || s[0] != '"' && s[0] != '\'' {
		n := strings.IndexAny(s, blank+",\n#")
		if n < 0 {
			n = len(s)
		}
		switch s[:n] {
		case "":
			return "", "", errEmpty
		case hiddenText: // what String wrote in the place of a value
			return "", "", errors.New(hiddenText + " is not its value")
		}
		return s[:n], s[n:], nil
	}
	quote := s[0]
	if n := strings.IndexByte(s[1:], quote); n >= 0 && strings.IndexByte(s[1:1+n], '\\') < 0 {
		return s[1 : 1+n], s[2+n:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); {
		switch {
		case s[i] == quote:
			return b.String(), s[i+1:], nil
		case s[i] == '\\':
			c, n, ok := unescape(s[i+1:], quote)
			if !ok {
				return "", "", errors.New("unknown escape in quotes")
			}
			b.WriteByte(c)
			i += 1 + n
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return "", "", errors.New("closing quote missing")
}

// unescape reads what follows a backslash. In single quotes a backslash is itself but before a
// quote or another one: DOMAIN\bob stays as it is.
func unescape(s string, quote byte) (c byte, n int, ok bool) {
	if s == "" {
		return 0, 0, false
	}
	if s[0] == '\\' || s[0] == quote {
		return s[0], 1, true
	}
	if quote == '\'' {
		return '\\', 0, true
	}
	switch s[0] {
	case '\'':
		return '\'', 1, true
	case 'n':
		return '\n', 1, true
	case 'r':
		return '\r', 1, true
	case 't':
		return '\t', 1, true
	case 'x':
		if len(s) > 2 {
			u, err := strconv.ParseUint(s[1:3], 16, 8)
			return byte(u), 3, err == nil
		}
		return 0, 0, false
	}
	// An octal number of up to three digits: values may hold any octet, NUL too.
	for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
		n++
	}
	u, err := strconv.ParseUint(s[:n], 8, 8)
	return byte(u), n, err == nil
}
