// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// A Diagram draws what crossed the wire as a sequence diagram: requests go from left to right,
// answers come back.
//
//	       192.0.2.1:49152                                         198.51.100.7:3799
//	0.000s |-- Disconnect-Request 1 ---------------X               | lost; User-Name = "bob"
//	0.050s |-- Disconnect-Request 1 ------------------------------>| resent
//	0.051s |<------- Disconnect-NAK 1, Session-Context-Not-Found --|
//
// Give its Trace to a Client, to a Server, to both, or to a Network alone. Where both ends are
// traced, a packet that one of them sent and the other never saw is drawn as lost. It keeps the
// last 200 packets. The NASes and clients of this package draw one themselves when their test
// fails. The zero Diagram is ready; it is safe for concurrent use.
type Diagram struct {
	mu     sync.Mutex // guards what follows
	start  time.Time
	rows   []*row
	left   int                     // out of the diagram, since there were more
	traced map[netip.AddrPort]bool // ends that tell what they receive
}

// maxRows bounds what a Diagram keeps.
const maxRows = 200

// A row is one packet on the wire, as one end or both ends told of it.
type row struct {
	at, arrival    time.Time
	from, to       netip.AddrPort
	wire           []byte
	sent, received bool // who told of it
	none           bool // no packet: the end of a wait
	lost           bool
	why            string // it was lost, where that is known
	notes          []string
}

// NewDiagram makes a Diagram that is logged at the end of a test that failed.
func NewDiagram(tb testing.TB) *Diagram {
	d := new(Diagram)
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Log("what crossed the wire:\n" + d.String())
		}
	})
	return d
}

// Trace takes one Event. It is made for the Trace of dac.Client, dac.Server and Network.
func (d *Diagram) Trace(e dac.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if d.start.IsZero() || e.Time.Before(d.start) {
		d.start = e.Time
	}
	switch {
	case e.Op.Incoming():
		d.lockedIncoming(e)
	case e.Op.Outgoing():
		d.lockedOutgoing(e)
	case e.Op == dac.GaveUp:
		r := d.lockedAdd(e, e.Local, e.Peer)
		r.none = true
		r.notes = append(r.notes, fmt.Sprintf("%s %d: gave up", codeName(e.Code), e.ID))
	}
}

// lockedOutgoing notes a packet that left. The other end may have told of it already: it is not the
// sender's clock that orders the calls.
func (d *Diagram) lockedOutgoing(e dac.Event) {
	r := d.lockedFind(e.Local, e.Peer, e.Wire, func(r *row) bool { return r.received && !r.sent })
	if r == nil {
		r = d.lockedAdd(e, e.Local, e.Peer)
	}
	r.at, r.sent = e.Time, true
	if e.Op == dac.Resent {
		r.notes = append([]string{e.Op.String()}, r.notes...)
	}
	if e.Err != nil {
		r.lost = true
		r.why = reason(e.Err)
	}
}

func (d *Diagram) lockedIncoming(e dac.Event) {
	if d.traced == nil {
		d.traced = make(map[netip.AddrPort]bool)
	}
	d.traced[unmap(e.Local)] = true
	r := d.lockedFind(e.Peer, e.Local, e.Wire, func(r *row) bool { return r.sent && !r.received && !r.lost })
	if r == nil {
		r = d.lockedAdd(e, e.Peer, e.Local)
	}
	r.arrival, r.received = e.Time, true
	switch {
	case e.Op == dac.Received:
	case e.Err != nil:
		r.notes = append(r.notes, e.Op.String()+": "+reason(e.Err))
	default:
		r.notes = append(r.notes, e.Op.String())
	}
}

// lose notes that a packet did not arrive.
func (d *Diagram) lose(e dac.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.start.IsZero() {
		d.start = e.Time
	}
	r := d.lockedFind(e.Peer, e.Local, e.Wire, func(r *row) bool { return r.sent && !r.received && !r.lost })
	if r == nil {
		r = d.lockedAdd(e, e.Peer, e.Local)
	}
	r.received, r.lost = true, true
}

// lockedFind returns the oldest row of that packet of which ok is true.
func (d *Diagram) lockedFind(from, to netip.AddrPort, wire []byte, ok func(*row) bool) *row {
	for _, r := range d.rows {
		if ok(r) && same(r.from, from) && same(r.to, to) && bytes.Equal(r.wire, wire) {
			return r
		}
	}
	return nil
}

// lockedTraced tells whether a tells what it receives.
func (d *Diagram) lockedTraced(a netip.AddrPort) bool {
	for _, host := range []netip.Addr{a.Addr(), netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		if d.traced[netip.AddrPortFrom(host, a.Port())] {
			return true
		}
	}
	return false
}

