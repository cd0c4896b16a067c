// SPDX-License-Identifier: Apache-2.0

//go:build gc && amd64 && !purego

package md5lanes

var available = hasAVX2()

// hasAVX2 reports whether the processor has AVX2 and the system keeps its registers.
func hasAVX2() bool

// block hashes one block of each lane. The words of all blocks are left in words, each word of all
// of them in a row.
//
//go:noescape
func block(state *[4][Lanes]uint32, words *[16][Lanes]uint32, blocks *[Lanes]*byte)
