// SPDX-License-Identifier: Apache-2.0

package dictionary

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// An Error is what is wrong with a line.
type Error struct {
	File string
	Line int // from 1; 0: the file as a whole
	Err  error
}

// Error returns "dictionary: acme:7: unknown type \"sting\"".
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("dictionary: %s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("dictionary: %s:%d: %v", e.File, e.Line, e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// A Skipped is an attribute that was passed over.
type Skipped struct {
	Name string
	File string
	Line int
	Why  string
}

// The bounds of what is read, far beyond all that FreeRADIUS has.
const (
	maxDepth      = 16
	maxFiles      = 4096
	maxAttributes = 1 << 17
)

// A place is a line of a file.
type place struct {
	file string
	line int
}

func (p place) errorf(format string, a ...any) error {
	return &Error{p.file, p.line, fmt.Errorf(format, a...)}
}

// An attribute is an ATTRIBUTE, with its VALUEs.
type attribute struct {
	place
	name    string
	id      attrs.ID
	typ     string
	size    int // of octets[n]; 0: it varies
	tagged  bool
	encrypt attrs.Hiding
	secret  bool
	values  []attrs.Value
}

// A vendor is a VENDOR.
type vendor struct {
	place
	number uint32
	format attrs.VendorFormat
	more   bool // with a continuation octet
}

// A reader reads one file and all that it includes.
type reader struct {
	open       func(name string) ([]byte, error)
	join       func(from, name string) string
	files      int
	vendors    map[string]vendor
	attributes []*attribute
	byName     map[string]*attribute
	skipped    []Skipped
	isSkipped  map[string]bool
	values     []value
}

// A value is a VALUE, which may come before its attribute.
type value struct {
	place
	attribute, name string
	number          uint32
}

func newReader() *reader {
	return &reader{vendors: make(map[string]vendor), byName: make(map[string]*attribute), isSkipped: make(map[string]bool)}
}

// ofFS reads from fsys, in which all that is included lies.
func ofFS(fsys fs.FS) *reader {
	r := newReader()
	r.open = func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) }
	r.join = func(from, name string) string { return path.Join(path.Dir(from), name) }
	return r
}

// ofDisk reads from the file system of the host.
func ofDisk() *reader {
	r := newReader()
	r.open = os.ReadFile
	r.join = func(from, name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(filepath.Dir(from), name)
	}
	return r
}

// A scope is what BEGIN-VENDOR, BEGIN-TLV and FLAGS say of the lines after them, in one file.
type scope struct {
	vendor   string
	extended radius.Type // of an extended vendor attribute (RFC 6929), 0: Vendor-Specific
	tlv      int         // how deep
	internal bool
}

// file reads a file.
func (r *reader) file(name string, depth int) error {
	if r.files++; r.files > maxFiles || depth > maxDepth {
		return &Error{name, 0, errors.New("too many files include one another")}
	}
	b, err := r.open(name)
	if err != nil {
		return &Error{name, 0, err}
	}
	var s scope
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if err := r.line(place{name, n}, f, &s, depth); err != nil {
			return err
		}
	}
	if s.vendor != "" {
		return &Error{name, n, fmt.Errorf("BEGIN-VENDOR %s has no END-VENDOR", s.vendor)}
	}
	return nil
}

// line reads one line.
func (r *reader) line(at place, f []string, s *scope, depth int) error {
	fields := func(least, most int) error {
		if n := len(f) - 1; n < least || n > most {
			return at.errorf("%s has %d fields, not %d to %d", f[0], n, least, most)
		}
		return nil
	}
	switch strings.ToUpper(f[0]) {
	case "$INCLUDE", "$INCLUDE-":
		if err := fields(1, 1); err != nil {
			return err
		}
		err := r.file(r.join(at.file, f[1]), depth+1)
		if f[0] == "$INCLUDE-" && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	case "VENDOR":
		if err := fields(2, 3); err != nil {
			return err
		}
		return r.vendor(at, f)
	case "BEGIN-VENDOR":
		if err := fields(1, 2); err != nil {
			return err
		}
		return r.begin(at, f, s)
	case "END-VENDOR":
		if len(f) < 2 || f[1] != s.vendor {
			return at.errorf("END-VENDOR does not end BEGIN-VENDOR %s", s.vendor)
		}
		s.vendor, s.extended = "", 0
	case "BEGIN-TLV":
		s.tlv++
	case "END-TLV":
		if s.tlv--; s.tlv < 0 {
			return at.errorf("END-TLV without BEGIN-TLV")
		}
	case "FLAGS":
		s.internal = len(f) > 1 && strings.EqualFold(f[1], "internal")
	case "ATTRIBUTE":
		if err := fields(3, 4); err != nil {
			return err
		}
		return r.attribute(at, f, s)
	case "VALUE":
		if err := fields(3, 3); err != nil {
			return err
		}
		return r.value(at, f)
	default:
		return at.errorf("unknown keyword %.40q", f[0])
	}
	return nil
}

