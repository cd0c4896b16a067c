// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Texts are the values of one attribute as texts: a string, a number with its digits as they stand,
// or a list of these that has one at least.
type Texts []string

// UnmarshalJSON reads one, or a list.
func (t *Texts) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var one any
	if err := d.Decode(&one); err != nil {
		return err
	}
	list, ok := one.([]any)
	if !ok {
		list = []any{one}
	}
	if len(list) == 0 {
		return errors.New("a list without a value says nothing: leave the attribute out")
	}
	*t = nil
	for _, item := range list {
		switch item := item.(type) {
		case string:
			*t = append(*t, item)
		case json.Number:
			*t = append(*t, item.String())
		default:
			return errors.New("a value is a string, a number, or a list of these")
		}
	}
	return nil
}
