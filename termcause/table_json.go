// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// A remapping is one element of a table's JSON.
type remapping struct {
	Family string          `json:"family"`
	Name   string          `json:"name"`
	Cause  json.RawMessage `json:"cause"` // a name or a number
}

// cause is 0 where the field is missing or null.
func (m remapping) cause() (Cause, error) {
	if m.Cause == nil || string(m.Cause) == "null" {
		return 0, nil
	}
	var text string
	if json.Unmarshal(m.Cause, &text) != nil {
		text = string(m.Cause)
	}
	var c Cause
	err := c.UnmarshalText([]byte(text))
	return c, err
}

// MarshalJSON returns the remapped rows alone, which are what an operator configured:
//
//	[{"family": "aaa", "name": "shutdown-idle-timeout", "cause": "NAS-Request"}]
func (t *Table) MarshalJSON() ([]byte, error) {
	list := []remapping{}
	for e := range t.All() {
		if e.Cause != e.Default {
			list = append(list, remapping{e.Reason.Family, e.Reason.Name, strconv.AppendQuote(nil, e.Cause.String())})
		}
	}
	return json.Marshal(list)
}

// UnmarshalJSON maps the reasons in b and resets all others, or on error changes nothing. A cause
// is a name or a number. The reasons must be in the table, and the rules of Remap hold. Fields
// other than the three are an error, and so is a reason given twice.
func (t *Table) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var list *[]remapping
	if err := d.Decode(&list); err != nil {
		return fmt.Errorf("termcause: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("termcause: something follows the list of remapped reasons")
	}
	if list == nil {
		return nil // null changes nothing, by the convention of encoding/json
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	mapped := map[Reason]Cause{}
	for _, m := range *list {
		r := Reason{m.Family, m.Name}
		c, err := m.cause()
		if err == nil {
			err = checkRemap(t.rows, r, c)
		}
		if err != nil {
			return err
		}
		if _, twice := mapped[r]; twice {
			return fmt.Errorf("termcause: reason %.120q is mapped twice", r)
		}
		mapped[r] = c
	}
	t.mapped = mapped
	return nil
}
