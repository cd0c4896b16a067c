// SPDX-License-Identifier: Apache-2.0

package session

import (
	"hash/maphash"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
)

// indexBits makes 256 indexes, so that senders and handlers on many cores seldom wait for one lock.
const indexBits = 8

// A store is what a Table that has been used holds.
//
// A session stands in the shard that its Context and Acct-Session-Id give it, and each other
// attribute of it in the index shard that its value gives it. Locks are taken in that order, and
// one index shard at a time. A look-up by anything but Acct-Session-Id takes refs from an index,
// lets go of it, and then asks the sessions that stand there by now.
type store[S any] struct {
	hasher
	shards  [1 << shardBits]shard[S]
	indexes [1 << indexBits]indexShard
}

// An indexShard is an index with its lock.
type indexShard struct {
	mu sync.Mutex
	index
	_ [56]byte // two shards share no cache line
}

// enter adds a session that the tag does not have yet.
func (x *indexShard) enter(t tag, c candidate) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.add(t, c)
}

// leave takes a session out.
func (x *indexShard) leave(t tag, r ref) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(t, r)
}

// size returns how many sessions the tag has.
func (x *indexShard) size(t tag) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.count(t)
}

// nearest returns the session of the tag that is found first, or none where they stand in a list.
func (x *indexShard) nearest(t tag) candidate {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.first(t)
}

// all appends the sessions of the tag to dst.
func (x *indexShard) all(dst []candidate, t tag) []candidate {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.appendTo(dst, t)
}

// only takes out of some those that the tag does not have.
func (x *indexShard) only(some []candidate, t tag) []candidate {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.retain(some, t)
}

func newStore[S any]() *store[S] {
	st := &store[S]{hasher: hasher{maphash.MakeSeed()}}
	for i := range st.shards {
		st.shards[i].blocks.shard = ref(i)
	}
	return st
}

func (st *store[S]) shard(k key) *shard[S] { return &st.shards[k>>(64-shardBits)] }

func (st *store[S]) shardOf(r ref) *shard[S] { return &st.shards[r%(1<<shardBits)] }

// warm has the places of keys near before they are needed one by one.
func (st *store[S]) warm(keys []key) {
	for _, k := range keys {
		st.indexes[k.shard()].warm(k.tag())
	}
}

// index enters c under those of its keys that are not among others.
func (st *store[S]) index(c candidate, keys, others []key) {
	for _, k := range keys {
		if !contains(others, k) {
			st.indexes[k.shard()].enter(k.tag(), c)
		}
	}
}

// unindex takes r out of those of its keys that are not among others.
func (st *store[S]) unindex(r ref, keys, others []key) {
	for _, k := range keys {
		if !contains(others, k) {
			st.indexes[k.shard()].leave(k.tag(), r)
		}
	}
}

// put takes in the session that id names and body is the identity of, or replaces it. now is the
// version and, of a new one, the place in the order of all. The caller holds the lock of the shard.
// It says whether the session is a new one and whether there was room.
func (st *store[S]) put(sh *shard[S], t tag, id *attrs.Identity, body []byte, keys []key, s S, now uint64) (isNew, ok bool) {
	st.warm(keys)
	r := sh.find(t, id.Context, id.AcctSessionID)
	if r == nil {
		if r = sh.insert(t, nameOf(id.Context, id.AcctSessionID), body, s); r == nil {
			return false, false
		}
		r.order, r.version = now, now
		st.index(candidate{r.ref, t}, keys, nil)
		return true, true
	}
	_, old := sh.blocks.identity(r.ref)
	if string(old) == string(body) {
		*sh.blocks.value(r.ref), r.version = s, now
		return false, true
	}
	// The keys that both identities have stay as they are, so that a look-up that both answer never
	// misses the session.
	was := parseIdentity(string(old))
	before := st.keys(nil, &was)
	if !sh.blocks.change(r.ref, body) {
		return false, false
	}
	st.index(candidate{r.ref, t}, keys, before)
	*sh.blocks.value(r.ref), r.version = s, now
	st.unindex(r.ref, before, keys)
	return false, true
}

// remove takes a session out. The caller holds the lock of the shard.
func (st *store[S]) remove(sh *shard[S], r ref, t tag) {
	_, body := sh.blocks.identity(r)
	id := parseIdentity(string(body))
	var room [fewKeys]key
	keys := st.keys(room[:0], &id)
	st.warm(keys)
	st.unindex(r, keys, nil)
	sh.remove(r, t)
}
