// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A verdict is what became of a request, in one word.
type verdict string

const (
	acknowledged verdict = "ack"     // or what -gone-ok and Response-Packet-Type take for it, or NAK 507 to an Authorize Only
	refused      verdict = "nak"     // a NAK, or an answer that is not the expected one
	silent       verdict = "silent"  // no answer; it may have been executed
	unsent       verdict = "unsent"  // never sent: interrupted, or its NAS has been silent for long
	unknown      verdict = "unknown" // a change that an earlier run may have made; not sent again without -resend-changes
	invalid      verdict = "invalid" // no packet can be made of it
	sending      verdict = "sending" // in -results alone: about to be sent
)

// status is the exit status that a verdict asks for.
func (v verdict) status() int {
	switch v {
	case acknowledged:
		return 0
	case refused:
		return 1
	case silent, unsent, unknown:
		return 2
	}
	return 3
}

// A record is one outcome: the object of -json and of -results.
type record struct {
	Time        time.Time      `json:"time"`             // when it is written down
	Row         int            `json:"row"`              // of the file, from 1
	Line        int            `json:"line,omitempty"`   // of the file, where the packet starts
	Packet      string         `json:"packet,omitempty"` // fingerprint of its text
	NAS         netip.AddrPort `json:"nas,omitzero"`
	NASName     string         `json:"nas_name,omitempty"` // of -nases
	Who         who            `json:"who,omitempty"`      // the identification that was given
	Request     string         `json:"request"`
	NamedBy     []string       `json:"named_by,omitempty"` // what names the session, with -profile
	Also        []string       `json:"also,omitempty"`     // what was given and goes along with that
	LeftOut     []string       `json:"left_out,omitempty"` // what was given and is not taken by such a NAS; what was sent names one session without it
	Missing     [][]string     `json:"missing,omitempty"`  // what would have named it better, or at all, and is not known
	Verdict     verdict        `json:"verdict"`
	Answer      string         `json:"answer,omitempty"` // name of the answer's code
	Cause       errcause.Cause `json:"-"`
	CauseNumber uint32         `json:"error_cause,omitempty"`
	CauseName   string         `json:"error_cause_name,omitempty"`
	Retryable   bool           `json:"retryable,omitempty"` // the same request may succeed later
	Gone        bool           `json:"gone,omitempty"`      // 503 that counts as done: the session has ended
	Message     string         `json:"reply_message,omitempty"`
	Reason      string         `json:"reason,omitempty"` // a vendor's, as attributes
	Sent        int            `json:"sent,omitempty"`   // transmissions
	RTT         float64        `json:"rtt,omitempty"`    // seconds, from the last transmission to the answer
	Local       netip.AddrPort `json:"local,omitzero"`
	ID          uint32         `json:"id"`
	Error       string         `json:"error,omitempty"`
}

// newRecord reads an outcome.
func (o *options) newRecord(out dac.Outcome) record {
	t, _ := out.Job.Tag.(*tag)
	r := recordOf(t)
	if out.Job.NAS.IsValid() {
		r.NAS = out.Job.NAS
	}
	r.setKeys(out, t)
	r.setError(out)
	if answer := out.Response; answer != nil {
		r.setAnswer(answer, t, o.goneOK)
	}
	return r
}

// recordOf is what is known before anything is sent.
func recordOf(t *tag) record {
	r := record{Row: t.row, Line: t.line, Request: t.kind.String(), Who: whoOf(t)}
	if t.kind == 0 {
		r.Request = ""
	}
	if t.fingerprint != 0 {
		r.Packet = fmt.Sprintf("%08x", t.fingerprint)
	}
	if t.nas != nil {
		r.NASName = t.nas.name
	}
	return r
}

func (r *record) setKeys(out dac.Outcome, t *tag) {
	var missing [][]attrs.ID
	if t.ids != nil {
		r.NamedBy, r.Also, r.LeftOut, missing = idNames(t.ids.Keys), idNames(t.ids.Also), idNames(t.ids.LeftOut), t.ids.Missing
	} else if none := (*profile.MissingError)(nil); errors.As(out.Job.Err, &none) {
		missing = none.Missing
	}
	for _, set := range missing {
		r.Missing = append(r.Missing, idNames(set))
	}
}

// naming says how the session was named and how it would be better; "" without -profile.
func (r *record) naming() string {
	if r.NamedBy == nil {
		return ""
	}
	line := "named by " + strings.Join(r.NamedBy, "+")
	if r.Also != nil {
		line += ", with " + strings.Join(r.Also, ", ")
	}
	if r.LeftOut != nil {
		line += "; left out, since the NAS does not take it: " + strings.Join(r.LeftOut, ", ")
	}
	if r.Missing == nil {
		return line
	}
	better := make([]string, len(r.Missing))
	for i, set := range r.Missing {
		better[i] = strings.Join(set, "+")
	}
	return line + "; better with " + strings.Join(better, ", or ")
}

func idNames(set []attrs.ID) []string {
	if set == nil {
		return nil
	}
	all := make([]string, len(set))
	for i, id := range set {
		all[i] = id.String()
	}
	return all
}

