// SPDX-License-Identifier: Apache-2.0

// Package md5lanes computes sixteen MD5 sums (RFC 1321) in hardly more time than one takes. MD5 is
// a chain of 64 steps for each block of 64 octets, each of which waits for the one before, so that
// a processor idles for most of it: what is won is that time, by the vector instructions of AVX2.
// Where a processor has none there is nothing to win, and Available says so, as it does in a build
// with the tag purego.
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

// A Text is octets to be hashed, a multiple of BlockSize, and the State before them, which Hash
// leaves as the one behind them.
type Text struct {
	State  State
	Octets []byte
}

// AppendPadding appends what ends a text: b ends with it from start on, and before it came hashed
// octets, a multiple of BlockSize.
func AppendPadding(b []byte, start int, hashed uint64) []byte {
	n := hashed + uint64(len(b)-start)
	b = append(b, padding[:1+(BlockSize+55-n%BlockSize)%BlockSize]...)
	return binary.LittleEndian.AppendUint64(b, n*8)
}

var padding = [BlockSize]byte{0x80}

// Available reports whether Hash can be called on this machine.
func Available() bool { return available }

// Hash hashes all texts. They need not be of one length, but texts of about one length that follow
// each other share their time best. It panics where one is not a multiple of BlockSize.
func Hash(texts []Text) {
	var l lanes
	for len(texts) > 0 {
		n := min(len(texts), Lanes)
		l.hash(texts[:n])
		texts = texts[n:]
	}
}

// lanes are sixteen texts under way: their States word by word, each word of all of them in a row,
// and where their next blocks are.
type lanes struct {
	state  [4][Lanes]uint32
	words  [16][Lanes]uint32
	blocks [Lanes]*byte
}

// nothing is what a lane hashes that has no text. One whose text is over hashes its last block
// again, and what comes of it is not read.
var nothing [BlockSize]byte

func (l *lanes) hash(texts []Text) {
	longest := 0
	for i := range l.blocks {
		l.blocks[i] = &nothing[0]
	}
	for i := range texts {
		n := len(texts[i].Octets)
		if n%BlockSize != 0 {
			panic("md5lanes: a text that is not padded")
		}
		longest = max(longest, n)
		s := &texts[i].State
		l.state[0][i], l.state[1][i], l.state[2][i], l.state[3][i] = s[0], s[1], s[2], s[3]
	}
	for at := 0; at < longest; at += BlockSize {
		for i := range texts {
			if b := texts[i].Octets; at < len(b) {
				l.blocks[i] = &b[at : at+BlockSize][0]
			}
		}
		block(&l.state, &l.words, &l.blocks)
		for i := range texts {
			if len(texts[i].Octets) == at+BlockSize {
				// The last of its blocks: what comes later is of others.
				texts[i].State = State{l.state[0][i], l.state[1][i], l.state[2][i], l.state[3][i]}
			}
		}
	}
}
