// SPDX-License-Identifier: Apache-2.0

// Package strictjson reads JSON that a person wrote or another program asks with, and takes nothing
// that could be meant otherwise: no name twice in one object, no field under another name than its
// own, in capitals say, no octets that are not UTF-8 and no half of a surrogate pair, which
// encoding/json replaces by U+FFFD, and nothing behind the value. It says where a fault is, by line
// and column.
package strictjson

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Position is where something stands: from 1 both, columns in octets.
type Position struct{ Line, Column int }

// String is "3:14".
func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// An Error is what is wrong, and where.
type Error struct {
	Position
	Err error
}

// Error is "3:14: what is wrong".
func (e *Error) Error() string { return e.Position.String() + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Positions are where the values of a document stand, by path: "targets[1].address"; the document
// itself is "".
type Positions map[string]Position

// At returns where the value of a path stands, or that of what it would stand in.
func (p Positions) At(path string) Position {
	for {
		if at, ok := p[path]; ok || path == "" {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

// Read reads b into v, a pointer, as json.Unmarshal does. Its errors are *Error.
func Read(b []byte, v any) (Positions, error) {
	r := &reader{b: b, d: json.NewDecoder(bytes.NewReader(b)), at: Positions{}}
	r.d.UseNumber()
	if err := r.text(); err != nil {
		return r.at, err
	}
	if err := r.valid(); err != nil {
		return r.at, err
	}
	if err := r.value("", reflect.TypeOf(v).Elem()); err != nil {
		return r.at, err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return r.at, r.located(err)
	}
	return r.at, nil
}

// A reader walks through a document along the type that it is read into.
type reader struct {
	b  []byte
	d  *json.Decoder
	at Positions

	lines, begin, counted int // line feeds before counted, and where the line there begins
}

// text refuses what is not UTF-8: two names that differ in such octets would be read as one.
func (r *reader) text() error {
	for i := 0; i < len(r.b); {
		c, n := utf8.DecodeRune(r.b[i:])
		if c == utf8.RuneError && n == 1 {
			return r.fault(i, fmt.Errorf("octet 0x%02x is not UTF-8", r.b[i]))
		}
		i += n
	}
	return nil
}

// surrogates refuses \u escapes that are half of a pair, in a string that begins at offset and is
// valid JSON otherwise.
func (r *reader) surrogates(offset int) error {
	half := -1 // where a high surrogate stands that waits for its low one
	for i := offset + 1; i < len(r.b) && r.b[i] != '"'; i++ {
		var c uint64
		at := i
		if r.b[i] == '\\' {
			if i++; r.b[i] == 'u' {
				c, _ = strconv.ParseUint(string(r.b[i+1:i+5]), 16, 16)
				i += 4
			}
		}
		low := c >= 0xdc00 && c < 0xe000
		switch {
		case half >= 0 && !low:
			return r.fault(half, errHalf)
		case half < 0 && low:
			return r.fault(at, errHalf)
		}
		half = -1
		if c >= 0xd800 && c < 0xdc00 {
			half = at
		}
	}
	if half >= 0 {
		return r.fault(half, errHalf)
	}
	return nil
}

var errHalf = errors.New("half of a surrogate pair is no character")

// valid says what is no JSON.
func (r *reader) valid() error {
	var raw json.RawMessage
	err := json.Unmarshal(r.b, &raw)
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "after top-level value"):
		err = errors.New("something follows the value")
	case strings.Contains(err.Error(), "unexpected end"):
		return r.fault(len(r.b), errors.New("unexpected EOF"))
	}
	first := json.NewDecoder(bytes.NewReader(r.b)) // where the fault is that ends the first value, or follows it
	if first.Decode(&raw) == nil {
		r.d = first
		return r.fault(r.start(), err)
	}
	return r.located(err)
}

// start is where the next token begins.
func (r *reader) start() int {
	i := int(r.d.InputOffset())
	for i < len(r.b) && strings.IndexByte(" \t\r\n,:", r.b[i]) >= 0 {
		i++
	}
	return i
}

// position counts on from the last one, so that a document is read in the time of its octets.
func (r *reader) position(offset int) Position {
	offset = min(max(offset, 0), len(r.b))
	if offset < r.counted {
		r.lines, r.begin, r.counted = 0, 0, 0
	}
	between := r.b[r.counted:offset]
	if n := bytes.Count(between, []byte("\n")); n > 0 {
		r.lines += n
		r.begin = r.counted + bytes.LastIndexByte(between, '\n') + 1
	}
	r.counted = offset
	return Position{1 + r.lines, 1 + offset - r.begin}
}

func (r *reader) fault(offset int, err error) error { return &Error{r.position(offset), err} }

// located is an error of package json with its place.
func (r *reader) located(err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return r.fault(int(syntax.Offset)-1, err)
	case errors.As(err, &typ):
		return r.fault(int(typ.Offset)-1, fmt.Errorf("%s is a %s where %s is expected", typ.Field, typ.Value, describe(typ.Type)))
	}
	return r.fault(r.start(), err)
}

// describe says in words of JSON what a value of t is.
func describe(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	}
	return "a number"
}

