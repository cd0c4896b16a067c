// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// Requests, Responses and Events hold octets of lawful intercept, passwords and keys. As text, in slog and as JSON such values are [hidden], as they
// are in what Dump shows.

// A packetView is what is shown of a packet.
type packetView struct {
	Op         string   `json:"op,omitempty"`
	Code       string   `json:"code,omitempty"`
	ID         uint32   `json:"id,omitempty"`
	Source     string   `json:"source,omitempty"`
	Local      string   `json:"local,omitempty"`
	Peer       string   `json:"peer,omitempty"`
	Sent       int      `json:"sent,omitempty"`
	RTT        float64  `json:"rtt,omitempty"` // seconds
	Attributes []string `json:"attributes,omitempty"`
	Cause      string   `json:"cause,omitempty"`
	Err        string   `json:"err,omitempty"`
}

// line is the view on one line.
func (v packetView) line() string {
	parts := slices.DeleteFunc([]string{v.Op, v.Code, strings.Join(v.Attributes, ", "), v.Err}, func(s string) bool { return s == "" })
	return strings.Join(parts, " ")
}

func (v packetView) value() slog.Value {
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
	if v.Attributes != nil {
		a = append(a, slog.Any("attributes", v.Attributes))
	}
	text("cause", v.Cause)
	return slog.GroupValue(a...)
}

func (v *packetView) setPacket(p *radius.Packet) {
	if p != nil {
		v.Code, v.Attributes = codeName(p.Code), slices.Collect(attrs.Format(p.Attributes))
	}
}

func addrText(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func (r Request) view() packetView {
	v := packetView{Source: addrText(r.Source), Local: addrText(r.Local), Peer: r.Peer}
	v.setPacket(r.Packet)
	return v
}

// String returns the kind of request and its attributes on one line: `Disconnect-Request User-Name = "bob", Acct-Session-Id = "4f2a"`.
// Hidden and sensitive values are [hidden], as they are under every verb, in slog and in JSON.
func (r Request) String() string { return r.view().line() }

// Format prints String under every verb.
func (r Request) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is a group: code, source, local, peer, and the attributes as text.
func (r Request) LogValue() slog.Value { return r.view().value() }

// MarshalText returns String.
func (r Request) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// MarshalJSON returns an object with the fields of LogValue.
func (r Request) MarshalJSON() ([]byte, error) { return json.Marshal(r.view()) }

func (r Response) view() packetView {
	v := packetView{ID: r.ID, Source: addrText(r.Source), Local: addrText(r.Local), Sent: r.Sent, RTT: r.RTT.Seconds()}
	if r.Packet == nil {
		return v
	}
	v.setPacket(r.Packet)
	if c := r.Cause(); c != 0 {
		v.Cause = describe(c)
	}
	return v
}

// String returns the kind of answer and its attributes on one line. Hidden and sensitive values are [hidden], as they are under every verb, in slog and
// in JSON.
func (r Response) String() string { return r.view().line() }

// Format prints String under every verb.
func (r Response) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is a group: code, id, source, local, how often the request was sent and the seconds until the answer, the attributes as text, and the cause.
func (r Response) LogValue() slog.Value { return r.view().value() }

// MarshalText returns String.
func (r Response) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// MarshalJSON returns an object with the fields of LogValue.
func (r Response) MarshalJSON() ([]byte, error) { return json.Marshal(r.view()) }

func (e Event) view() packetView {
	v := packetView{Op: e.Op.String(), Code: codeName(e.Code), ID: e.ID, Local: addrText(e.Local), Peer: addrText(e.Peer)}
	if e.Cause != 0 {
		v.Cause = describe(e.Cause)
	}
	if e.Err != nil {
		v.Err = e.Err.Error()
	}
	return v
}

// String returns what became of the packet, its kind and why. The octets are left out, as they are under every verb, in slog and in JSON: Dump shows
// them with what is secret hidden.
func (e Event) String() string { return e.view().line() }

// Format prints String under every verb.
func (e Event) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// MarshalText returns String.
func (e Event) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// MarshalJSON returns an object: time, op, code, id, local, peer, cause and err.
func (e Event) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Time string `json:"time"`
		packetView
	}{e.Time.Format("2006-01-02T15:04:05.000000Z07:00"), e.view()})
}