// same tells whether two ends are one: a socket that listens on all addresses may not know which of
// them was asked.
func same(a, b netip.AddrPort) bool {
	a, b = unmap(a), unmap(b)
	return a == b || a.Port() == b.Port() && (a.Addr().IsUnspecified() || b.Addr().IsUnspecified())
}

func (d *Diagram) lockedAdd(e dac.Event, from, to netip.AddrPort) *row {
	r := &row{at: e.Time, from: unmap(from), to: unmap(to), wire: bytes.Clone(e.Wire)}
	if len(d.rows) == maxRows {
		d.rows = append(d.rows[:0], d.rows[1:]...)
		d.left++
	}
	d.rows = append(d.rows, r)
	return r
}

// reason is err without what the diagram says anyway.
func reason(err error) string {
	if err == errLost {
		return ""
	}
	var p *dac.PacketError
	if errors.As(err, &p) && p.Err != nil {
		err = p.Err
	}
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "dac: "), "dactest: ")
}

// String draws the diagram.
func (d *Diagram) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b strings.Builder
	if d.left > 0 {
		fmt.Fprintf(&b, "(%d earlier packets are left out)\n", d.left)
	}
	var client, nas netip.AddrPort
	seen := make(map[string]bool)
	for _, r := range d.rows {
		left, right := r.ends()
		if left != client || right != nas {
			client, nas = left, right
			fmt.Fprintf(&b, "%10s%-*s%s\n", "", lane, client, nas)
		}
		lost := r.lost || r.sent && !r.received && d.lockedTraced(r.to)
		octets := r.from.String() + string(r.wire)
		notes := r.remarks(lost, seen[octets])
		seen[octets] = true
		line := fmt.Sprintf("%8.3fs %s %s", r.at.Sub(d.start).Seconds(), r.arrow(lost), strings.Join(notes, "; "))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// remarks is what stands beside a row; again: the same octets have a row already.
func (r *row) remarks(lost, again bool) (all []string) {
	took := r.arrival.Sub(r.at)
	switch {
	case lost && r.why != "":
		all = append(all, "lost: "+r.why)
	case lost:
		all = append(all, "lost")
	}
	all = append(all, r.notes...)
	if again && len(r.notes) == 0 {
		all = append(all, "again")
	}
	if !lost && r.sent && r.received && took >= time.Millisecond {
		all = append(all, fmt.Sprintf("took %v", took.Round(time.Millisecond)))
	}
	if about := r.about(); about != "" && !again {
		all = append(all, about)
	}
	return all
}

// ends returns who asks and who answers.
func (r *row) ends() (client, nas netip.AddrPort) {
	if r.answer() {
		return r.to, r.from
	}
	return r.from, r.to
}

func (r *row) answer() bool { return len(r.wire) > 0 && packet.IsAnswer(radius.Code(r.wire[0])) }

// lane is the width between the two lifelines.
const lane = 56

// arrow draws one row between the lifelines.
func (r *row) arrow(lost bool) string {
	if r.none {
		return "|" + strings.Repeat(" ", lane-1) + "|"
	}
	text := label(r.wire)
	room := lane - 1 - len("-- ") - len(" ->")
	text = text[:min(len(text), room)]
	fill := strings.Repeat("-", room-len(text))
	tail := len(fill) / 2
	switch {
	case !r.answer() && !lost:
		return "|-- " + text + " " + fill + "->|"
	case !r.answer():
		return "|-- " + text + " " + fill[tail:] + "X" + strings.Repeat(" ", tail+1) + "|"
	case !lost:
		return "|<-" + fill + " " + text + " --|"
	}
	return "|" + strings.Repeat(" ", tail+1) + "X" + fill[tail:] + " " + text + " --|"
}

// about tells the attributes of a request that are worth a line.
func (r *row) about() string {
	if len(r.wire) == 0 || !packet.IsRequest(radius.Code(r.wire[0])) {
		return ""
	}
	var text strings.Builder
	_ = dac.Dump(&text, r.wire) // a strings.Builder takes everything
	_, attributes, _ := strings.Cut(text.String(), "\n")
	var told []string
	for line := range strings.Lines(attributes) {
		line = strings.TrimSpace(line)
		switch name, _, _ := strings.Cut(line, " "); name {
		case "Message-Authenticator", "Event-Timestamp", "Proxy-State", "#":
		default:
			told = append(told, line)
		}
	}
	about := strings.Join(told, ", ")
	if len(about) > maxAbout {
		about = strings.ToValidUTF8(about[:maxAbout-3], "") + "..."
	}
	return about
}

// maxAbout bounds the width of a row.
const maxAbout = 120
