// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
)

// maxLine is the longest line of a file, in octets: more than the longest attribute in octal escapes.
const maxLine = 64 << 10

// A packet is one of a file, as text.
type packet struct {
	row  int    // 1 for the first
	line int    // that it starts on; 1 for the first
	text string // its lines, without comments
	err  error  // why there is no more
}

// packetsOf reads the packets of r, one at a time: radclient's format. An error of r is that of a last packet without text.
func packetsOf(r io.Reader) iter.Seq[packet] {
	return func(yield func(packet) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(make([]byte, maxLine), maxLine)
		p, number := packet{row: 1}, 0
		var text []byte
		for lines.Scan() {
			number++
			line := bytes.TrimSpace(lines.Bytes())
			switch {
			case len(line) == 0 && len(text) > 0:
				p.text = string(text)
				if !yield(p) {
					return
				}
				p, text = packet{row: p.row + 1}, text[:0]
			case len(line) > 0 && line[0] != '#':
				if len(text) == 0 {
					p.line = number
				} else {
					text = append(text, '\n')
				}
				text = append(text, line...)
			}
		}
		switch err := lines.Err(); {
		case err != nil:
			yield(packet{row: p.row, line: number + 1, err: fmt.Errorf("the file cannot be read: %w", err)})
		case len(text) > 0:
			p.text = string(text)
			yield(p)
		}
	}
}

// fingerprint tells requests apart, so that results are not taken for those of another file or, by seed, of another command. It is never 0.
func (p *packet) fingerprint(seed uint32) uint32 {
	return max(crc32.Update(seed, crc32.IEEETable, []byte(p.text)), 1)
}
