// SPDX-License-Identifier: Apache-2.0

package profile

import (
	_ "embed"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
)

// A Table holds profiles by name. The zero Table is empty; safe for concurrent use; do not copy.
type Table struct {
	mu   sync.RWMutex
	rows []Profile // guarded by mu; by name
}

//go:embed profiles.tsv
var builtIn []byte

// parsed is the built-in rows; a test reads them.
var parsed = sync.OnceValues(func() ([]Profile, error) { return parse(builtIn) })

// generic is the profile of a NAS of which nothing is known.
func generic() Profile {
	rows, _ := parsed()
	i := slices.IndexFunc(rows, func(p Profile) bool { return p.Name == "rfc5176" })
	if i < 0 {
		return Profile{}
	}
	return rows[i]
}

// BuiltIn returns a new Table of the profiles that this package comes with, "rfc5176" for any NAS
// among them.
func BuiltIn() *Table {
	rows, err := parsed()
	if err == nil {
		t := new(Table)
		if err = t.Add(rows...); err == nil {
			return t
		}
	}
	panic(err) // the rows are part of the package
}

// NewTable returns a Table of profiles. What Add refuses is an error.
func NewTable(rows ...Profile) (*Table, error) {
	t := new(Table)
	if err := t.Add(rows...); err != nil {
		return nil, err
	}
	return t, nil
}

// Add adds profiles, all of them or none. A name that is there already is an error, and so is one
// with other characters than lower-case letters, digits and hyphens, a set of keys that is empty or
// names no session, a key that is refused, and a form of MAC addresses that is none.
func (t *Table) Add(rows ...Profile) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.Grow(slices.Clone(t.rows), len(rows))
	for _, p := range rows {
		if err := p.check(); err != nil {
			return err
		}
		i, found := slices.BinarySearchFunc(all, p.Name, byName)
		if found {
			return fmt.Errorf("profile: %s is there already", p.Name)
		}
		all = slices.Insert(all, i, p.clone())
	}
	t.rows = all
	return nil
}

func byName(p Profile, name string) int { return strings.Compare(p.Name, name) }

// Get returns the profile of that name.
func (t *Table) Get(name string) (Profile, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	i, found := slices.BinarySearchFunc(t.rows, name, byName)
	if !found {
		return Profile{}, false
	}
	return t.rows[i].clone(), true
}

// All yields the profiles that are there when it begins, by name.
func (t *Table) All() iter.Seq[Profile] {
	return func(yield func(Profile) bool) {
		t.mu.RLock()
		rows := t.rows
		t.mu.RUnlock()
		for _, p := range rows {
			if !yield(p.clone()) {
				return
			}
		}
	}
}

// Len returns the number of profiles.
func (t *Table) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.rows)
}
