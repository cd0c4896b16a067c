// SPDX-License-Identifier: Apache-2.0

package show

import (
	"log/slog"
	"net/netip"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// A View is what is shown of a packet, on one line, as a group of log/slog or as JSON. What is zero
// is left out, since a request that was built has no addresses and one that was received was not
// sent. The names of the fields are what a host's log and its queries are made of: they stay.
type View struct {
	Time       string   `json:"time,omitempty"` // of an Event
	Op         string   `json:"op,omitempty"`   // of an Event
	Code       string   `json:"code,omitempty"`
	ID         uint32   `json:"id,omitempty"`     // Identifier or Token
	Source     string   `json:"source,omitempty"` // who sent a request, or answered
	Local      string   `json:"local,omitempty"`
	Peer       string   `json:"peer,omitempty"` // its name, or the address of an Event
	Sent       int      `json:"sent,omitempty"` // transmissions
	RTT        float64  `json:"rtt,omitempty"`  // seconds
	Attributes []string `json:"attributes,omitempty"`
	Cause      string   `json:"cause,omitempty"`
	Err        string   `json:"err,omitempty"`
}

// WithPacket returns v with the code and the attributes of p, which may be nil.
func (v View) WithPacket(p *radius.Packet) View {
	if p != nil {
		v.Code, v.Attributes = packet.CodeName(p.Code), slices.Collect(attrs.Format(p.Attributes))
	}
	return v
}

// Line is v on one line: what became of the packet, its kind, its attributes and what is wrong.
func (v View) Line() string {
	parts := []string{v.Op, v.Code, strings.Join(v.Attributes, ", "), v.Err}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// Value is v as a group, with the names that it has in JSON. An Event, which has a time and an Op,
// makes its own group.
func (v View) Value() slog.Value {
	var a []slog.Attr
	text := func(key, s string) {
		if s != "" {
			a = append(a, slog.String(key, s))
		}
	}
	text("code", v.Code)
	if v.ID != 0 {
		a = append(a, slog.Uint64("id", uint64(v.ID)))
	}
	text("source", v.Source)
	text("local", v.Local)
	text("peer", v.Peer)
	if v.Sent != 0 {
		a = append(a, slog.Int("sent", v.Sent), slog.Float64("rtt", v.RTT))
	}
	if v.Attributes != nil { // a packet without any has none to search for
		a = append(a, slog.Any("attributes", v.Attributes))
	}
	text("cause", v.Cause)
	return slog.GroupValue(a...)
}

// Addr is a as text; "" where it is not known, so that a View leaves it out.
func Addr(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// A Session is a packet as a line of the log names it: by the attributes that identify the NAS and
// the session (RFC 5176, section 3), which say whose session a refusal is about. nil is "".
type Session struct{ Packet *radius.Packet }

// LogValue is asked for where the line is written.
func (s Session) LogValue() slog.Value {
	if s.Packet == nil {
		return slog.StringValue("")
	}
	who, _ := attrs.Split(s.Packet.Attributes) // what is to be changed is nobody's name
	return slog.StringValue(strings.Join(slices.Collect(attrs.Format(who)), ", "))
}