// own reports a type that reads itself.
func own(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// value walks over one value. t is nil where it is not known what it is read into.
func (r *reader) value(path string, t reflect.Type) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != nil && (own(t) || t.Kind() == reflect.Interface) {
		if err := r.readable(path, t); err != nil {
			return err
		}
		t = nil
	}
	begin := r.start()
	r.at[path] = r.position(begin)
	token, err := r.d.Token()
	if err != nil {
		return r.located(err)
	}
	if _, ok := token.(string); ok {
		return r.surrogates(begin)
	}
	switch token {
	case json.Delim('{'):
		err = r.object(path, t)
	case json.Delim('['):
		err = r.list(path, t)
	default:
		return nil
	}
	if err == nil {
		_, err = r.d.Token()
	}
	if err != nil {
		var placed *Error
		if errors.As(err, &placed) {
			return err
		}
		return r.located(err)
	}
	return nil
}

// readable has a type that reads itself read the value, for an error in its place.
func (r *reader) readable(path string, t reflect.Type) error {
	if t.Kind() == reflect.Interface {
		return nil
	}
	begin := r.start()
	var raw json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(r.b[begin:])).Decode(&raw); err != nil {
		return nil // the walk says where
	}
	if err := json.Unmarshal(raw, reflect.New(t).Interface()); err != nil {
		return r.fault(begin, fmt.Errorf("%s: %w", path[strings.LastIndexByte(path, '.')+1:], err))
	}
	return nil
}

func (r *reader) object(path string, t reflect.Type) error {
	fields, elem := map[string]reflect.Type(nil), reflect.Type(nil)
	if t != nil {
		switch t.Kind() {
		case reflect.Struct:
			fields = fieldsOf(t)
		case reflect.Map:
			elem = t.Elem()
		}
	}
	seen := map[string]bool{}
	for r.d.More() {
		begin := r.start()
		token, err := r.d.Token()
		if err != nil {
			return r.located(err)
		}
		if err := r.surrogates(begin); err != nil {
			return err
		}
		name, _ := token.(string)
		if seen[name] {
			return r.fault(begin, fmt.Errorf("%q is there twice", name))
		}
		seen[name] = true
		is := elem
		if fields != nil {
			known := false
			if is, known = fields[name]; !known {
				return r.fault(begin, fmt.Errorf("unknown field %q%s", name, suggest(name, fields)))
			}
		}
		below := name
		if path != "" {
			below = path + "." + name
		}
		if err := r.value(below, is); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) list(path string, t reflect.Type) error {
	var elem reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		elem = t.Elem()
	}
	for i := 0; r.d.More(); i++ {
		if err := r.value(path+"["+strconv.Itoa(i)+"]", elem); err != nil {
			return err
		}
	}
	return nil
}

// fieldsOf are the fields of a struct by the names that they have in JSON.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for f := range fieldsSeq(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		if f.IsExported() && name != "-" {
			fields[name] = f.Type
		}
	}
	return fields
}

func fieldsSeq(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

// suggest names the field that differs from name in case alone.
func suggest(name string, fields map[string]reflect.Type) string {
	for known := range fields {
		if strings.EqualFold(name, known) {
			return fmt.Sprintf(": it is written %q", known)
		}
	}
	return ""
}
