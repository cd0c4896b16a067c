// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
)

// A NoAnswer is a request that nothing answered: what a NoAnswerError of package dac says of it,
// whose fields these are, and its Silence.
type NoAnswer struct {
	NAS       netip.AddrPort
	Sent      int           // transmissions; 0: it was not executed
	Waited    time.Duration // since the first one, or since the call
	Discarded []error       // replies, one error of each kind
	// Err is that of the context, or net.ErrClosed; nil: the retransmissions were used up.
	Err error
	Silence
}

// A Silence is what is known of why nothing answered.
type Silence struct {
	Code   packet.Code // of the request
	ICMP   error       // the last ICMP error
	Send   error       // the last error of a transmission
	Unsent Unsent
	Held   string // what is known of that
	Lost   bool   // its connection ended, and no other one came
	Again  error  // with Lost: why none came, or what ended it; nil: not known
	Dial   error  // of the last dial, where it waits for one; nil: none has failed yet
	Via    bool   // a Transport opens its connection

	Refused bool // an ICMP error came after each transmission: it was not executed
}

// An Unsent is why a request was not sent.
type Unsent uint8

// The reasons. Each is an end without a transmission, so none is blamed on what a NAS has executed.
const (
	Waits   Unsent = iota // for its turn
	Silent                // its NAS is silent
	Writing               // an earlier Write hangs
	Dialing               // for a connection to its NAS
)

// SilenceOf is that of an exchange which ended without an answer, and was begun: it had a
// destination, and either its turn or a place in the queue for one.
func SilenceOf(r *exchange.Result) Silence {
	f := &r.Failure
	s := Silence{Code: r.Code, ICMP: f.ICMP, Refused: f.Refused, Send: f.Send, Lost: f.Lost, Again: f.Again, Via: f.Via}
	switch {
	case f.Dialing:
		s.Unsent, s.Dial = Dialing, f.Dial
	case !f.Left && f.Writing:
		s.Unsent = Writing
		s.Held = "the Conn of Client.Dial keeps the Write of an earlier one waiting: see why it hangs"
		if f.Info != nil {
			s.Held = "the connection keeps an earlier write waiting: see whether the other end reads"
		}
	}
	return s
}

// NotBegun is the Silence of a job of Each that was not begun before its run ended. f is how
// another one for its NAS failed for want of a connection, nil where none did.
func NotBegun(f *exchange.Failure) Silence {
	if f == nil {
		return Silence{}
	}
	return SilenceOf(&exchange.Result{Failure: *f})
}

// SilentNAS is the Silence of a job of Each that was not sent, since requests in a row had no
// answer, for a time.
func SilentNAS(requests int, d time.Duration) Silence {
	return Silence{Unsent: Silent, Held: fmt.Sprintf(
		"%d requests in a row had no answer, for %v; the NAS is asked again now and then: try later, and look at whether it is up and reached",
		requests, brief(d))}
}

// CrowdingNAS is the Silence of a job of Each that was not sent, since it and others for its NAS
// held up those of other NASes.
func CrowdingNAS(inFlight int, d time.Duration) Silence {
	return Silence{Unsent: Silent, Held: fmt.Sprintf(
		"it has been silent for %v with %d requests in flight, and its jobs held up those of others: try later, and look at whether it is up and reached",
		brief(d), inFlight)}
}

