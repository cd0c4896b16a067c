// SPDX-License-Identifier: Apache-2.0

package dedup

// entries are the entries of a shard, in chunks, so that growing moves nothing. Requests that came
// together stand together, and expire together, so that after a burst most chunks have no entry any
// more and are given back. The number of an entry is that of its chunk and, in the lowest octet,
// its place in that, from 1: no entry has the number 0.
type entries struct {
	chunks []*chunk // nil: given back
	room   uint32   // first chunk with a free place, as the number of an entry there
	gone   []uint32 // numbers of the chunks that were given back
	spare  []*chunk // some of those: what expires in a second may do so before new ones come
	used   int      // chunks
}

const (
	chunkEntries = 255 // with its head a chunk has 12 KiB, as the runtime allocates it
	spareOf      = 16  // one chunk is spare for so many
)

type chunk struct {
	entries    [chunkEntries]entry
	free       uint32 // the first of its free places, linked by next
	made       uint32 // places that have been given before
	used       uint32
	next, prev uint32 // neighbours among the chunks with a free place
}

func (p *entries) chunk(i uint32) *chunk { return p.chunks[i>>8] }

func (p *entries) at(i uint32) *entry { return &p.chunk(i).entries[i&0xff-1] }

// alloc returns the number of an entry that is anything.
func (p *entries) alloc() uint32 {
	if p.room == 0 {
		p.grow()
	}
	i := p.room
	c, at := p.chunk(i), p.chunk(i).free
	if at != 0 {
		c.free = c.entries[at-1].next
	} else {
		c.made++
		at = c.made
	}
	if c.used++; c.used == chunkEntries {
		p.unlink(c)
	}
	return i&^0xff | at
}

func (p *entries) release(i uint32) {
	c, at := p.chunk(i), i&0xff
	if c.used == chunkEntries {
		p.link(i | 0xff)
	}
	c.entries[at-1] = entry{next: c.free}
	c.free = at
	if c.used--; c.used == 0 {
		p.unlink(c)
		p.giveBack(i >> 8)
	}
}

// link puts the chunk of i second among those with a free place: the first one gets new entries
// until it is full, so that few requests after a burst do not keep one chunk of it each.
func (p *entries) link(i uint32) {
	c := p.chunk(i)
	if c.prev, c.next = p.room, 0; c.prev == 0 {
		p.room = i
		return
	}
	first := p.chunk(c.prev)
	if c.next = first.next; c.next != 0 {
		p.chunk(c.next).prev = i
	}
	first.next = i
}

func (p *entries) unlink(c *chunk) {
	if c.next != 0 {
		p.chunk(c.next).prev = c.prev
	}
	if c.prev != 0 {
		p.chunk(c.prev).next = c.next
	} else {
		p.room = c.next
	}
}

// grow adds a chunk.
func (p *entries) grow() {
	var c *chunk
	if last := len(p.spare) - 1; last >= 0 {
		c, p.spare = p.spare[last], p.spare[:last]
		c.free, c.made = 0, 0
	} else {
		c = new(chunk)
	}
	n := uint32(len(p.chunks))
	if last := len(p.gone) - 1; last >= 0 {
		n, p.gone = p.gone[last], p.gone[:last]
		p.chunks[n] = c
	} else {
		p.chunks = append(p.chunks, c)
	}
	p.used++
	p.link(n<<8 | 0xff)
}

// giveBack takes away chunk n, which has no entry any more. A few are kept as spare ones, the fewer
// the less there are in use.
func (p *entries) giveBack(n uint32) {
	p.spare = append(p.spare, p.chunks[n])
	p.chunks[n] = nil
	p.used--
	for len(p.spare) > p.used/spareOf+1 {
		last := len(p.spare) - 1
		p.spare[last], p.spare = nil, p.spare[:last]
	}
	if p.gone = append(p.gone, n); p.used == 0 {
		p.chunks, p.gone = nil, nil
	}
}
