// SPDX-License-Identifier: Apache-2.0

package dedup

import "encoding/binary"

const (
	logChunk     = 16<<10 - 16 // octets, 16 KiB with its head; the largest answer fits
	chunkNumbers = 1 << 30
)

// An answerLog keeps the code and the attributes of answers in the order in which they were given,
// each for the same time, and is dropped from its old end. A place in it is answerLogged with the
// number of its chunk, which begins again at 0 after 1<<30 of them, and the offset there.
type answerLog struct {
	chunks []*logPart // the oldest first
	base   uint32     // number of the first
	spare  *logPart
}

type logPart struct {
	octets [logChunk]byte
	used   int
	until  uint32 // second in which the last of its answers goes
}

// put keeps an answer until the second until and returns its place.
func (l *answerLog) put(code byte, attributes []byte, now, until uint32) uint64 {
	l.expire(now)
	need := 3 + len(attributes)
	if n := len(l.chunks); n == 0 || l.chunks[n-1].used+need > logChunk {
		l.chunks = append(l.chunks, l.part())
	}
	last := len(l.chunks) - 1
	part := l.chunks[last]
	at := part.used
	binary.BigEndian.PutUint16(part.octets[at:], uint16(1+len(attributes)))
	part.octets[at+2] = code
	copy(part.octets[at+3:], attributes)
	part.used += need
	part.until = max(part.until, until)
	return answerLogged | uint64((l.base+uint32(last))%chunkNumbers)<<32 | uint64(at)
}

func (l *answerLog) part() *logPart {
	if p := l.spare; p != nil {
		l.spare = nil
		p.used, p.until = 0, 0
		return p
	}
	return new(logPart)
}

// expire drops what has expired, a few chunks at a time.
func (l *answerLog) expire(now uint32) {
	for range 2 {
		if len(l.chunks) == 0 || l.chunks[0].until >= now {
			return
		}
		l.spare = l.chunks[0]
		l.chunks[0] = nil
		l.chunks = l.chunks[1:]
		l.base++
	}
}

// get appends the answer at place to b; false: it has expired.
func (l *answerLog) get(place uint64, now uint32, b []byte) ([]byte, bool) {
	n := (uint32(place>>32) - l.base) % chunkNumbers
	if n >= uint32(len(l.chunks)) || l.chunks[n].until < now {
		return b, false
	}
	part, at := l.chunks[n], uint32(place)
	size := uint32(binary.BigEndian.Uint16(part.octets[at:]))
	return append(b, part.octets[at+2:at+2+size]...), true
}
