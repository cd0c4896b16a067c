// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// parsed is a packet that has been read: what is to be sent, and where.
type parsed struct {
	row, line   int
	fingerprint uint32
	target      target
	list        []attrs.Attr
	kept        []byte // its attributes as a plan keeps them, in the place of list
	err         error  // why it is none; a *mistakes for what stands in the file
}

// attributes are those of the packet.
func (p *parsed) attributes() []attrs.Attr {
	if p.kept == nil {
		return p.list
	}
	return attributesOf(p.kept)
}

// mistakes are what is wrong with a packet, by line.
type mistakes struct{ all []mistake }

type mistake struct {
	line int
	err  error
}

// Error returns the first one.
func (m *mistakes) Error() string { return m.all[0].err.Error() }

// Unwrap returns all of them.
func (m *mistakes) Unwrap() []error {
	all := make([]error, len(m.all))
	for i := range m.all {
		all[i] = m.all[i].err
	}
	return all
}

// parse reads the text of a packet.
func (o *options) parse(p packet) parsed { return o.parseInto(p, make([]attrs.Attr, 0, 4)) }

// parseInto is parse with room for the attributes.
func (o *options) parseInto(p packet, list []attrs.Attr) parsed {
	out := parsed{row: p.row, line: p.line, target: o.target, list: list}
	if o.needsFingerprint() {
		out.fingerprint = p.fingerprint(o.seed)
	}
	var wrong mistakes
	fail := func(line int, err error) { wrong.all = append(wrong.all, mistake{line, err}) }
	if p.err != nil {
		fail(p.line, p.err)
	}
	items(p.text, p.line, func(it item) {
		ok, err := out.target.set(it.name, it.value)
		if !ok {
			var a attrs.Attr
			if a, err = o.vocabulary.attribute(it.name, it.value); err == nil {
				out.list = append(out.list, a)
			}
		}
		if err != nil {
			fail(it.line, err)
		}
	}, fail)
	if len(wrong.all) > 0 {
		out.err = &wrong
	}
	return out
}

// mostKept is how many octets of a file a plan keeps; of a larger one it keeps none, and reads the
// file once more while it is sent.
const mostKept = 14 << 20

// A plan is a file that has been read to its end and looked at, in as few octets as a packet has on
// the wire. It is read-only.
type plan struct {
	o       *options
	packets int
	targets map[target]bool // that the packets have
	wrong   []parsed        // what is no packet
	chunks  []chunk         // nil: the file is read again
	reopen  func() (io.ReadCloser, error)
	row     int // of the packets that were added
	line    int
	kept    int // octets
}

// A chunk is a block of the file, as octets: of each packet its line, its target, its fingerprint,
// the length of its attributes and these.
type chunk struct {
	octets         []byte
	row, line      int // that come before it
	packets, lines int
	wrong          []parsed // by rows and lines of the chunk
	targets        []target
	wire           []byte // of one attribute after the other
	err            error
}

