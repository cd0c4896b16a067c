// SPDX-License-Identifier: Apache-2.0

package profile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/radius-dynauth/dynauth/attrs"
)

// columns are those of the text, in their order.
var columns = []string{"name", "vendor", "platform", "coa_port", "disconnect_port", "coa_keys", "disconnect_keys", "with", "takes", "one_session", "refuses", "apart", "mac",
	"nas_mac", "event_timestamp", "message_authenticator", "actions", "quirks", "source"}

// MarshalText returns the table as text: a line with the names of the columns, then one for each
// profile, with tabs between the columns. Sets of keys stand with "; " between them and "+" within;
// what was recalled ends with "?". "=" for disconnect_keys is those of CoA-Requests, "-" for
// one_session that no set names one session.
func (t *Table) MarshalText() ([]byte, error) {
	b := []byte(strings.Join(columns, "\t") + "\n")
	for p := range t.All() {
		b = append(append(b, strings.Join(p.fields(), "\t")...), '\n')
	}
	return b, nil
}

// UnmarshalText adds the rows of a text like that of MarshalText, all of them or none. The columns
// may stand in any order, and all but name may be left out. Attributes have the names that
// attrs.Registered yields, so a host's own Keys must be there before, or are written by number,
// Attr-26.32473.1.
func (t *Table) UnmarshalText(text []byte) error {
	rows, err := parse(text)
	if err != nil {
		return err
	}
	return t.Add(rows...)
}

func (p Profile) fields() []string {
	disconnect := keysText(p.DisconnectKeys, p.Recalled.DisconnectKeys)
	if p.DisconnectKeys == nil && p.Recalled.DisconnectKeys == nil {
		disconnect = "="
	}
	return []string{p.Name, p.Vendor, p.Platform, portText(p.CoAPort, p.Recalled.CoAPort), portText(p.DisconnectPort, p.Recalled.DisconnectPort),
		keysText(p.CoAKeys, p.Recalled.CoAKeys), disconnect, listText(p.With), listText(p.Takes), oneText(p.OneSession), listText(p.Refuses), keysText(p.Apart, nil), string(p.MAC), string(p.NASMAC),
		string(p.EventTimestamp), string(p.MessageAuthenticator), actionsText(p.Actions, p.Recalled.Actions), p.Quirks, p.Source}
}

func portText(read, recalled uint16) string {
	switch {
	case read != 0:
		return strconv.Itoa(int(read))
	case recalled != 0:
		return strconv.Itoa(int(recalled)) + "?"
	}
	return ""
}

func keysText(read, recalled [][]attrs.ID) string {
	var parts []string
	for _, set := range read {
		parts = append(parts, join(set))
	}
	for _, set := range recalled {
		parts = append(parts, join(set)+"?")
	}
	return strings.Join(parts, "; ")
}

// oneText writes no set as "-", which "" is not.
func oneText(sets [][]attrs.ID) string {
	if sets != nil && len(sets) == 0 {
		return "-"
	}
	return keysText(sets, nil)
}

func listText(ids []attrs.ID) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = id.String()
	}
	return strings.Join(parts, "; ")
}

func actionsText(read, recalled []string) string {
	parts := slices.Clone(read)
	for _, a := range recalled {
		parts = append(parts, a+"?")
	}
	return strings.Join(parts, "; ")
}

// parse reads rows.
func parse(text []byte) ([]Profile, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("profile: the text is not UTF-8")
	}
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"), "\n")
	header := strings.Split(lines[0], "\t")
	for i, name := range header {
		if !slices.Contains(columns, name) || slices.Contains(header[:i], name) {
			return nil, fmt.Errorf("profile: line 1: %.60q is no column, or there twice", name)
		}
	}
	if !slices.Contains(header, "name") {
		return nil, errors.New("profile: line 1: there is no column name")
	}
	r := rowReader{ids: make(map[string]attrs.ID)}
	for d := range attrs.Registered() {
		r.ids[strings.ToLower(d.ID.String())] = d.ID
	}
	var rows []Profile
	for n, line := range lines[1:] {
		if strings.TrimSpace(line) == "" {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != len(header) {
			return nil, fmt.Errorf("profile: line %d: %d columns, not %d", n+2, len(fields), len(header))
		}
		p, err := r.row(header, fields)
		if err != nil {
			return nil, fmt.Errorf("profile: line %d: %w", n+2, err)
		}
		rows = append(rows, p)
	}
	return rows, nil
}

// A rowReader reads rows by the names of the attributes.
type rowReader struct{ ids map[string]attrs.ID }

