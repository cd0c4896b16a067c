// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
)

// A who says whose session a packet is about: the identification in it, in its order, as name and
// value.
type who [][2]string

// whoOf reads the identification that was given, of which a profile may have sent a part.
func whoOf(t *tag) who {
	var w who
	for _, a := range t.attributes() {
		set, err := a.AppendTo(nil)
		if err != nil {
			continue
		}
		for id := range attrs.IDs(set) {
			if role := id.Role(); role != attrs.RoleSession && role != attrs.RoleNAS && (t.nas == nil || !t.nas.way.identifies(a)) {
				break
			}
			if attrs.IsSensitive(id) || attrs.IsHidden(id) {
				break
			}
			for line := range attrs.Format(set) {
				name, value, _ := strings.Cut(line, " = ")
				if text, err := strconv.Unquote(value); err == nil {
					value = text
				}
				w = append(w, [2]string{name, value})
			}
			break
		}
	}
	return w
}

// get returns the value of an attribute, "" where there is none.
func (w who) get(name string) string {
	for _, pair := range w {
		if pair[0] == name {
			return pair[1]
		}
	}
	return ""
}

// String is the identification in a line: User-Name "bob", Acct-Session-Id "4f2a".
func (w who) String() string {
	parts := make([]string, len(w))
	for i, pair := range w {
		parts[i] = pair[0] + " " + strconv.Quote(pair[1])
	}
	return strings.Join(parts, ", ")
}

// MarshalJSON makes an object of it; an attribute that is there several times has their values with
// commas between them.
func (w who) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, pair := range w {
		if slices.ContainsFunc(w[:i], func(p [2]string) bool { return p[0] == pair[0] }) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		var value strings.Builder
		value.WriteString(pair[1])
		for _, more := range w[i+1:] {
			if more[0] == pair[0] {
				value.WriteString(", " + more[1])
			}
		}
		name, err := json.Marshal(pair[0])
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(value.String())
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), text...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads the object back, in its order.
func (w *who) UnmarshalJSON(text []byte) error {
	in := json.NewDecoder(bytes.NewReader(text))
	if _, err := in.Token(); err != nil {
		return err
	}
	for in.More() {
		var pair [2]string
		for i := range pair {
			token, err := in.Token()
			if err != nil {
				return err
			}
			s, ok := token.(string)
			if !ok {
				return fmt.Errorf("who: %v is no text", token)
			}
			pair[i] = s
		}
		*w = append(*w, pair)
	}
	return nil
}