// Causes are the errors that e wraps beside those of package dac: the ICMP error, where nothing
// else came, or that of the last dial, and what ended the wait. unreachable: the first says that
// there is no way to the NAS, or that nothing listens there.
func (e *NoAnswer) Causes() (errs []error, unreachable bool) {
	switch {
	case e.ICMP != nil && len(e.Discarded) == 0:
		errs, unreachable = append(errs, e.ICMP), true
	case e.Dial != nil:
		errs, unreachable = append(errs, e.Dial), netio.IsICMP(e.Dial)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs, unreachable
}

// Text says which NAS, what was sent and what was seen. What ended the wait, where it was not the
// schedule, comes last.
func (e *NoAnswer) Text() string {
	text := fmt.Sprintf("dac: no answer from %v: ", e.NAS)
	if e.Sent == 0 {
		text += "nothing was sent"
		switch {
		case e.Unsent == Silent:
			text += ", since the NAS is silent"
		case e.Unsent == Writing:
			text += ", since an earlier Write hangs"
		case e.Unsent == Dialing:
			text += ", no connection yet: dialing"
			if e.Dial != nil {
				text += " (" + withoutPorts(e.Dial) + ")"
			}
		case e.Waited > 0:
			text += " while it waited for its turn"
		}
	} else {
		what := "request"
		if packet.IsRequest(e.Code) {
			what = packet.CodeName(e.Code)
		}
		text += what + " sent " + times(e.Sent) + ", " + e.seen()
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// seen says what came of a request that was sent. What the NAS itself sent back says more than what
// a router on the way did, so ICMP errors count only where nothing else came.
func (e *NoAnswer) seen() string {
	var text string
	switch {
	case e.Lost:
		text = "the connection ended after it was sent"
		if e.Again != nil {
			text += ", and no other one came (" + withoutPorts(e.Again) + ")"
		}
	case len(e.Discarded) > 0:
		text = "replies discarded"
		for i, d := range e.Discarded {
			text += map[bool]string{true: ": ", false: ", "}[i == 0] + faultName(d)
		}
	case e.ICMP != nil:
		text = fmt.Sprintf("refused by ICMP (%v)", plainErrno(e.ICMP))
	default:
		text = "nothing came back"
	}
	if e.Send != nil {
		text += fmt.Sprintf("; the last transmission failed: %v", plainErrno(e.Send))
	}
	return text
}

// Hint says what to look at next, and whether the request may have been executed: a NAS executes
// what it has received, whether its answer arrives or not.
func (e *NoAnswer) Hint() string {
	if e.Sent == 0 {
		switch {
		case e.Held != "":
			return e.Held
		case e.Unsent == Dialing && !errors.Is(e.Err, net.ErrClosed):
			return fmt.Sprintf("no connection came%s: %s; nothing was sent", within(e.Waited), dialHint(e.Dial, e.Via))
		case e.Waited > 0 && !errors.Is(e.Err, net.ErrClosed):
			return fmt.Sprintf("it waited %v for a free identifier or the limit of this NAS: look at Client.PerNAS, and at whether the NAS answers what it was sent", brief(e.Waited))
		}
		return "it was not sent, so it was not executed"
	}
	const maybe = "; it may have been executed"
	switch {
	case e.Lost:
		return "look at what ended the connection, and at whether the NAS is up" + maybe
	case len(e.Discarded) > 0:
		return "look at " + Advice(e.Discarded[0]) + maybe
	case e.ICMP != nil:
		return "look at whether dynamic authorization runs on the NAS, at its port and at filters" + maybe
	case e.Via && (e.Err == nil || errors.Is(e.Err, context.DeadlineExceeded)):
		return "look at the log of the NAS, and at whether its clock is right: it discards in silence a request whose Event-Timestamp is stale" + maybe
	case e.Err == nil || errors.Is(e.Err, context.DeadlineExceeded):
		return "look at the address, the port and filters on the way, and at whether the NAS has this client with the same secret and a clock that is right: it discards in silence what does not verify" + maybe
	}
	return "the wait was ended early" + maybe
}

// within is d as words of a sentence, "" where nothing was waited for: a job of Each that was never
// begun fails with those that were.
func within(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return " in " + brief(d).String()
}

// kinds are the kinds of fault of a reply, as they are told of many. One that wraps another stands
// before it.
var kinds = []error{
	exchange.ErrMissing, authn.ErrAuthenticator, authn.ErrMessageAuthenticator, packet.ErrEventTimestamp,
	exchange.ErrOriginal, packet.ErrWrongKind, packet.ErrMalformed, exchange.ErrForeign, exchange.ErrLate,
}

// faultName is the kind of fault of a reply, without what differs from one to the next: how far a
// clock is off, say.
func faultName(err error) string {
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			return strings.ReplaceAll(kind.Error(), "dac: ", "")
		}
	}
	return "a fault"
}

// times is how often a request was sent, as a word of a sentence.
func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// brief is a duration that a person wants to read: two or three digits, so that what happens again
// looks alike.
func brief(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second)
	case d >= 100*time.Millisecond:
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}

// plainErrno is what lies at the bottom of err: "connection refused" without the addresses in
// front, of which the local port is another one each time.
func plainErrno(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
