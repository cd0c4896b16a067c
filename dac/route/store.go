// SPDX-License-Identifier: Apache-2.0

package route

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// A Store keeps Sessions. It is called concurrently. Memory is one; examples/redisroutes is another, which several proxies share.
type Store interface {
	// Put keeps s until s.Expires, in place of the one with the same Key of Kind BySession.
	Put(ctx context.Context, s Session) error
	// Find returns the Sessions that have k and have not expired, most at most, in any order. None is no error.
	Find(ctx context.Context, k Key, most int) ([]Session, error)
	// Delete forgets every Session that has k.
	Delete(ctx context.Context, k Key) error
}

// A Claimer is a Store that several Learned may share, each of which may hear of the same session at the same time: it decides by itself who was first.
type Claimer interface {
	Store
	// Claim keeps s as Put does, unless another peer (Session.From, its address) has reported the session that s would replace, which has not expired: then
	// it keeps that one and returns its peer.
	Claim(ctx context.Context, s Session) (other netip.Addr, err error)
}

// Memory is a Store in memory. The zero Memory is ready; it is safe for concurrent use; do not copy it, nor change Max once it is used.
//
// A session with the usual identification takes about 530 octets, so that a million of them fit into 530 MB; a look-up among them takes one to
// two microseconds. What has expired is not found, and its place is used again by and by.
type Memory struct {
	Max int // sessions; zero is 1<<22. Beyond it Put fails with ErrFull: what is known is not given up

	mu     sync.RWMutex // guards what follows
	seed   maphash.Seed
	chunks []*[chunkSize]slot
	heads  map[uint64]uint32 // the first of those that have a Key, by its hash
	free   uint32            // the first of those that are free; 0: none
	used   uint32            // slots that were ever used, from 1
	n      int
	hand   uint32 // where the search for what has expired goes on
}

// ErrFull says that a Memory holds as many sessions as it may.
var ErrFull = errors.New("route: no room for another session: raise Memory.Max")

const (
	defaultMax = 1 << 22
	chunkSize  = 1 << 10
	swept      = 4 // slots that each Put looks at for what has expired
)

// A slot is one session; its octets are all that the collector has to look at.
type slot struct {
	octets  string
	expires int64
	links   [kinds]link
}

// A link chains the sessions that have one Key. Those of a slot that is free are zero, but for the first, which leads to the next free one.
type link struct {
	hash       uint64
	next, prev uint32
	set        bool
}

func (m *Memory) slot(i uint32) *slot { return &m.chunks[i/chunkSize][i%chunkSize] }

func (m *Memory) hash(kind Kind, key []byte) uint64 {
	return maphash.Bytes(m.seed, key) ^ uint64(kind+1)*0x9e3779b97f4a7c15
}

// Put keeps s.
func (m *Memory) Put(ctx context.Context, s Session) error {
	_, err := m.put(&s, false)
	return err
}

// Claim keeps s, unless another peer has reported the session that s replaces.
func (m *Memory) Claim(ctx context.Context, s Session) (netip.Addr, error) { return m.put(&s, true) }

// put keeps s. Where it is to be claimed and another peer has it, that one is returned and nothing is done.
func (m *Memory) put(s *Session, claim bool) (other netip.Addr, err error) {
	octets, err := s.MarshalBinary()
	if err != nil {
		return other, fmt.Errorf("route: a session that cannot be kept: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.heads == nil {
		m.seed, m.heads = maphash.MakeSeed(), make(map[uint64]uint32)
	}
	now := time.Now().Unix()
	for range swept {
		m.sweep(now)
	}
	var buf [keyRoom]byte
	var have record
	for i := range m.having(BySession, s.appendKey(buf[:0], BySession), &have) {
		if peer := have.one[0].From.Addr(); claim && peer != s.From.Addr() && m.slot(i).expires > now {
			return peer, nil
		}
		m.remove(i)
	}
	i, ok := m.take()
	if !ok {
		return other, ErrFull
	}
	at := m.slot(i)
	at.octets, at.expires = string(octets), s.Expires.Unix()
	for kind := range kinds {
		if key := s.appendKey(buf[:0], kind); len(key) > 0 {
			m.link(i, kind, m.hash(kind, key))
		}
	}
	m.n++
	return other, nil
}

// having yields the slots of the sessions that have the key, each read into r; the one that it has yielded may be removed.
func (m *Memory) having(kind Kind, key []byte, r *record) func(yield func(uint32) bool) {
	return func(yield func(uint32) bool) {
		if m.heads == nil {
			return
		}
		for i := m.heads[m.hash(kind, key)]; i != 0; {
			at := m.slot(i)
			next := at.links[kind].next
			if r.has(at.octets, kind, key) && !yield(i) {
				return
			}
			i = next
		}
	}
}

// take returns a slot that is free.
func (m *Memory) take() (uint32, bool) {
	if m.n >= cmp.Or(m.Max, defaultMax) {
		return 0, false
	}
	if i := m.free; i != 0 {
		m.free = m.slot(i).links[0].next
		m.slot(i).links[0].next = 0
		return i, true
	}
	m.used++
	if int(m.used/chunkSize) >= len(m.chunks) {
		m.chunks = append(m.chunks, new([chunkSize]slot))
	}
	return m.used, true
}

func (m *Memory) link(i uint32, kind Kind, hash uint64) {
	head := m.heads[hash]
	m.slot(i).links[kind] = link{hash: hash, next: head, set: true}
	if head != 0 {
		m.slot(head).links[kind].prev = i
	}
	m.heads[hash] = i
}

// remove frees slot i.
func (m *Memory) remove(i uint32) {
	at := m.slot(i)
	for kind := range at.links {
		l := at.links[kind]
		if !l.set {
			continue
		}
		if l.next != 0 {
			m.slot(l.next).links[kind].prev = l.prev
		}
		switch {
		case l.prev != 0:
			m.slot(l.prev).links[kind].next = l.next
		case l.next != 0:
			m.heads[l.hash] = l.next
		default:
			delete(m.heads, l.hash)
		}
	}
	*at = slot{}
	at.links[0].next, m.free = m.free, i
	m.n--
}

// sweep looks at one slot more, and frees it where its session has expired.
func (m *Memory) sweep(now int64) {
	if m.used == 0 {
		return
	}
	m.hand = m.hand%m.used + 1
	if at := m.slot(m.hand); at.octets != "" && at.expires <= now {
		m.remove(m.hand)
	}
}

// Find returns the Sessions that have k.
func (m *Memory) Find(ctx context.Context, k Key, most int) ([]Session, error) {
	if k.Kind >= kinds {
		return nil, nil
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var found []Session
	now := time.Now().Unix()
	var r record
	for i := range m.having(k.Kind, []byte(k.Value), &r) {
		if len(found) >= most {
			break
		}
		if at := m.slot(i); at.expires > now {
			own := new(record)
			own.read(at.octets)
			found = append(found, own.one[0])
		}
	}
	return found, nil
}

// Delete forgets the Sessions that have k.
func (m *Memory) Delete(ctx context.Context, k Key) error {
	if k.Kind >= kinds {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var r record
	for i := range m.having(k.Kind, []byte(k.Value), &r) {
		m.remove(i)
	}
	return nil
}

// Len returns how many sessions are kept, those included that have expired and whose place is not needed yet.
func (m *Memory) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.n
}