// ofCommandLine replaces the fields of the API that errors name by the flags that set them.
var ofCommandLine = strings.NewReplacer("Client.Dial where it is set", "-source", "Client.Dial", "-source", "Client.PerNAS", "-p and -n",
	"set Peer.IgnoreEventTimestamp", "give -accept-stale-answers", "Peer.RequireMessageAuthenticator", "-require-message-authenticator", "Peer.ServerName", "-server-name",
	"set Peer.HideUserPassword", "give -user-password")

func (r *record) setError(out dac.Outcome) {
	r.Verdict = acknowledged
	if out.Err == nil {
		return
	}
	r.Error = strings.TrimPrefix(out.Err.Error(), "dac: ")
	if hint := dac.Hint(out.Err); hint != "" {
		r.Error += "; " + hint
	}
	r.Error = ofCommandLine.Replace(r.Error)
	r.Retryable = dac.Retryable(out.Err)
	var none *dac.NoAnswerError
	var packet *dac.PacketError
	answered := errors.As(out.Err, &none)
	if answered {
		r.Sent, r.ID, r.Local = none.Sent, none.ID, none.Local
	}
	failed := errors.As(out.Err, &packet)
	switch {
	case out.Job.Err != nil, errors.Is(out.Err, dac.ErrMalformed):
		r.Verdict = invalid
	case answered && none.Sent == 0, !answered && failed && packet.Op != "receive" && packet.Op != "verify":
		r.Verdict = unsent
	default: // it left, or may have
		r.Verdict = silent
	}
}

func (r *record) setAnswer(answer *dac.Response, t *tag, goneOK bool) {
	r.Answer = codeName(answer.Packet.Code)
	r.Sent, r.RTT, r.ID, r.Local = answer.Sent, answer.RTT.Seconds(), answer.ID, answer.Local
	if r.Cause = answer.Cause(); r.Cause != 0 {
		r.CauseNumber, r.CauseName = uint32(r.Cause), r.Cause.String()
	}
	r.Message, r.Reason = words(answer.Packet.Attributes)
	gone := !answer.ACK() && t.kind == radius.CodeDisconnectRequest && r.Cause == errcause.SessionContextNotFound
	switch {
	case t.expect != 0 && t.expect == answer.Packet.Code, t.authorizeOnly && r.Cause == errcause.RequestInitiated && !answer.ACK():
		r.Verdict, r.Retryable, r.Error = acknowledged, false, ""
	case t.expect != 0:
		r.Verdict, r.Retryable = refused, false
		r.Error = fmt.Sprintf("%s, and Response-Packet-Type expects %s", r.Answer, codeName(t.expect))
	case gone && (t.maybe || goneOK):
		r.Verdict, r.Gone, r.Retryable, r.Error = acknowledged, true, false, ""
	case !answer.ACK():
		r.Verdict = refused
	}
}

// words are what an answer says to people: Reply-Message, and the reasons that vendors give.
func words(set radius.Attributes) (message, reason string) {
	var messages, reasons []string
	for line := range attrs.Format(set) {
		name, value, _ := strings.Cut(line, " = ")
		switch {
		case name == "Reply-Message":
			messages = append(messages, strings.Trim(value, `"`))
		case strings.Contains(name, "Reason") || strings.Contains(name, "Error-Msg") || strings.Contains(name, "Service-Error-Cause"):
			reasons = append(reasons, line)
		}
	}
	return strings.Join(messages, " "), strings.Join(reasons, ", ")
}

// final says that sending the same request again would tell nothing new.
func (r *record) final() bool {
	return r.Verdict == acknowledged || r.Verdict == refused && !r.Retryable
}

// String is the verdict in one line: Disconnect-NAK Error-Cause 503 Session-Context-Not-Found.
func (r *record) String() string {
	switch {
	case r.Verdict == unsent, r.Verdict == invalid, r.Verdict == unknown:
		return "not sent: " + r.Error
	case r.Answer == "":
		return "no answer" + strings.TrimPrefix(r.Error, "no answer") // "no answer from 192.0.2.1:3799: ..."
	case r.Cause != 0:
		return fmt.Sprintf("%s Error-Cause %d %s", r.Answer, r.CauseNumber, r.CauseName)
	}
	return r.Answer
}

// codeName is a code in the words of the RFCs, with Protocol-Error (RFC 7930).
func codeName(c radius.Code) string {
	if c == 52 {
		return "Protocol-Error"
	}
	return c.String()
}

// saying is a refusal in full, with what the NAS says to people.
func (r *record) saying() string {
	line := r.Error
	if r.Message != "" && !strings.Contains(line, r.Message) {
		line += fmt.Sprintf("; it says %q", r.Message)
	}
	if r.Reason != "" && !strings.Contains(line, r.Reason) {
		line += "; " + r.Reason
	}
	return line
}

// marshal is the object of -json and -results, with its line end.
func marshal(r *record) ([]byte, error) {
	text, err := json.Marshal(r)
	return append(text, '\n'), err
}
