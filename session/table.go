// SPDX-License-Identifier: Apache-2.0

package session

import (
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A Table holds the live sessions of one NAS with an index for every identification attribute: a
// host that embeds one has the Find of a [Handler]. The Table drops nothing by itself: a Handler's
// Disconnect Deletes the session before it returns nil. The zero Table is ready. It is safe for
// concurrent use; do not copy it once used.
//
// A session is known by its Context and Acct-Session-Id, and found by any set of what its identity
// holds: User-Name, NAS-Port, Framed-IP-Address, each Framed-IPv6-Prefix, the rest of RFC 5176,
// section 3, and all that stands in Other.
//
// A look-up costs about the same with a thousand sessions as with a million. Beside the host's own
// value a session takes about 600 octets with all identification attributes set and about 370 with
// five of them, and no pointers to speak of, so that the garbage collector does not walk them. What
// a session leaves behind is used for sessions to come, and given back in part.
type Table[S any] struct {
	store  atomic.Pointer[store[S]]
	clock  atomic.Uint64 // of Puts
	length atomic.Int64
}

// load returns the store, and makes it if there is none yet.
func (t *Table[S]) load() *store[S] {
	if st := t.store.Load(); st != nil {
		return st
	}
	t.store.CompareAndSwap(nil, newStore[S]())
	return t.store.Load()
}

// Put takes in a session, or gives the one that has the same Context and Acct-Session-Id the new
// identity and value. That one keeps its place in the order that Find returns: what is learned of a
// session later, as an address, makes it no younger. Where an id that comes back means a new
// session, Delete the old one first. Put keeps nothing of id that the caller can change.
//
// An identity without Acct-Session-Id is refused with an error that wraps
// errcause.MissingAttribute. One that wraps errcause.InvalidAttributeValue refuses values that no
// request can select: text over 253 octets, a Chargeable-User-Identity that is a single NUL (RFC
// 4372, section 2.1), a Framed-IP-Address that is unspecified or not IPv4, a Framed-IPv6-Prefix
// that is invalid or not IPv6, an empty value in Other. A refused Put changes nothing.
func (t *Table[S]) Put(id attrs.Identity, s S) error {
	if len(id.Other) > 0 {
		id.Other = id.Normal().Other // one form, so that equal values have equal keys
	}
	if err := check(&id); err != nil {
		return err
	}
	var room [512]byte
	body, err := encode(room[:0], &id)
	if err != nil {
		return err
	}
	st := t.load()
	var keyRoom [fewKeys]key
	keys := st.keys(keyRoom[:0], &id)
	k := st.name(id.Context, id.AcctSessionID)

	sh := st.shard(k)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	isNew, ok := st.put(sh, k.tag(), &id, body, keys, s, t.clock.Add(1))
	if !ok {
		return fmt.Errorf("session: table is full: %w", errcause.ResourcesUnavailable)
	}
	if isNew {
		t.length.Add(1)
	}
	return nil
}

// Delete takes a session out and returns it.
func (t *Table[S]) Delete(context, acctSessionID string) (S, bool) {
	return t.remove(context, acctSessionID, 0)
}

// DeleteFunc takes a session out if same says that it is the one that is meant: a late Delete must
// not end a session that has got the id since. The Table is not locked while same runs; if the
// session is replaced meanwhile, same is asked again.
func (t *Table[S]) DeleteFunc(context, acctSessionID string, same func(S) bool) bool {
	for {
		s, version := t.get(context, acctSessionID)
		if version == 0 || !same(s) {
			return false
		}
		if _, ok := t.remove(context, acctSessionID, version); ok {
			return true
		}
	}
}

// remove takes out a session, of the given version unless that is 0.
func (t *Table[S]) remove(context, acctSessionID string, version uint64) (s S, ok bool) {
	st := t.store.Load()
	if st == nil {
		return s, false
	}
	k := st.name(context, acctSessionID)
	sh := st.shard(k)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r := sh.find(k.tag(), context, acctSessionID)
	if r == nil || version != 0 && r.version != version {
		return s, false
	}
	s = *sh.blocks.value(r.ref)
	st.remove(sh, r.ref, r.tag)
	t.length.Add(-1)
	return s, true
}

// Get returns a session.
func (t *Table[S]) Get(context, acctSessionID string) (S, bool) {
	s, version := t.get(context, acctSessionID)
	return s, version != 0
}

func (t *Table[S]) get(context, acctSessionID string) (s S, version uint64) {
	st := t.store.Load()
	if st == nil {
		return s, 0
	}
	k := st.name(context, acctSessionID)
	sh := st.shard(k)
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	if r := sh.find(k.tag(), context, acctSessionID); r != nil {
		return *sh.blocks.value(r.ref), r.version
	}
	return s, 0
}

// Len returns the number of sessions.
func (t *Table[S]) Len() int { return int(t.length.Load()) }

// All yields every session with its identity, which is the caller's, in no particular order. The
// Table may be used within the loop, and by others: a session put or deleted meanwhile may or may
// not appear, one that stays appears once.
func (t *Table[S]) All() iter.Seq2[attrs.Identity, S] {
	return func(yield func(attrs.Identity, S) bool) {
		st := t.store.Load()
		if st == nil {
			return
		}
		var some []seen[S]
		for i := range st.shards {
			for from, more := (ref(0)), true; more; {
				some, from, more = st.shards[i].some(some[:0], from)
				for _, one := range some {
					if !yield(parseIdentity(one.body), one.value) {
						return
					}
				}
			}
		}
	}
}