func (r *reader) vendor(at place, f []string) error {
	n, err := strconv.ParseUint(f[2], 0, 32)
	if err != nil || n == 0 || n > 1<<24-1 {
		return at.errorf("vendor %s: %.40q is not a number from 1 to 16777215", f[1], f[2])
	}
	v := vendor{place: at, number: uint32(n), format: attrs.VendorFormat{Type: 1, Length: 1}}
	if len(f) > 3 {
		format, ok := strings.CutPrefix(strings.ToLower(f[3]), "format=")
		parts := strings.Split(format, ",")
		if len(parts) == 3 && parts[2] == "c" {
			v.more, parts = true, parts[:2]
		}
		if !ok || len(parts) != 2 || !strings.Contains("1 2 4", parts[0]) || !strings.Contains("0 1 2", parts[1]) || len(parts[0]) != 1 || len(parts[1]) != 1 {
			return at.errorf("vendor %s: %.40q is not format=1|2|4,0|1|2", f[1], f[3])
		}
		v.format = attrs.VendorFormat{Type: int(parts[0][0] - '0'), Length: int(parts[1][0] - '0')}
	}
	if old, ok := r.vendors[f[1]]; ok && old.number != v.number {
		return at.errorf("vendor %s is %d in %s:%d", f[1], old.number, old.file, old.line)
	}
	r.vendors[f[1]] = v
	return nil
}

func (r *reader) begin(at place, f []string, s *scope) error {
	if s.vendor != "" {
		return at.errorf("BEGIN-VENDOR within that of %s", s.vendor)
	}
	if _, ok := r.vendors[f[1]]; !ok {
		return at.errorf("unknown vendor %.40q: its VENDOR line comes first", f[1])
	}
	s.vendor = f[1]
	if len(f) > 2 {
		n, ok := strings.CutPrefix(f[2], "format=Extended-Vendor-Specific-")
		if !ok || len(n) != 1 || n[0] < '1' || n[0] > '6' {
			return at.errorf("%.60q is not format=Extended-Vendor-Specific-1 to -6", f[2])
		}
		s.extended = 240 + radius.Type(n[0]-'0')
	}
	return nil
}

// id returns the ID of a number; why says what keeps it from having one.
func (r *reader) id(at place, text string, s *scope) (id attrs.ID, why string, err error) {
	parts := strings.Split(text, ".")
	var n [2]uint64
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 0, 32)
		if err != nil {
			return id, "", at.errorf("%.40q is not the number of an attribute", text)
		}
		if i < len(n) {
			n[i] = v
		}
	}
	v := r.vendors[s.vendor]
	switch {
	case s.internal:
		why = "it is internal to FreeRADIUS"
	case s.tlv > 0 || len(parts) > 2 || len(parts) == 2 && (s.vendor != "" || n[0] < 241 || n[0] > 246):
		why = "it is within a TLV"
	case s.vendor == "" && n[0] > 255:
		why = "a number above 255 is internal to FreeRADIUS"
	case s.vendor != "" && v.more:
		why = "its vendor has a continuation octet"
	case n[0] == 0 || len(parts) == 2 && n[1] == 0:
		why = "0 is no attribute"
	case s.extended != 0 && n[0] > 255 || s.extended == 0 && v.format.Type > 0 && v.format.Type < 4 && n[0]>>(8*v.format.Type) != 0 || len(parts) == 2 && n[1] > 255:
		return id, "", at.errorf("number %.40q does not fit", text)
	case s.extended != 0:
		id = attrs.ID{Type: s.extended, Vendor: v.number, Sub: uint32(n[0])}
	case s.vendor != "":
		id = attrs.VendorID(v.number, uint32(n[0]))
	default:
		id = attrs.ID{Type: radius.Type(n[0]), Sub: uint32(n[1])}
	}
	return id, why, nil
}

