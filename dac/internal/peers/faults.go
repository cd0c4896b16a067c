// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"errors"
	"fmt"
)

// Faults is what is wrong with a configuration: of each kind the first, and how many more, since a
// list of thousands of peers that was made wrongly has one fault thousands of times.
type Faults struct {
	kinds []string         // in the order in which they came
	first map[string]error // of each kind
	more  map[string]int   // of each kind, beside the first
}

// Add notes a fault of a kind, which is a name of the caller's own; format and args are those of
// fmt.Errorf, so that it may wrap an error.
func (f *Faults) Add(kind, format string, args ...any) {
	if f.first == nil {
		f.first, f.more = make(map[string]error), make(map[string]int)
	}
	if f.first[kind] != nil {
		f.more[kind]++
		return
	}
	f.kinds = append(f.kinds, kind)
	f.first[kind] = fmt.Errorf(format, args...)
}

// Err joins the faults in the order in which their kinds came; nil: there is none.
func (f *Faults) Err() error {
	var errs []error
	for _, kind := range f.kinds {
		err := f.first[kind]
		if n := f.more[kind]; n > 0 {
			err = fmt.Errorf("%w; and %d more like it", err, n)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
