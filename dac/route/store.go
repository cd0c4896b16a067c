// SPDX-License-Identifier: Apache-2.0

package route

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"net/netip"
	"sync"
	"time"
)

// A Store keeps Sessions. It is called concurrently. Memory is one; examples/redisroutes is
// another, which several proxies share.
type Store interface {
	// Put keeps s until s.Expires, in place of the one with the same Key of Kind BySession.
	Put(ctx context.Context, s Session) error
	// Find returns the Sessions that have k and have not expired, most at most, in any order. None
	// is no error.
	Find(ctx context.Context, k Key, most int) ([]Session, error)
	// Delete forgets every Session that has k.
	Delete(ctx context.Context, k Key) error
}

// A Claimer is a Store that several Learned may share, each of which may hear of the same session
// at the same time: it decides by itself who was first.
type Claimer interface {
	Store
	// Claim keeps s as Put does, unless another peer (Session.From, its address) has reported the
	// session that s would replace, which has not expired: then it keeps that one and returns its
	// peer.
	Claim(ctx context.Context, s Session) (other netip.Addr, err error)
}

// Memory is a Store in memory. The zero Memory is ready; it is safe for concurrent use; do not copy
// it, nor change Max once it is used.
//
// A session with the usual identification takes about 500 octets, so that a million of them fit
// into 500 MB; a look-up among them takes one to two microseconds. What has expired is not found,
// and its place is used again by and by.
type Memory struct {
	// Max is the most sessions; zero is 1<<22. Beyond it Put fails with ErrFull: what is known is
	// not given up.
	Max int

	mu    sync.RWMutex // guards what follows
	seed  maphash.Seed
	slots arena[slot]
	links arena[link]
	heads map[uint64]uint32 // the first link of those that have a Key, by its hash
	n     int
	hand  uint32 // where the search for what has expired goes on
}

// ErrFull says that a Memory holds as many sessions as it may.
var ErrFull = errors.New("route: no room for another session: raise Memory.Max")

const (
	defaultMax = 1 << 22
	swept      = 4 // slots that each Put looks at for what has expired
)

// A slot is one session; its octets are all that the collector has to look at.
type slot struct {
	octets  string
	expires int64
	link    uint32 // the first of its links
}

// A link is one Key of a session, and chains it to the others that have the same.
type link struct {
	hash       uint64
	slot       uint32
	next, prev uint32 // of those with the same hash
	mate       uint32 // the next one of the same session
}

// An arena keeps things by number, from 1, in pieces that never move.
type arena[T any] struct {
	chunks []*[chunkSize]T
	free   []uint32
	used   uint32 // numbers that were ever in use
}

const chunkSize = 1 << 10

func (a *arena[T]) at(i uint32) *T { return &a.chunks[i/chunkSize][i%chunkSize] }

// take returns the number of a zero T.
func (a *arena[T]) take() uint32 {
	if n := len(a.free); n > 0 {
		i := a.free[n-1]
		a.free = a.free[:n-1]
		return i
	}
	a.used++
	if int(a.used/chunkSize) >= len(a.chunks) {
		a.chunks = append(a.chunks, new([chunkSize]T))
	}
	return a.used
}

// drop makes i zero, and has it used again.
func (a *arena[T]) drop(i uint32) {
	var zero T
	*a.at(i) = zero
	a.free = append(a.free, i)
}

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

// put keeps s. Where it is to be claimed and another peer has it, that one is returned and nothing
// is done.
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
		if peer := have.one[0].From.Addr(); claim && peer != s.From.Addr() && m.slots.at(i).expires > now {
			return peer, nil
		}
		m.remove(i)
	}
	if m.n >= cmp.Or(m.Max, defaultMax) {
		return other, ErrFull
	}
	i := m.slots.take()
	at := m.slots.at(i)
	at.octets, at.expires = string(octets), s.Expires.Unix()
	s.eachKey(buf[:0], func(kind Kind, key []byte) bool {
		m.link(i, m.hash(kind, key))
		return true
	})
	m.n++
	return other, nil
}

// having yields the slots of the sessions that have the key, each read into r; the one that it has
// yielded may be removed.
func (m *Memory) having(kind Kind, key []byte, r *record) func(yield func(uint32) bool) {
	return func(yield func(uint32) bool) {
		if m.heads == nil {
			return
		}
		for n := m.heads[m.hash(kind, key)]; n != 0; {
			at := m.links.at(n)
			n = at.next
			i := at.slot
			if r.has(m.slots.at(i).octets, kind, key) && !yield(i) {
				return
			}
		}
	}
}

// link has slot i found by a hash. A session that has one twice is found once.
func (m *Memory) link(i uint32, hash uint64) {
	at := m.slots.at(i)
	for n := at.link; n != 0; n = m.links.at(n).mate {
		if m.links.at(n).hash == hash {
			return
		}
	}
	n, head := m.links.take(), m.heads[hash]
	*m.links.at(n) = link{hash: hash, slot: i, next: head, mate: at.link}
	if head != 0 {
		m.links.at(head).prev = n
	}
	m.heads[hash], at.link = n, n
}

// remove frees slot i and its links.
func (m *Memory) remove(i uint32) {
	for n := m.slots.at(i).link; n != 0; {
		l := *m.links.at(n)
		if l.next != 0 {
			m.links.at(l.next).prev = l.prev
		}
		switch {
		case l.prev != 0:
			m.links.at(l.prev).next = l.next
		case l.next != 0:
			m.heads[l.hash] = l.next
		default:
			delete(m.heads, l.hash)
		}
		m.links.drop(n)
		n = l.mate
	}
	m.slots.drop(i)
	m.n--
}

// sweep looks at one slot more, and frees it where its session has expired.
func (m *Memory) sweep(now int64) {
	if m.slots.used == 0 {
		return
	}
	m.hand = m.hand%m.slots.used + 1
	if at := m.slots.at(m.hand); at.octets != "" && at.expires <= now {
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
		if at := m.slots.at(i); at.expires > now {
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

// Len returns how many sessions are kept, those included that have expired and whose place is not
// needed yet.
func (m *Memory) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.n
}

// All yields every session and NAS that is kept and has not expired, in no order. What is put while
// it goes on may be there or not; a loop may take its time, and may call m.
func (m *Memory) All() iter.Seq[Session] {
	return func(yield func(Session) bool) {
		for i := uint32(1); ; i++ {
			s, ok, more := m.nth(i)
			if !more || ok && !yield(s) {
				return
			}
		}
	}
}

// nth is the session in slot i; more is false behind the last one.
func (m *Memory) nth(i uint32) (s Session, ok, more bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if i > m.slots.used {
		return s, false, false
	}
	at := m.slots.at(i)
	if at.octets == "" || at.expires <= time.Now().Unix() {
		return s, false, true
	}
	own := new(record)
	ok = own.read(at.octets)
	return own.one[0], ok, true
}
