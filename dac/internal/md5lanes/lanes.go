// SPDX-License-Identifier: Apache-2.0

// Package md5lanes computes sixteen MD5 sums (RFC 1321) in hardly more time than one takes. MD5 is a chain of 64 steps for each block of 64
// octets, each of which waits for the one before, so that a processor idles for most of it: what is won is that time, by the vector
// instructions of AVX2. Where a processor has none there is nothing to win, and Available says so.
package md5lanes

import "encoding/binary"

const (
	// Size is how many octets a sum has.
	Size = 16

	// BlockSize is how many octets are hashed at a time.
	BlockSize = 64

	// Lanes is how many texts are hashed at a time.
	Lanes = 16
)

// A State is what MD5 has made of the blocks so far. It is no sum before the padding is among them.
type State [4]uint32

// Initial is the State before the first block.
var Initial = State{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}

// Sum returns the sum that the State is once the text and its padding are hashed.
func (s *State) Sum() (sum [Size]byte) {
	for i, word := range s {
		binary.LittleEndian.PutUint32(sum[4*i:], word)
	}
	return sum
}

// A Text is octets to be hashed, a multiple of BlockSize, and the State before them, which Hash leaves as the one behind them.
type Text struct {
	State  State
	Octets []byte
}

// AppendPadding appends what ends a text: b ends with it from start on, and before it came hashed octets, a multiple of BlockSize.
func AppendPadding(b []byte, start int, hashed uint64) []byte {
	n := hashed + uint64(len(b)-start)
	b = append(b, padding[:1+(BlockSize+55-n%BlockSize)%BlockSize]...)
	return binary.LittleEndian.AppendUint64(b, n*8)
}

var padding = [BlockSize]byte{0x80}

// Available reports whether Hash can be called on this machine.
func Available() bool { return available }

// Hash hashes all texts. They need not be of one length, but texts of about one length that follow each other share their time best.
func Hash(texts []Text) {
	var l lanes
	for len(texts) > 0 {
		n := min(len(texts), Lanes)
		l.hash(texts[:n])
		texts = texts[n:]
	}
}

// lanes are the words of sixteen texts, each word of all of them in a row.
type lanes struct {
	state [4][Lanes]uint32
	words [16][Lanes]uint32
}

func (l *lanes) hash(texts []Text) {
	longest := 0
	for i := range texts {
		longest = max(longest, len(texts[i].Octets))
		for k, word := range texts[i].State {
			l.state[k][i] = word
		}
	}
	for at := 0; at < longest; at += BlockSize {
		for i := range texts {
			if rest := texts[i].Octets[min(at, len(texts[i].Octets)):]; len(rest) > 0 {
				l.load(i, (*[BlockSize]byte)(rest))
			}
		}
		block(&l.state, &l.words)
		for i := range texts {
			if len(texts[i].Octets) == at+BlockSize { // the last of its blocks: what comes later is of others
				for k := range l.state {
					texts[i].State[k] = l.state[k][i]
				}
			}
		}
	}
}

func (l *lanes) load(i int, octets *[BlockSize]byte) {
	for k := range l.words {
		l.words[k][i] = binary.LittleEndian.Uint32(octets[4*k:])
	}
}

// table is floor(2^32 * abs(sin(i+1))), as RFC 1321, section 3.4, has it.
var table = [64]uint32{
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
	0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
	0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
	0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
	0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
}
