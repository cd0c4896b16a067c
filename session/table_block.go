// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/binary"
	"iter"
	"math/bits"

	"github.com/radius-dynauth/dynauth/internal/pages"
)

// A ref says where in a store the identity of a session stands, from its first Put until it is
// deleted. No ref is 0.
//
//	 31   30            16 15          7 6          0
//	+---+-----------------+-------------+------------+
//	| 0 |      page       | place there |   shard    |
//	+---+-----------------+-------------+------------+
type ref = uint32

const (
	shardBits = 7
	placeBits = 9
	pageBits  = 31 - placeBits - shardBits

	unit     = 64 // octets between two places: a cache line
	minPage  = 1 << 10
	maxPage  = unit << placeBits
	maxBlock = maxPage / 8 // a larger one has a page of its own
	classes  = 21          // of sizes, see classOf
	header   = 8           // of a block: the tag of its session's name, its length, what it is
)

// What a block is.
const (
	blockFree  = iota
	blockWhole // an identity
	blockMoved // the ref of the block where the identity is that did not fit here any more
	blockApart // an identity that did not fit
)

// blocks are the memory of one shard: encoded identities, of which the garbage collector sees pages
// and no more, and the values of the host's, which it walks in the order in which they were put: in
// that of the table by names it would take twice as long. A page has blocks of one size, and one
// that is empty is given back. A block never moves. The caller holds the lock of the shard.
type blocks[S any] struct {
	shard ref
	pages []page[S] // page 0 is never used
	spare []uint32
	room  [classes]uint32 // a page with a free block, or 0
	count [classes]uint32 // pages
}

// A page is memory for blocks of one size. Those that were freed are a list through their own first
// octets; behind fresh nothing was ever laid down.
type page[S any] struct {
	b          []byte
	values     []S    // of its blocks
	size       int32  // of its blocks
	fresh      int32  // octets that were ever in use
	used       int32  // octets
	free       uint32 // 1 + place of a block that was freed
	prev, next uint32 // of the pages of the class that have room
	class      uint8
}

// full reports whether no block of pg is free: then it is not among those that have room.
func (pg *page[S]) full() bool { return int(pg.used) == len(pg.b) }

// classOf returns the size of a block for n octets and the number of that size; 0: it has a page of
// its own.
func classOf(n int) (size, class int) {
	if n > maxBlock {
		return n, 0
	}
	step := max(bits.Len(uint(n-1))-3, 6) // of sizes: a line, or a fifth to an eighth of the size
	k := (n + 1<<step - 1) >> step
	return k << step, (step-6)*4 + k
}

// put lays down a block and returns where. It is 0 when no page number is left.
func (m *blocks[S]) put(kind byte, t tag, body []byte) ref {
	size, class := classOf(header + len(body))
	p := m.room[class]
	if p == 0 {
		if p = m.page(size, class); p == 0 {
			return 0
		}
	}
	pg := &m.pages[p]
	place := uint32(pg.fresh) / unit
	if pg.free != 0 {
		place = pg.free - 1
		pg.free = binary.LittleEndian.Uint32(pg.b[place*unit:])
	} else {
		pg.fresh += pg.size
	}
	if pg.used += pg.size; pg.full() {
		m.unlink(p)
	}
	fill(pg.b[place*unit:], kind, t, body)
	return m.ref(p, place)
}

// fill writes a block: tag, kind and length in one word, and what it holds.
func fill(b []byte, kind byte, t tag, body []byte) {
	binary.LittleEndian.PutUint32(b, t)
	binary.LittleEndian.PutUint32(b[4:], uint32(kind)<<24|uint32(len(body)))
	copy(b[header:], body)
}

// ref and split put a ref together and take it apart.
func (m *blocks[S]) ref(page, place uint32) ref {
	return (page<<placeBits|place)<<shardBits | m.shard
}

func split(r ref) (page uint32, off int) {
	return r >> (placeBits + shardBits), int(r>>shardBits&(1<<placeBits-1)) * unit
}

// page returns a new page with room for a block at least.
func (m *blocks[S]) page(size, class int) uint32 {
	if m.pages == nil {
		m.pages = make([]page[S], 1, 4)
	}
	var p uint32
	if k := len(m.spare); k > 0 {
		p, m.spare = m.spare[k-1], m.spare[:k-1]
	} else {
		if p = uint32(len(m.pages)); p >= 1<<pageBits {
			return 0
		}
		m.pages = append(m.pages, page[S]{})
	}
	octets := size
	if class != 0 { // the first pages are small, for the sake of small tables
		octets = max(min(minPage<<min(m.count[class], 8), maxPage)/size, 1) * size
	}
	m.pages[p] = page[S]{b: pages.Many(make([]byte, octets)), values: make([]S, octets/size), size: int32(size), class: uint8(class)}
	m.count[class]++
	m.link(p)
	return p
}

