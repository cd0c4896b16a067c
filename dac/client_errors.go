// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// What ends a request other than an answer, and what may be wrong with an answer beside the faults that any packet may have.
var (
	ErrNoAnswer    = errors.New("dac: no answer")                                       // in a *NoAnswerError
	ErrUnreachable = errors.New("dac: unreachable")                                     // beside ErrNoAnswer: nothing but ICMP errors came; FailFast ends at the first
	ErrWrongKind   = errors.New("dac: answer of a kind that the request does not have") // the ACK of the other request, or one that its RFC forbids
)

// A NoAnswerError is a request that nothing answered: ErrNoAnswer, ErrUnreachable where nothing but ICMP errors came, and the context's
// error, or net.ErrClosed, where that ended the wait. Where Sent is not zero the request may have been executed: a Disconnect that is then
// refused with errcause.SessionContextNotFound has been (see UntilGone). Timeout reports true. It prints what was seen and what to
// look at next.
type NoAnswerError struct {
	Local     netip.AddrPort // where it was sent from; zero when it was not sent
	ID        uint32         // the Identifier
	NAS       netip.AddrPort
	Sent      int           // transmissions; 0: it was not sent
	Waited    time.Duration // since the first transmission; since the call where there was none
	Discarded []error       // of replies that came but did not verify or fit, each a *PacketError, at most one of each kind
	Err       error         // context.DeadlineExceeded, context.Canceled, net.ErrClosed, or nil: the retransmissions were used up

	code radius.Code // of the request
	icmp error       // the last ICMP error
	send error       // the last error of a transmission
	held string      // why it was not sent
}

// Timeout reports true.
func (e *NoAnswerError) Timeout() bool { return true }

// Unwrap returns ErrNoAnswer, and then ErrUnreachable and the ICMP error where nothing else came, and Err.
func (e *NoAnswerError) Unwrap() []error {
	errs := []error{ErrNoAnswer}
	if e.icmp != nil && len(e.Discarded) == 0 {
		errs = append(errs, ErrUnreachable, e.icmp)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// Error says which NAS, what was sent, what was seen, and what to look at next.
func (e *NoAnswerError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "dac: no answer from %v: ", e.NAS)
	if e.Sent == 0 {
		e.unsent(&b)
	} else {
		e.unanswered(&b)
	}
	return b.String()
}

func (e *NoAnswerError) unsent(b *strings.Builder) {
	b.WriteString("nothing was sent")
	if e.held != "" {
		b.WriteString(", ")
		b.WriteString(e.held)
	} else if e.Waited > 0 {
		fmt.Fprintf(b, " in %v of waiting for a free identifier or the limit of this NAS; look at Client.PerNAS, and at whether the NAS answers what it was sent", brief(e.Waited))
	}
	if e.Err != nil {
		fmt.Fprintf(b, ": %v", e.Err)
	}
}

func (e *NoAnswerError) unanswered(b *strings.Builder) {
	what := "request"
	if isRequest(e.code) {
		what = codeName(e.code)
	}
	fmt.Fprintf(b, "%s %d", what, e.ID)
	if e.Local.IsValid() {
		fmt.Fprintf(b, " from port %d", e.Local.Port())
	}
	fmt.Fprintf(b, " sent %s in %v", times(e.Sent), brief(e.Waited))
	switch {
	case len(e.Discarded) > 0:
		for i, d := range e.Discarded {
			sep := ", "
			if i > 0 {
				sep = "; "
			}
			b.WriteString(sep)
			b.WriteString(seen(d))
		}
		b.WriteString("; look at ")
		b.WriteString(advice(e.Discarded[0]))
	case e.icmp != nil:
		fmt.Fprintf(b, ", and refused by ICMP (%v); look at whether dynamic authorization runs on the NAS, at its port and at filters", plainErrno(e.icmp))
	case e.Err == nil || errors.Is(e.Err, context.DeadlineExceeded):
		b.WriteString(", and nothing came back; look at the address, the port and filters on the way, and at whether the NAS has this client with the same secret and a clock that is right: it discards in silence what does not verify")
	default:
		b.WriteString(", and nothing came back so far")
	}
	if e.send != nil {
		fmt.Fprintf(b, "; the last transmission failed: %v", e.send)
	}
	b.WriteString("; it may have been executed")
	if e.Err != nil {
		fmt.Fprintf(b, ": %v", e.Err)
	}
}

// seen says what was discarded, without the address, which stands in front already.
func seen(err error) string {
	if p, ok := errors.AsType[*PacketError](err); ok {
		err = p.Err
	}
	return strings.ReplaceAll(err.Error(), "dac: ", "")
}

// advice says where to look when a reply was discarded for err.
func advice(err error) string {
	switch {
	case errors.Is(err, ErrAuthenticator), errors.Is(err, errMissing):
		return "the secret on both sides" + map[bool]string{true: ", and at Peer.RequireMessageAuthenticator", false: ""}[errors.Is(err, errMissing)]
	case errors.Is(err, ErrMessageAuthenticator):
		return "the secret on both sides and at how the NAS computes Message-Authenticator"
	case errors.Is(err, ErrEventTimestamp):
		return "the clocks of both sides, or set Peer.IgnoreEventTimestamp for a NAS without one"
	case errors.Is(err, ErrWrongKind):
		return "what listens there: it does not speak RFC 5176 as asked"
	}
	return "what listens there, and at what changes packets on the way"
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// brief is a duration that a person wants to read.
func brief(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second)
	case d >= 100*time.Millisecond:
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}

// plainErrno is what lies at the bottom of err: "connection refused" without the addresses in front.
func plainErrno(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// Retryable reports whether the same call may succeed later: nothing answered, the NAS was unreachable, the socket failed, or the
// Cause is one that passes (errcause.Cause.Retryable). It is false for nil, and once the Client is closed.
func Retryable(err error) bool {
	if err == nil || errors.Is(err, net.ErrClosed) {
		return false
	}
	if errors.Is(err, ErrNoAnswer) || errors.Is(err, ErrUnreachable) {
		return true
	}
	if cause, ok := errcause.Of(err); ok {
		return cause.Retryable()
	}
	p, ok := errors.AsType[*PacketError](err)
	return ok && (p.Op == "send" || p.Op == "receive" || p.Op == "dial")
}
