// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
)

// Requests, Responses and Events hold octets of lawful intercept, passwords and keys. As text, in
// slog and as JSON such values are [hidden], as they are in what Dump shows.

// Dump writes one packet to w as text, in the syntax of radclient -x: a line for the header, then a
// line for each attribute, indented by a tab. Vendor attributes have their names where the package
// of their vendor is linked in. Hidden and sensitive values are [hidden], and what is not printable
// is escaped, so unverified octets are safe to show.
//
//	Disconnect-NAK Id 7 length 26
//		Error-Cause = Session-Context-Not-Found
//
// A malformed packet is written as far as it can be read, with a last line that says what is wrong,
// after a "#". The error is that of w.
func Dump(w io.Writer, b []byte) error {
	_, err := w.Write(show.Dump(b))
	return err
}

func (r Request) view() show.View {
	v := show.View{Source: show.Addr(r.Source), Local: show.Addr(r.Local), Peer: r.Peer}
	return v.WithPacket(r.Packet)
}

// String returns the kind of request and its attributes on one line: `Disconnect-Request User-Name
// = "bob", Acct-Session-Id = "4f2a"`. Hidden and sensitive values are [hidden], as they are under
// every verb, in slog and in JSON.
func (r Request) String() string { return r.view().Line() }

// Format prints String under every verb.
func (r Request) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is a group: code, source, local, peer, and the attributes as text.
func (r Request) LogValue() slog.Value { return r.view().Value() }

// MarshalText returns String.
func (r Request) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// MarshalJSON returns an object with the fields of LogValue.
func (r Request) MarshalJSON() ([]byte, error) { return json.Marshal(r.view()) }

func (r Response) view() show.View {
	v := show.View{ID: r.ID, Source: show.Addr(r.Source), Local: show.Addr(r.Local), Sent: r.Sent, RTT: r.RTT.Seconds()}
	if r.Packet == nil {
		return v
	}
	if c := r.Cause(); c != 0 {
		v.Cause = show.Cause(c)
	}
	return v.WithPacket(r.Packet)
}

// String returns the kind of answer and its attributes on one line. Hidden and sensitive values are
// [hidden], as they are under every verb, in slog and in JSON.
func (r Response) String() string { return r.view().Line() }

// Format prints String under every verb.
func (r Response) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is a group: code, id, source, local, how often the request was sent and the seconds
// until the answer, the attributes as text, and the cause.
func (r Response) LogValue() slog.Value { return r.view().Value() }

// MarshalText returns String.
func (r Response) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// MarshalJSON returns an object with the fields of LogValue.
func (r Response) MarshalJSON() ([]byte, error) { return json.Marshal(r.view()) }

func (e Event) view() show.View {
	v := show.View{
		Time: e.Time.Format("2006-01-02T15:04:05.000000Z07:00"), Op: e.Op.String(), Code: packet.CodeName(e.Code), ID: e.ID,
		Local: show.Addr(e.Local), Peer: show.Addr(e.Peer),
	}
	if e.Cause != 0 {
		v.Cause = show.Cause(e.Cause)
	}
	if e.Err != nil {
		v.Err = e.Err.Error()
	}
	return v
}

// String returns what became of the packet, its kind and why. The octets are left out, as they are
// under every verb, in slog and in JSON: Dump shows them with what is secret hidden.
func (e Event) String() string { return e.view().Line() }

// Format prints String under every verb.
func (e Event) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// MarshalText returns String.
func (e Event) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// MarshalJSON returns an object: time, op, code, id, local, peer, cause and err.
func (e Event) MarshalJSON() ([]byte, error) { return json.Marshal(e.view()) }