// link puts a page in front of those of its class that have room, unlink takes it out.
func (m *blocks[S]) link(p uint32) {
	pg := &m.pages[p]
	pg.prev, pg.next = 0, m.room[pg.class]
	if pg.next != 0 {
		m.pages[pg.next].prev = p
	}
	m.room[pg.class] = p
}

func (m *blocks[S]) unlink(p uint32) {
	pg := &m.pages[p]
	if pg.prev != 0 {
		m.pages[pg.prev].next = pg.next
	} else {
		m.room[pg.class] = pg.next
	}
	if pg.next != 0 {
		m.pages[pg.next].prev = pg.prev
	}
	pg.prev, pg.next = 0, 0
}

// free gives up a block, and its page when that is empty and not the last of its class.
func (m *blocks[S]) free(r ref) {
	p, off := split(r)
	pg := &m.pages[p]
	if pg.full() {
		m.link(p)
	}
	fill(pg.b[off:], blockFree, pg.free, nil)
	var none S
	*pg.value(off) = none
	pg.free = uint32(off/unit) + 1
	if pg.used -= pg.size; pg.used == 0 && (pg.class == 0 || m.count[pg.class] > 1) {
		m.unlink(p)
		m.count[pg.class]--
		*pg = page[S]{}
		m.spare = append(m.spare, p)
	}
}

// at returns the block at r, if it is one: a ref that an index gave may be of a session that is
// gone by now, and its page one of another size or none.
func (m *blocks[S]) at(r ref) (kind byte, t tag, body []byte) {
	p, off := split(r)
	if int(p) >= len(m.pages) {
		return blockFree, 0, nil
	}
	pg := &m.pages[p]
	if off >= int(pg.fresh) || off%int(pg.size) != 0 {
		return blockFree, 0, nil
	}
	b := pg.b[off:]
	n := binary.LittleEndian.Uint32(b[4:])
	return byte(n >> 24), binary.LittleEndian.Uint32(b), b[header : header+n&(1<<24-1)]
}

// spot is that of the block at r; the zero spot: there is none any more.
func (m *blocks[S]) spot(r ref) spot[S] {
	p, off := split(r)
	if int(p) >= len(m.pages) || off >= len(m.pages[p].b) {
		return spot[S]{}
	}
	pg := &m.pages[p]
	return spot[S]{&pg.b[off], pg.value(off)}
}

// value is that of the session at r.
func (m *blocks[S]) value(r ref) *S {
	p, off := split(r)
	return m.pages[p].value(off)
}

func (pg *page[S]) value(off int) *S { return &pg.values[uint32(off)/uint32(pg.size)] }

// identity returns the encoded identity of a session and the tag of its name; nil: there is no
// session at r.
func (m *blocks[S]) identity(r ref) (t tag, body []byte) {
	kind, t, body := m.at(r)
	switch kind {
	case blockWhole:
		return t, body
	case blockMoved:
		_, _, body = m.at(binary.LittleEndian.Uint32(body))
		return t, body
	}
	return 0, nil
}

// change gives the session at r another identity. It is false when there is no room, and then
// nothing has changed.
func (m *blocks[S]) change(r ref, body []byte) bool {
	kind, t, old := m.at(r)
	var apart ref
	if kind == blockMoved {
		apart = binary.LittleEndian.Uint32(old)
	}
	p, off := split(r)
	if header+len(body) <= int(m.pages[p].size) {
		fill(m.pages[p].b[off:], blockWhole, t, body)
	} else {
		to := m.put(blockApart, t, body)
		if to == 0 {
			return false
		}
		var at [4]byte
		binary.LittleEndian.PutUint32(at[:], to)
		fill(m.pages[p].b[off:], blockMoved, t, at[:])
	}
	if apart != 0 {
		m.free(apart)
	}
	return true
}

// remove gives up the session at r.
func (m *blocks[S]) remove(r ref) {
	if kind, _, body := m.at(r); kind == blockMoved {
		m.free(binary.LittleEndian.Uint32(body))
	}
	m.free(r)
}

// from yields the refs of all blocks, free ones too, in ascending order from r on.
func (m *blocks[S]) from(r ref) iter.Seq[ref] {
	return func(yield func(ref) bool) {
		p, off := split(r)
		for ; int(p) < len(m.pages); p, off = p+1, 0 {
			pg := &m.pages[p]
			if pg.size == 0 {
				continue
			}
			// The page may have had blocks of another size when r was current.
			for i := (off + int(pg.size) - 1) / int(pg.size) * int(pg.size); i < int(pg.fresh); i += int(pg.size) {
				if !yield(m.ref(p, uint32(i/unit))) {
					return
				}
			}
		}
	}
}
