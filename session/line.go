// SPDX-License-Identifier: Apache-2.0

package session

import (
	"hash/maphash"
	"slices"
)

// A line is the requests for one session.
type line struct {
	holder  *turn   // acts on it, or is about to
	waiting []*turn // in the order in which they will
}

// A solo is a session that one request holds and nobody else asks for, which is how most requests go: a place in a table, and no line.
type solo struct {
	key    any
	holder *turn // nil: the place is free
}

const slots = 1024

// seed is of hashes that never leave the process.
var seed = maphash.MakeSeed()

func slot(key any) uint64 { return maphash.Comparable(seed, key) % slots }

// lockedHold gives t its sessions, where nobody acts on any of keys, or waits for it.
func (o *order) lockedHold(t *turn, keys []any) bool {
	var at uint64
	for _, k := range keys {
		at = slot(k)
		if one := &o.solos[at]; one.holder != nil && one.key == k {
			return false
		}
		if len(o.lines) > 0 {
			if _, taken := o.lines[k]; taken {
				return false
			}
		}
	}
	t.holds = true
	if len(keys) == 1 && o.solos[at].holder == nil {
		o.solos[at] = solo{keys[0], t}
		t.alone = uint16(at) + 1
		return true
	}
	for _, k := range keys {
		o.lockedSet(k, line{holder: t})
	}
	return true
}

// lockedLine returns the line of a session that somebody is to wait for: one who holds it alone has a line from now on.
func (o *order) lockedLine(k any) line {
	if at := &o.solos[slot(k)]; at.holder != nil && at.key == k {
		at.holder.alone = 0
		o.lockedSet(k, line{holder: at.holder})
		*at = solo{}
	}
	return o.lines[k]
}

func (o *order) lockedSet(k any, l line) {
	if o.lines == nil {
		o.lines = make(map[any]line)
	}
	o.lines[k] = l
}

// lockedAdvance gives t its sessions when it is the first in all their lines, nobody acts there, and it is behind nobody.
func (o *order) lockedAdvance(t *turn) {
	first := !slices.ContainsFunc(t.keys, func(k any) bool {
		l := o.lines[k]
		return l.holder != nil || l.waiting[0] != t
	})
	switch {
	case first && t.behind == nil:
		for _, k := range t.keys {
			l := o.lines[k]
			l.waiting[0] = nil
			o.lines[k] = line{holder: t, waiting: l.waiting[1:]}
		}
		t.holds = true
	case !first && t.drop:
		o.lockedRelease(t)
		t.dropped = true
	default:
		return
	}
	if t.ready != nil {
		close(t.ready)
	}
}

// lockedRelease takes t out of its lines, and gives the sessions to those who come next.
func (o *order) lockedRelease(t *turn) {
	keys := t.keys
	t.keys = nil
	if t.holds {
		t.holds = false
		o.ended++
	}
	if t.alone != 0 {
		at := t.alone - 1
		t.alone, o.solos[at], o.endedAt[at] = 0, solo{}, o.ended
		return
	}
	wanted := false
	for _, k := range keys {
		l := o.lines[k]
		if l.holder == t {
			l.holder = nil
			o.endedAt[slot(k)] = o.ended
		} else {
			l.waiting = slices.DeleteFunc(l.waiting, func(u *turn) bool { return u == t })
		}
		if l.holder == nil && len(l.waiting) == 0 {
			delete(o.lines, k)
		} else {
			o.lines[k] = l
			wanted = true
		}
	}
	if !wanted {
		return
	}
	for _, k := range keys {
		if l := o.lines[k]; l.holder == nil && len(l.waiting) > 0 {
			o.lockedAdvance(l.waiting[0])
		}
	}
}
