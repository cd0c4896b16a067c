// SPDX-License-Identifier: Apache-2.0

package main

import (
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
	acknowledged verdict = "ack"     // or NAK 507 to an Authorize Only
	refused      verdict = "nak"     // a NAK
	silent       verdict = "silent"  // no answer; it may have been executed
	unsent       verdict = "unsent"  // never sent: interrupted, or its NAS has been silent for long
	invalid      verdict = "invalid" // no packet can be made of it
)

// status is the exit status that a verdict asks for.
func (v verdict) status() int {
	switch v {
	case acknowledged:
		return 0
	case refused:
		return 1
	case silent, unsent:
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
	Request     string         `json:"request"`
	NamedBy     []string       `json:"named_by,omitempty"` // what names the session, with -profile
	Missing     [][]string     `json:"missing,omitempty"`  // what would have named it better, or at all, and is not known
	Verdict     verdict        `json:"verdict"`
	Answer      string         `json:"answer,omitempty"` // name of the answer's code
	Cause       errcause.Cause `json:"-"`
	CauseNumber uint32         `json:"error_cause,omitempty"`
	CauseName   string         `json:"error_cause_name,omitempty"`
	Retryable   bool           `json:"retryable,omitempty"` // the same request may succeed later
	Sent        int            `json:"sent,omitempty"`      // transmissions
	RTT         float64        `json:"rtt,omitempty"`       // seconds, from the last transmission to the answer
	Local       netip.AddrPort `json:"local,omitzero"`
	ID          uint32         `json:"id"`
	Error       string         `json:"error,omitempty"`
}

// newRecord reads an outcome.
func newRecord(out dac.Outcome) record {
	t, _ := out.Job.Tag.(tag)
	r := record{Row: t.row, Line: t.line, Request: "CoA-Request"}
	if t.disconnect {
		r.Request = "Disconnect-Request"
	}
	if t.fingerprint != 0 {
		r.Packet = fmt.Sprintf("%08x", t.fingerprint)
	}
	if out.Job.NAS.IsValid() {
		r.NAS = out.Job.NAS
	}
	r.setKeys(out, t)
	r.setError(out, t)
	if answer := out.Response; answer != nil {
		r.setAnswer(answer, t)
	}
	return r
}

func (r *record) setKeys(out dac.Outcome, t tag) {
	var missing [][]attrs.ID
	if t.ids != nil {
		r.NamedBy, missing = idNames(t.ids.Keys), t.ids.Missing
	} else if none, ok := errors.AsType[*profile.MissingError](out.Job.Err); ok {
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
	all := make([]string, len(set))
	for i, id := range set {
		all[i] = id.String()
	}
	return all
}

func (r *record) setError(out dac.Outcome, t tag) {
	r.Verdict = acknowledged
	if out.Err == nil {
		return
	}
	r.Error = strings.TrimPrefix(out.Err.Error(), "dac: ")
	r.Retryable = dac.Retryable(out.Err)
	if none, ok := errors.AsType[*dac.NoAnswerError](out.Err); ok {
		r.Sent, r.ID, r.Local = none.Sent, none.ID, none.Local
	}
	switch {
	case out.Job.Err != nil, errors.Is(out.Err, dac.ErrMalformed):
		r.Verdict = invalid
	case r.Sent == 0:
		r.Verdict = unsent
	default:
		r.Verdict = silent
	}
}

func (r *record) setAnswer(answer *dac.Response, t tag) {
	r.Answer = codeName(answer.Packet.Code)
	r.Sent, r.RTT, r.ID, r.Local = answer.Sent, answer.RTT.Seconds(), answer.ID, answer.Local
	if r.Cause = answer.Cause(); r.Cause != 0 {
		r.CauseNumber, r.CauseName = uint32(r.Cause), r.Cause.String()
	}
	switch {
	case t.authorizeOnly && r.Cause == errcause.RequestInitiated && !answer.ACK():
		r.Verdict, r.Retryable, r.Error = acknowledged, false, ""
	case !answer.ACK():
		r.Verdict = refused
	}
}

// final says that sending the same request again would tell nothing new.
func (r *record) final() bool {
	return r.Verdict == acknowledged || r.Verdict == refused && !r.Retryable
}

// String is the verdict in one line: Disconnect-NAK Error-Cause 503 Session-Context-Not-Found.
func (r *record) String() string {
	switch {
	case r.Verdict == unsent, r.Verdict == invalid:
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
