// SPDX-License-Identifier: Apache-2.0

package session

import (
	"cmp"
	"slices"
)

// runSize is the most that a run of a refList holds: small enough that to insert or delete moves 2
// KiB at most.
const runSize = 512

// A refList is a set of many refs, in ascending order: sorted runs, none of them empty. A value
// that a million sessions share (the Called-Station-Id of their BNG) costs a new session no more
// than one that ten share, and no pause to grow.
type refList struct {
	runs [][]ref
	n    int
}

// find returns the run where r is or belongs, and where in the run.
func (l *refList) find(r ref) (run, at int, found bool) {
	run, found = slices.BinarySearchFunc(l.runs, r, func(run []ref, r ref) int { return cmp.Compare(run[0], r) })
	if found {
		return run, 0, true
	}
	run = max(run-1, 0)
	at, found = slices.BinarySearch(l.runs[run], r)
	return run, at, found
}

// has reports whether r is in l.
func (l *refList) has(r ref) bool {
	if l.n == 0 {
		return false
	}
	_, _, found := l.find(r)
	return found
}

// add puts r in, where it is not in. A full run becomes two of half the size.
func (l *refList) add(r ref) {
	if l.n == 0 {
		l.runs, l.n = [][]ref{{r}}, 1
		return
	}
	i, at, found := l.find(r)
	if found {
		return
	}
	l.n++
	if run := l.runs[i]; len(run) == runSize {
		// Pages fill in ascending order, mostly: a full last run stays full.
		if i == len(l.runs)-1 && at == runSize {
			l.runs = append(l.runs, []ref{r})
			return
		}
		half := append(make([]ref, 0, runSize), run[runSize/2:]...)
		l.runs[i] = run[:runSize/2]
		l.runs = slices.Insert(l.runs, i+1, half)
		if at > runSize/2 {
			i, at = i+1, at-runSize/2
		}
	}
	l.runs[i] = slices.Insert(l.runs[i], at, r)
}

// remove takes r out, where it is in.
func (l *refList) remove(r ref) {
	if l.n == 0 {
		return
	}
	i, at, found := l.find(r)
	if !found {
		return
	}
	l.n--
	l.runs[i] = slices.Delete(l.runs[i], at, at+1)
	if len(l.runs[i]) == 0 {
		l.runs = slices.Delete(l.runs, i, i+1)
		return
	}
	// Neighbours that together fill no more than half of a run become one.
	for _, j := range [2]int{i, i - 1} {
		if j >= 0 && j+1 < len(l.runs) && len(l.runs[j])+len(l.runs[j+1]) <= runSize/2 {
			l.runs[j] = append(l.runs[j], l.runs[j+1]...)
			l.runs = slices.Delete(l.runs, j+1, j+2)
		}
	}
}

func (l *refList) appendTo(dst []candidate) []candidate {
	dst = slices.Grow(dst, l.n)
	for _, run := range l.runs {
		for _, r := range run {
			dst = append(dst, candidate{ref: r})
		}
	}
	return dst
}