func (r rowReader) row(header, fields []string) (p Profile, err error) {
	for i, name := range header {
		if err = r.field(&p, name, strings.TrimSpace(fields[i])); err != nil {
			return p, fmt.Errorf("%s: %w", name, err)
		}
	}
	return p, nil
}

func (r rowReader) field(p *Profile, name, v string) (err error) {
	switch name {
	case "name":
		p.Name = v
	case "vendor":
		p.Vendor = v
	case "platform":
		p.Platform = v
	case "coa_port":
		p.CoAPort, p.Recalled.CoAPort, err = parsePort(v)
	case "disconnect_port":
		p.DisconnectPort, p.Recalled.DisconnectPort, err = parsePort(v)
	case "coa_keys":
		p.CoAKeys, p.Recalled.CoAKeys, err = r.keys(v)
	case "disconnect_keys":
		if v != "=" {
			p.DisconnectKeys, p.Recalled.DisconnectKeys, err = r.keys(v)
		}
	case "with":
		p.With, err = r.list(v, ";")
	case "takes":
		p.Takes, err = r.list(v, ";")
	case "one_session":
		p.OneSession, err = r.certain(v)
	case "apart":
		p.Apart, err = r.certain(v)
	case "refuses":
		p.Refuses, err = r.list(v, ";")
	case "mac":
		p.MAC = MACFormat(v)
	case "nas_mac":
		p.NASMAC = MACFormat(v)
	case "event_timestamp":
		p.EventTimestamp = Need(v)
	case "message_authenticator":
		p.MessageAuthenticator = Need(v)
	case "actions":
		for part := range parts(v, ";") {
			if action, recalled := strings.CutSuffix(part, "?"); recalled {
				p.Recalled.Actions = append(p.Recalled.Actions, action)
			} else {
				p.Actions = append(p.Actions, part)
			}
		}
	case "quirks":
		p.Quirks = v
	case "source":
		p.Source = v
	}
	return err
}

// parts splits v; an empty v has none.
func parts(v, sep string) func(func(string) bool) {
	return func(yield func(string) bool) {
		if v == "" {
			return
		}
		for part := range strings.SplitSeq(v, sep) {
			if !yield(strings.TrimSpace(part)) {
				return
			}
		}
	}
}

func parsePort(v string) (read, recalled uint16, err error) {
	if v == "" {
		return 0, 0, nil
	}
	digits, isRecalled := strings.CutSuffix(v, "?")
	n, err := strconv.ParseUint(digits, 10, 16)
	switch {
	case err != nil || n == 0:
		return 0, 0, fmt.Errorf("%.60q is no port", v)
	case isRecalled:
		return 0, uint16(n), nil
	}
	return uint16(n), 0, nil
}

func (r rowReader) keys(v string) (read, recalled [][]attrs.ID, err error) {
	for part := range parts(v, ";") {
		names, isRecalled := strings.CutSuffix(part, "?")
		set, err := r.list(names, "+")
		if err == nil && len(set) == 0 {
			err = errors.New("a set of keys is empty")
		}
		if err != nil {
			return nil, nil, err
		}
		if isRecalled {
			recalled = append(recalled, set)
		} else {
			read = append(read, set)
		}
	}
	return read, recalled, nil
}

// certain reads sets of which none is from memory. "-" is none, and not nil.
func (r rowReader) certain(v string) ([][]attrs.ID, error) {
	if v == "-" {
		return [][]attrs.ID{}, nil
	}
	sets, recalled, err := r.keys(v)
	if err == nil && recalled != nil {
		err = errors.New("a set from memory has no place here")
	}
	return sets, err
}

func (r rowReader) list(v, sep string) (ids []attrs.ID, err error) {
	for name := range parts(v, sep) {
		id, ok := r.ids[strings.ToLower(name)]
		if !ok {
			id, ok = numbered(name)
		}
		if !ok {
			return nil, fmt.Errorf("unknown attribute %.60q", name)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// numbered is the ID of a name like Attr-26.32473.1.
func numbered(name string) (attrs.ID, bool) {
	if len(name) < 5 || !strings.EqualFold(name[:5], "attr-") {
		return attrs.ID{}, false
	}
	a, _ := attrs.Parse(name, "0x00000000")
	set, err := a.AppendTo(nil)
	if err != nil {
		return attrs.ID{}, false
	}
	for id, err := range attrs.IDs(set) {
		return id.Base(), err == nil
	}
	return attrs.ID{}, false
}
