// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// maxPacket is the longest text of one packet, in octets: many times what 4096 octets take as text.
const maxPacket = 1 << 20

// A packet is one of a file, as text.
type packet struct {
	row  int    // 1 for the first
	line int    // that it starts on; 1 for the first
	text string // its lines, as they are
	err  error  // what is wrong with it as a whole
}

// fingerprint tells requests apart, so that results are not taken for those of another file or, by
// seed, of another command. It is never 0.
func (p *packet) fingerprint(seed uint32) uint32 {
	var buf [256]byte
	for text := p.text; text != ""; {
		n := copy(buf[:], text)
		seed, text = crc32.Update(seed, crc32.IEEETable, buf[:n]), text[n:]
	}
	return max(seed, 1)
}

// eachPacket yields the packets of text, which empty lines separate, and returns the number of
// lines. line counts from 1.
func eachPacket(text string, yield func(line int, text string) bool) (lines int) {
	start, end, first := -1, 0, 0 // of the packet that is being read
	for at := 0; at < len(text); {
		lines++
		next := len(text)
		if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
			next = at + n + 1
		}
		line := trimLeft(strings.TrimSuffix(text[at:next], "\n"))
		switch {
		case line == "" && start >= 0:
			if !yield(first, text[start:end]) {
				return lines
			}
			start = -1
		case line != "" && (start >= 0 || line[0] != '#'):
			if start < 0 {
				start, first = at, lines
			}
			end = next
		}
		at = next
	}
	if start >= 0 {
		yield(first, text[start:end])
	}
	return lines
}

// A block is a part of a file that ends between two packets.
type block struct {
	text string
	err  error // why there is no more
}

// A blockReader reads a file in blocks.
type blockReader struct {
	r     io.Reader
	size  int
	buf   []byte // room for what is read
	carry int    // octets at its start that the last block left over
	begun bool
	done  bool
}

// next returns the next block; ok is false at the end.
func (b *blockReader) next() (bl block, ok bool) {
	for !b.done {
		if need := b.carry + b.size; need > len(b.buf) {
			b.buf = append(make([]byte, 0, need), b.buf[:b.carry]...)[:need]
		}
		n, err := io.ReadFull(b.r, b.buf[b.carry:b.carry+b.size])
		buf := b.buf[:b.carry+n]
		b.carry = 0
		if !b.begun {
			buf, b.begun = bytes.TrimPrefix(buf, []byte("\ufeff")), true
		}
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			b.done = true
			return block{text: string(buf)}, len(buf) > 0
		case err != nil:
			b.done = true
			return block{text: string(buf), err: fmt.Errorf("cannot be read: %w", err)}, true
		}
		cut := lastGap(buf)
		if cut == 0 && len(buf) > maxPacket {
			b.done = true
			return block{text: string(buf), err: fmt.Errorf("a packet of more than %d octets: are there no empty lines between packets?", maxPacket)}, true
		}
		text := string(buf[:cut])
		b.carry = copy(b.buf, buf[cut:])
		if cut > 0 {
			return block{text: text}, true
		}
	}
	return block{}, false
}

// lastGap is where the last empty line of b ends, 0 where there is none.
func lastGap(b []byte) int {
	for end := bytes.LastIndexByte(b, '\n'); end > 0; {
		begin := bytes.LastIndexByte(b[:end], '\n')
		if len(bytes.TrimLeft(b[begin+1:end], blanks)) == 0 {
			return end + 1
		}
		end = begin
	}
	return 0
}

// packetsOf yields the packets of r as soon as they are whole: for an input that goes on while it
// is sent.
func packetsOf(r io.Reader, yield func(packet) bool) error {
	buf := make([]byte, 0, 64<<10)
	row, line := 0, 0
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		cut := lastGap(buf)
		if err != nil {
			cut = len(buf)
		}
		more := true
		lines := eachPacket(string(buf[:cut]), func(at int, text string) bool {
			row++
			more = yield(packet{row: row, line: line + at, text: text})
			return more
		})
		line += lines
		buf = append(make([]byte, 0, max(64<<10, 2*(len(buf)-cut))), buf[cut:]...)
		switch {
		case err == io.EOF || !more:
			return nil
		case err != nil:
			return fmt.Errorf("cannot be read: %w", err)
		case len(buf) > maxPacket:
			return fmt.Errorf("line %d: a packet of more than %d octets", line+1, maxPacket)
		}
	}
}

// tablePackets reads a table: a line with the names of attributes, then a row for each packet. A
// cell of - leaves its attribute out; an empty one is a mistake, since the request would name more
// without it.
func tablePackets(r io.Reader) (packets []packet, err error) {
	ahead := bufio.NewReader(r)
	names, _ := ahead.Peek(ahead.Size()) // an error comes again
	in := csv.NewReader(ahead)
	in.Comma = comma(string(names))
	in.TrimLeadingSpace = in.Comma != '\t'
	header, err := in.Read()
	if err == io.EOF {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	for {
		cells, err := in.Read()
		if err == io.EOF {
			return packets, nil
		}
		if err != nil {
			return nil, err
		}
		p := packet{row: len(packets) + 1}
		p.line, _ = in.FieldPos(0)
		var b strings.Builder
		if err := writeRow(&b, header, cells); err != nil {
			p.err = err
		}
		p.text = b.String()
		packets = append(packets, p)
	}
}

func writeRow(b *strings.Builder, header, cells []string) error {
	before := false
	for i, cell := range cells {
		switch cell = strings.TrimSpace(cell); cell {
		case "-":
			continue
		case "":
			return fmt.Errorf("%s is empty; - leaves it out", header[i])
		}
		if before {
			b.WriteString(", ")
		}
		before = true
		b.WriteString(header[i])
		b.WriteString(` = "`)
		for _, c := range []byte(cell) {
			if c == '"' || c == '\\' {
				b.WriteByte('\\')
			}
			if c < ' ' {
				fmt.Fprintf(b, `\%03o`, c)
			} else {
				b.WriteByte(c)
			}
		}
		b.WriteByte('"')
	}
	if !before {
		return errors.New("a row without attributes")
	}
	return nil
}
