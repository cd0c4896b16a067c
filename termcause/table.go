// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
)

// Errors of Remap, Reset and the decoders, wrapped with the reason that they are about.
var (
	ErrUnknownReason = errors.New("termcause: no such reason in the table")
	ErrDefault       = errors.New("termcause: this is the default, which Reset restores")
	ErrNoCause       = errors.New("termcause: 0 is no cause, a reason is mapped to 1 to 4294967295")
)

// A Table maps a host's internal termination reasons to causes, like Junos' terminate-code. One
// Table serves all sessions of a host. The zero Table is empty; safe for concurrent use; do not
// copy.
type Table struct {
	mu     sync.RWMutex
	rows   []Entry          // guarded by mu; sorted, with Cause 0; the array is shared with clones and never written to
	mapped map[Reason]Cause // guarded by mu; of those that are remapped
}

// NewTable returns a table of rows in any order. A reason given twice is an error, and so is one
// that Reason or Entry does not allow. A host gives Default alone; a Cause beside it is a
// remapping.
func NewTable(rows ...Entry) (*Table, error) {
	t := new(Table)
	if err := t.set(rows); err != nil {
		return nil, err
	}
	return t, nil
}

// set replaces all of t, or nothing on error.
func (t *Table) set(rows []Entry) error {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b Entry) int { return a.Reason.compare(b.Reason) })
	mapped := map[Reason]Cause{}
	for i, e := range rows {
		if err := e.check(); err != nil {
			return err
		}
		if i > 0 && rows[i-1].Reason == e.Reason {
			return fmt.Errorf("termcause: reason %.120q is given twice", e.Reason)
		}
		if e.Cause != 0 && e.Cause != e.Default {
			mapped[e.Reason] = e.Cause
		}
		rows[i].Cause = 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows, t.mapped = rows, mapped
	return nil
}

// Clone returns a table with the same rows and remappings, which changes independently of t.
func (t *Table) Clone() *Table {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return &Table{rows: t.rows, mapped: maps.Clone(t.mapped)}
}

// Cause returns what is sent for r: what it is mapped to, else its default. An inherited reason
// takes parent, the cause of the session that this one ended with, unless it is remapped; parent is
// 0 for a session without one, and is not looked at otherwise. It returns false when r is unknown
// or has no code, and the host then decides itself.
func (t *Table) Cause(r Reason, parent Cause) (Cause, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if c, ok := t.mapped[r]; ok {
		return c, true
	}
	e, ok := lookup(t.rows, r)
	if !ok {
		return 0, false
	}
	c := e.Default
	if e.Inherited {
		c = parent
	}
	return c, c != 0
}

// Remap maps r to c, 1 to 4294967295, until Reset or another Remap. Its default is refused with
// ErrDefault, as Junos refuses it, 0 with ErrNoCause, and a reason that is not in the table with
// ErrUnknownReason.
func (t *Table) Remap(r Reason, c Cause) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := checkRemap(t.rows, r, c); err != nil {
		return err
	}
	t.mapped[r] = c // not nil, since there are rows
	return nil
}

func checkRemap(rows []Entry, r Reason, c Cause) error {
	e, ok := lookup(rows, r)
	switch {
	case !ok:
		return fmt.Errorf("%w: %.120q", ErrUnknownReason, r)
	case c == 0:
		return fmt.Errorf("%w: %.120q", ErrNoCause, r)
	case c == e.Default:
		return fmt.Errorf("%w: %.120q is %v", ErrDefault, r, c)
	}
	return nil
}

// Reset restores the default of r, or that it is inherited, or that it has no code. It does nothing
// to a reason that is not remapped, and returns ErrUnknownReason for one that is not in the table.
func (t *Table) Reset(r Reason) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := lookup(t.rows, r); !ok {
		return fmt.Errorf("%w: %.120q", ErrUnknownReason, r)
	}
	delete(t.mapped, r)
	return nil
}

// All yields every row by family and name, inherited ones and those without a code too. It yields
// the table as it was when the loop began; the body of the loop may change it.
func (t *Table) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, e := range t.entries() {
			if !yield(e) {
				return
			}
		}
	}
}

// entries returns a copy of the rows, each with its Cause.
func (t *Table) entries() []Entry {
	t.mu.RLock()
	defer t.mu.RUnlock()
	all := slices.Clone(t.rows)
	for i, e := range all {
		all[i].Cause = e.Default
		if c, ok := t.mapped[e.Reason]; ok {
			all[i].Cause = c
		}
	}
	return all
}

// Reasons yields the reasons for which c is sent, by family and name: the reverse view. Inherited
// reasons are among them only when remapped. It yields none for 0.
func (t *Table) Reasons(c Cause) iter.Seq[Reason] {
	return func(yield func(Reason) bool) {
		for e := range t.All() {
			if c != 0 && e.Cause == c && !yield(e.Reason) {
				return
			}
		}
	}
}

func lookup(rows []Entry, r Reason) (Entry, bool) {
	i, ok := slices.BinarySearchFunc(rows, r, func(e Entry, r Reason) int { return e.Reason.compare(r) })
	if !ok {
		return Entry{}, false
	}
	return rows[i], true
}
