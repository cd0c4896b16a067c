// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"fmt"
	"strings"

	"github.com/radius-dynauth/dynauth/errcause"
)

// A NAKError is a refusal, as a Client received it or as a Handler makes it where an errcause.Cause alone will not do. It unwraps to
// Cause, where there is one, and to Err.
type NAKError struct {
	Cause    errcause.Cause // zero: no Error-Cause
	Response *Response      // as received; from a Handler: what to send, nil for a plain NAK
	Err      error          // from a Handler: what lies behind it, for the local log; nil: nothing more to say
}

// Error says what was refused, by whom and why: "dac: Disconnect-NAK from 192.0.2.1:3799: Session-Context-Not-Found (503)". Where it came from a
// NAS, what to look at next follows (errcause.Cause.Hint).
func (e *NAKError) Error() string {
	if e == nil { // a handler's `var e *NAKError; return nil, e`: a refusal all the same
		e = new(NAKError)
	}
	var b strings.Builder
	b.WriteString("dac: ")
	if e.Response != nil && e.Response.Packet != nil {
		b.WriteString(codeName(e.Response.Packet.Code))
	} else {
		b.WriteString("NAK")
	}
	came := e.Response != nil && e.Response.Source.IsValid()
	if came {
		fmt.Fprintf(&b, " from %v", e.Response.Source)
	}
	cause, behind := describe(e.Cause), ""
	if e.Err != nil {
		behind = e.Err.Error()
	}
	if !strings.Contains(behind, cause) { // an error that wraps the cause mostly says it
		b.WriteString(": " + cause)
	}
	if behind != "" {
		b.WriteString(": " + behind)
	}
	if came {
		b.WriteString("; " + hint(e.Cause))
	}
	return b.String()
}

// describe says a cause, its absence, or that its octets stand the wrong way round, as some senders put them.
func describe(c errcause.Cause) string {
	if c == 0 {
		return "no Error-Cause"
	}
	if meant, ok := errcause.Swapped(c); ok {
		return fmt.Sprintf("Error-Cause %#08x, which is %v with its octets swapped", uint32(c), meant)
	}
	return c.Error()
}

// hint says what to look at after a refusal for c.
func hint(c errcause.Cause) string {
	if meant, ok := errcause.Swapped(c); ok {
		c = meant
	}
	return c.Hint()
}

// Unwrap returns Cause, where there is one, and Err, where there is one.
func (e *NAKError) Unwrap() []error {
	if e == nil {
		return nil
	}
	var errs []error
	if e.Cause != 0 {
		errs = append(errs, e.Cause)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// Verdict folds what a Handler returned, for middleware: nil for an ACK, else a *NAKError, in whichever form the NAK came. ErrDiscard and
// ErrSilent, which are no answers, are in its Err; so is the lack of any answer.
func Verdict(resp *Response, err error) error {
	if err != nil {
		if nak, ok := errors.AsType[*NAKError](err); ok && nak != nil {
			return nak
		}
		cause, _ := errcause.Of(err)
		return &NAKError{Cause: cause, Err: err}
	}
	if resp == nil || resp.Packet == nil {
		return &NAKError{Err: errNoAnswerMade}
	}
	return resp.Err()
}

// errNoAnswerMade is the fault of a handler that returned neither an answer nor an error.
var errNoAnswerMade = errors.New("dac: the handler returned neither an answer nor an error")
