// SPDX-License-Identifier: Apache-2.0

package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
)

const (
	fewCandidates = 16   // as many are looked at sooner than another index is asked
	checkEvery    = 1024 // candidates between two looks at the context
)

// Find returns the sessions that id selects (attrs.Identity.Selects): in its Context, with every
// attribute that it sets, RFC 5176, section 3. They come in the order in which they were put, so
// that the first is the one that logged in first, in a new slice; none is no error. An id that
// identifies nothing, as one with a Context alone, is an error that wraps
// errcause.MissingAttribute: it never means all. Find ends with the error of ctx when that is done.
//
// What it returns was selected by id at some moment of the call, and a session that id selects all
// the while is not missed.
func (t *Table[S]) Find(ctx context.Context, id attrs.Identity) ([]S, error) {
	if len(id.Other) > 0 {
		id.Other = id.Normal().Other
	}
	var room [fewOthers]other
	q := query{&id, othersOf(room[:0], &id), fields(&id)}
	id.Other = nil
	if q.empty() {
		return nil, fmt.Errorf("session: no identification: %w", errcause.MissingAttribute)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	st := t.store.Load()
	if st == nil {
		return nil, nil
	}
	if id.AcctSessionID != "" {
		return st.findByID(&q), nil
	}
	return st.find(ctx, &q)
}

// Most requests name one session by its Acct-Session-Id: that is one look, and the rest is
// compared.
func (st *store[S]) findByID(q *query) []S {
	k := st.name(q.id.Context, q.id.AcctSessionID)
	sh := st.shard(k)
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	r := sh.find(k.tag(), q.id.Context, q.id.AcctSessionID)
	if r == nil {
		return nil
	}
	if q.fields&^(1<<fieldContext|1<<fieldSessionID) != 0 {
		if _, body := sh.blocks.identity(r.ref); !q.selects(body) {
			return nil
		}
	}
	return []S{*sh.blocks.value(r.ref)}
}

// The attribute with the fewest sessions leads, and the others are compared session by session: a
// realm has a hundred thousand sessions, an Acct-Session-Id one.
func (st *store[S]) find(ctx context.Context, q *query) ([]S, error) {
	var (
		keyRoom [fewKeys]key
		room    [fewCandidates]candidate
		oneRoom [1]ranked[S]
	)
	found := oneRoom[:0]
	for i, c := range st.candidates(room[:0], st.keysWith(keyRoom[:0], q.id, q.others)) {
		if i%checkEvery == checkEvery-1 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if one, ok := st.shardOf(c.ref).match(c, q); ok {
			found = append(found, one)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return []S{found[0].value}, nil
	}
	slices.SortFunc(found, func(a, b ranked[S]) int { return cmp.Compare(a.order, b.order) })
	sessions := make([]S, len(found))
	for i := range found {
		sessions[i] = found[i].value
	}
	return sessions, nil
}

// A ranked session is one with its place in the order that Find returns.
type ranked[S any] struct {
	order uint64
	value S
}

// match returns the session at c, if q selects it.
func (s *shard[S]) match(c candidate, q *query) (one ranked[S], ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.warm(c.name)
	t, body := s.blocks.identity(c.ref)
	if body == nil || !q.selects(body) {
		return one, false
	}
	return ranked[S]{s.of(c.ref, t).order, *s.blocks.value(c.ref)}, true
}

// candidates appends to dst, each once, those sessions that may have all of keys: those of the
// rarest key, less those that one of the others does not have, where that is quicker than to look
// at them.
func (st *store[S]) candidates(dst []candidate, keys []key) []candidate {
	rarest, least := 0, 0
	if len(keys) > 1 {
		st.warm(keys)
		for i, k := range keys {
			n := st.indexes[k.shard()].size(k.tag())
			if i == 0 || n < least {
				rarest, least = i, n
			}
			if least <= 1 {
				break
			}
		}
	}
	for i := range keys {
		if i > 0 && len(dst) <= fewCandidates {
			break
		}
		k := keys[(rarest+i)%len(keys)]
		if x := &st.indexes[k.shard()]; i == 0 {
			dst = x.all(dst, k.tag())
		} else {
			dst = x.only(dst, k.tag())
		}
	}
	return dst
}