// looksSecret is a name that calls its values keys or passwords.
var looksSecret = regexp.MustCompile(`(?i)([-_ ]|^)(password|passwd|passphrase|secret|psk|key)$`)

func (r *reader) attribute(at place, f []string, s *scope) error {
	id, why, err := r.id(at, f[2], s)
	if err != nil {
		return err
	}
	a := &attribute{place: at, name: f[1], id: id, secret: looksSecret.MatchString(f[1])}
	if err := a.setType(strings.ToLower(f[3])); err != nil {
		return err
	}
	if len(f) > 4 {
		if err := a.setFlags(f[4]); err != nil {
			return err
		}
	}
	if why == "" && structural[a.typ] {
		why = "type " + a.typ + " holds other attributes"
	}
	key := strings.ToLower(a.name)
	if why != "" {
		r.skipped, r.isSkipped[key] = append(r.skipped, Skipped{a.name, at.file, at.line, why}), true
		return nil
	}
	if old := r.byName[key]; old != nil && old.id != a.id {
		return at.errorf("attribute %s has another number in %s:%d", a.name, old.file, old.line)
	} else if old != nil {
		return nil
	}
	if len(r.attributes) >= maxAttributes {
		return at.errorf("more than %d attributes", maxAttributes)
	}
	r.byName[key], r.attributes = a, append(r.attributes, a)
	return nil
}

// structural types say how attributes lie in one another.
var structural = map[string]bool{"vsa": true, "evs": true, "extended": true, "long-extended": true, "vendor": true, "group": true, "struct": true}

func (a *attribute) setType(text string) error {
	typ, size, sized := strings.Cut(text, "[")
	if sized {
		n, err := strconv.ParseUint(strings.TrimSuffix(size, "]"), 10, 8)
		if err != nil || n == 0 || n > 253 || !strings.HasSuffix(size, "]") || typ != "octets" && typ != "string" {
			return a.errorf("%.40q is not a type with a length of 1 to 253", text)
		}
		if typ == "octets" {
			a.size = int(n)
		}
	}
	if alias, ok := map[string]string{"uint32": "integer", "uint16": "short", "uint8": "byte", "uint64": "integer64", "int32": "signed", "text": "string",
		"ipv4addr": "ipaddr"}[typ]; ok {
		typ = alias
	}
	if makers[typ] == nil && !structural[typ] {
		return a.errorf("unknown type %.40q", typ)
	}
	a.typ = typ
	return nil
}

func (a *attribute) setFlags(text string) error {
	for flag := range strings.SplitSeq(text, ",") {
		name, arg, _ := strings.Cut(flag, "=")
		switch strings.ToLower(name) {
		case "has_tag":
			if a.typ != "string" && a.typ != "octets" && a.typ != "integer" {
				return a.errorf("type %s has no tag", a.typ)
			}
			a.tagged = true
		case "encrypt":
			how, ok := map[string]attrs.Hiding{"1": attrs.PasswordHidden, "2": attrs.SaltHidden, "3": attrs.AscendHidden, "user-password": attrs.PasswordHidden,
				"tunnel-password": attrs.SaltHidden, "ascend-secret": attrs.AscendHidden}[strings.ToLower(arg)]
			if !ok {
				return a.errorf("encrypt=%.40q is not 1, 2 or 3", arg)
			}
			a.encrypt = how
		case "secret":
			a.secret = true
		case "array", "concat", "virtual", "":
		default:
			return a.errorf("unknown flag %.40q", flag)
		}
	}
	if a.tagged && a.encrypt != attrs.NotHidden && a.encrypt != attrs.SaltHidden {
		return a.errorf("has_tag goes with encrypt=2 alone")
	}
	return nil
}

func (r *reader) value(at place, f []string) error {
	n, err := strconv.ParseUint(f[3], 0, 64)
	if err != nil {
		if _, signed := strconv.ParseInt(f[3], 0, 64); signed == nil {
			return nil // of a signed number, which has no names here
		}
		return at.errorf("value %s of %s: %.40q is not a number", f[2], f[1], f[3])
	}
	if n > 1<<32-1 {
		return nil // names are for numbers of 32 bits
	}
	r.values = append(r.values, value{at, f[1], f[2], uint32(n)})
	return nil
}
