// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/netip"
	"time"
)

// A wire is a request of a client by hand, which is signed anew for each time that it is sent.
type wire []byte

func newWire(s *signer) wire { return s.appendRequest(nil, 1, 0, true, time.Now()) }

func (w wire) sign(s *signer, id byte) {
	w[1] = id
	s.stamp(w, time.Now())
}

// answered reports whether b is an authentic answer to w.
func (w wire) answered(s *signer, b []byte) bool {
	b, f, ok := parse(b, disconnectACK)
	return ok && s.authentic(b, w[4:headerLen], f.message)
}

// A letter is a packet to one of several NASes, or from it.
type letter struct {
	nas    int
	octets []byte
}

// A mailbox is what a client by hand has for its NASes. It is for one goroutine.
type mailbox interface {
	post(letters []letter) error
	// receive returns what has come, for as long as until the next call; nothing when wait has
	// passed without anything.
	receive(wait time.Duration) ([]letter, error)
	close() error
}

// A postbox is a mailbox for one NAS.
type postbox struct {
	port
	out [][]byte
	in  []letter
}

func (p *postbox) post(letters []letter) error {
	p.out = p.out[:0]
	for _, l := range letters {
		p.out = append(p.out, l.octets)
	}
	return p.send(p.out)
}

func (p *postbox) receive(wait time.Duration) ([]letter, error) {
	got, err := p.port.receive(wait)
	p.in = p.in[:0]
	for _, b := range got {
		p.in = append(p.in, letter{octets: b})
	}
	return p.in, err
}

// A pipeline is a client by hand: one goroutine that signs, sends, receives and verifies.
type pipeline struct {
	*signer
	mailbox
	asked  [][]asked // by NAS and identifier
	out    []letter
	more   func() bool // another request is to be sent
	flying int
	done   int
	resent int
}

type asked struct {
	wire
	waits bool
}

// mostFlying is what the receive buffer of one socket has room for the answers of.
const mostFlying = 4000

// pipelined has requests answered, with up to 256 in flight to each NAS.
func pipelined(nases int, more func() bool, m mailbox) (done, resent int, err error) {
	return pipelinedBy(newSigner(), nases, more, m)
}

// pipelinedBy is pipelined with requests that s signs.
func pipelinedBy(s *signer, nases int, more func() bool, m mailbox) (done, resent int, err error) {
	defer m.close()
	p := &pipeline{signer: s, mailbox: m, more: more, asked: make([][]asked, nases)}
	for nas := range p.asked {
		p.asked[nas] = make([]asked, max(1, min(identifiers, mostFlying/nases)))
		for id := range p.asked[nas] {
			p.asked[nas][id].wire = newWire(p.signer)
			p.next(nas, byte(id))
		}
	}
	for quiet := 0; p.flying > 0; quiet++ {
		if err := p.post(p.out); err != nil {
			return p.done, p.resent, err
		}
		p.out = p.out[:0]
		got, err := p.receive(patience)
		if err != nil {
			return p.done, p.resent, err
		}
		for _, l := range got {
			if err := p.take(l); err != nil {
				return p.done, p.resent, err
			}
			quiet = 0
		}
		if quiet > mostQuiet {
			return p.done, p.resent, fmt.Errorf("no answer for %v", mostQuiet*patience)
		}
		if len(got) == 0 {
			p.repeat()
		}
	}
	return p.done, p.resent, nil
}

// plainByHand has a standard library read and write for each datagram.
func plainByHand(nases []netip.AddrPort, more func() bool) (done, resent int, err error) {
	p, err := newPlainPort(nases[0].String())
	if err != nil {
		return 0, 0, err
	}
	return pipelined(1, more, &postbox{port: p})
}

// next sends one more request with an identifier of a NAS, until all are sent.
func (p *pipeline) next(nas int, id byte) {
	if !p.more() {
		return
	}
	a := &p.asked[nas][id]
	a.sign(p.signer, id)
	a.waits = true
	p.out = append(p.out, letter{nas, a.wire})
	p.flying++
}

// take takes an answer.
func (p *pipeline) take(l letter) error {
	if len(l.octets) < headerLen || int(l.octets[1]) >= len(p.asked[l.nas]) {
		return fmt.Errorf("no answer: %x", l.octets)
	}
	id := l.octets[1]
	a := &p.asked[l.nas][id]
	if !a.waits {
		return nil // it was sent again
	}
	if !a.answered(p.signer, l.octets) {
		if p.resent > 0 {
			return nil // to the request before, perhaps
		}
		return fmt.Errorf("no authentic answer: %x", l.octets)
	}
	a.waits = false
	p.flying--
	p.done++
	p.next(l.nas, id)
	return nil
}

// repeat sends what has no answer again.
func (p *pipeline) repeat() {
	for nas := range p.asked {
		for _, a := range p.asked[nas] {
			if a.waits {
				p.out = append(p.out, letter{nas, a.wire})
				p.resent++
			}
		}
	}
}