// readPlan reads all of r. reopen opens the file again, where it may be read twice; nil: all of it
// is kept.
func (o *options) readPlan(r io.Reader, reopen func() (io.ReadCloser, error)) (*plan, error) {
	p := &plan{o: o, targets: map[target]bool{}, reopen: reopen}
	for c := range o.readChunks(r) {
		if err := p.add(c); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// readChunks reads r block by block, several at once, and yields them in their order.
func (o *options) readChunks(r io.Reader) iter.Seq[chunk] {
	return func(yield func(chunk) bool) {
		blocks := blockReader{r: r, size: 256 << 10}
		quit := make(chan struct{})
		ahead := make(chan chan chunk, runtime.GOMAXPROCS(0))
		var reader sync.WaitGroup
		reader.Go(func() {
			defer close(ahead)
			for {
				b, ok := blocks.next()
				if !ok {
					return
				}
				done := make(chan chunk, 1)
				select {
				case ahead <- done:
				case <-quit:
					return
				}
				go func() { done <- o.readChunk(b) }()
			}
		})
		defer reader.Wait()
		defer close(quit)
		for done := range ahead {
			if !yield(<-done) {
				return
			}
		}
	}
}

func (o *options) readChunk(b block) chunk {
	c := chunk{err: b.err}
	var list []attrs.Attr // of one packet after the other
	c.lines = eachPacket(b.text, func(line int, text string) bool {
		c.packets++
		p := o.parseInto(packet{row: c.packets, line: line, text: text}, list[:0])
		list = p.list
		c.put(o, p)
		return true
	})
	c.wire, c.octets = nil, bytes.Clone(c.octets) // without the room for more
	return c
}

// readTable is readPlan for a table.
func (o *options) readTable(r io.Reader) (*plan, error) {
	packets, err := tablePackets(r)
	if err != nil {
		return nil, err
	}
	var c chunk
	for _, p := range packets {
		c.packets++
		c.put(o, o.parse(p))
	}
	p := &plan{o: o, targets: map[target]bool{}}
	return p, p.add(c)
}

// put appends a packet, once all that can be wrong with it has been looked at.
func (c *chunk) put(o *options, p parsed) {
	mark, octets := len(c.octets), 0
	b := binary.AppendUvarint(c.octets, uint64(p.row))
	b = binary.AppendUvarint(b, uint64(p.line))
	b = binary.AppendUvarint(b, uint64(c.target(p.target)))
	b = binary.LittleEndian.AppendUint32(b, p.fingerprint)
	b = binary.AppendUvarint(b, uint64(len(p.list)))
	for _, a := range p.list {
		wire, err := a.AppendBinary(c.wire[:0])
		if err != nil && p.err == nil {
			p.err = err
		}
		parts := 0
		for rest := wire; len(rest) > 0; rest = rest[rest[1]:] {
			parts++
		}
		b = append(binary.AppendUvarint(b, uint64(parts)), wire...)
		c.wire, octets = wire, octets+len(wire)-2*parts
	}
	if p.err == nil {
		p.err = o.judge(&p, octets)
	}
	if p.err != nil {
		p.list = slices.Clone(p.list)
		c.wrong = append(c.wrong, p)
		b = b[:mark]
	}
	c.octets = b
}

// judge says what keeps a packet from being sent. It makes the request only where that tells more.
func (o *options) judge(p *parsed, octets int) error {
	if p.target.kind == 0 {
		return errNoKind
	}
	n, _, err := o.nasOf(&p.target, p.list)
	if err != nil {
		return err
	}
	if n.way.profile != nil || octets > 3000 || octets == 0 || len(o.attrs) > 0 && p.row == 1 {
		return o.job(*p).Err
	}
	return n.way.check(p.target.disconnect())
}

// target is where t stands in the table of targets.
func (c *chunk) target(t target) int {
	if n := len(c.targets); n > 0 && c.targets[n-1] == t {
		return n - 1
	}
	c.targets = append(c.targets, t)
	return len(c.targets) - 1
}

// gcPercent is what percent is with the plan in the heap: what it keeps is no garbage, so sending
// needs no more room for it.
func (p *plan) gcPercent(percent int) int {
	const room = 4 << 20
	if p == nil || p.chunks == nil || p.kept <= room || percent <= 0 {
		return percent
	}
	return max(percent*room/p.kept, min(percent, 50))
}

// add appends a chunk.
func (p *plan) add(c chunk) error {
	if c.err != nil {
		return c.err
	}
	c.row, c.line = p.row, p.line
	p.row, p.line = p.row+c.packets, p.line+c.lines
	for _, w := range c.wrong {
		if m, ok := w.err.(*mistakes); ok {
			for i := range m.all {
				m.all[i].line += c.line
			}
		}
		w.row, w.line = w.row+c.row, w.line+c.line
		p.wrong = append(p.wrong, w)
	}
	c.wrong = nil
	p.packets += c.packets
	for _, t := range c.targets {
		p.targets[t] = true
	}
	p.kept += len(c.octets)
	if p.reopen != nil && p.kept > mostKept {
		p.chunks = nil
		return nil
	}
	p.chunks = append(p.chunks, c)
	return nil
}

// all yields the packets that are right, in their order. fail is told why a file that is read again
// ends early.
func (p *plan) all(fail func(error)) iter.Seq[parsed] {
	return func(yield func(parsed) bool) {
		if p.reopen == nil || p.kept <= mostKept {
			for i := range p.chunks {
				if !p.chunks[i].all(yield) {
					return
				}
			}
			return
		}
		f, err := p.reopen()
		if err != nil {
			fail(err)
			return
		}
		defer f.Close()
		row, line := 0, 0
		for c := range p.o.readChunks(f) {
			c.row, c.line = row, line
			row, line = row+c.packets, line+c.lines
			if c.err != nil || row > p.packets {
				fail(errors.Join(c.err, errChanged))
				return
			}
			if !c.all(yield) {
				return
			}
		}
		if row != p.packets {
			fail(errChanged)
		}
	}
}

var errChanged = errors.New("the file of packets changed while it was sent")

// all yields the packets of a chunk; false: no more are wanted.
func (c *chunk) all(yield func(parsed) bool) bool {
	for b := c.octets; len(b) > 0; {
		one, rest := c.get(b)
		if b = rest; !yield(one) {
			return false
		}
	}
	return true
}

func (c *chunk) get(b []byte) (p parsed, rest []byte) {
	number := func() int {
		v, n := binary.Uvarint(b)
		b = b[n:]
		return int(v)
	}
	p.row, p.line, p.target = c.row+number(), c.line+number(), c.targets[number()]
	p.fingerprint, b = binary.LittleEndian.Uint32(b), b[4:]
	n := keptLen(b)
	p.kept = b[:n:n]
	return p, b[n:]
}

// keptLen is how many octets of b the attributes of a packet are: their number, and of each the
// number of those on the wire that it is, and their octets there.
func keptLen(b []byte) int {
	begin := len(b)
	count, n := binary.Uvarint(b)
	for b = b[n:]; count > 0; count-- {
		parts, n := binary.Uvarint(b)
		for b = b[n:]; parts > 0; parts-- {
			b = b[b[1]:]
		}
	}
	return begin - len(b)
}

// attributesOf reads what keptLen measures.
func attributesOf(b []byte) []attrs.Attr {
	number := func() int {
		v, n := binary.Uvarint(b)
		b = b[n:]
		return int(v)
	}
	list := make([]attrs.Attr, number())
	for i := range list {
		n := number()
		if n == 1 {
			list[i], b = rawAttr(b)
			continue
		}
		parts := make([]attrs.Attr, n)
		for j := range parts {
			parts[j], b = rawAttr(b)
		}
		list[i] = attrs.Join(parts...)
	}
	return list
}

func rawAttr(b []byte) (attrs.Attr, []byte) {
	n := int(b[1])
	return attrs.Raw(radius.Type(b[0]), b[2:n]), b[n:]
}

// place is where a packet stands, for a message.
func (o *options) place(line int) string {
	name := o.file
	if name == "" || name == "-" {
		name = "standard input"
	}
	return fmt.Sprintf("%s:%d", name, line)
}
