// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/compose"
	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
	"github.com/radius-dynauth/dynauth/dac/internal/report"
	"github.com/radius-dynauth/dynauth/errcause"
)

// What ends a request other than an answer, and what may be wrong with an answer beside the faults
// that any packet may have.
var (
	ErrNoAnswer = errors.New("dac: no answer") // in a *NoAnswerError
	// ErrUnreachable comes beside ErrNoAnswer: nothing but ICMP errors came, or a dial was refused.
	// Without ErrNoAnswer it is in the error of a Transport: the NAS is not connected.
	ErrUnreachable = errors.New("dac: unreachable")
)

// A NoAnswerError is a request that nothing answered: ErrNoAnswer, ErrUnreachable where nothing but
// ICMP errors came, the error of the last dial where there was no connection yet, and the error of
// the context, or net.ErrClosed, where that ended the wait. Where Sent is not zero the request may
// have been executed: a Disconnect that is then refused with errcause.SessionContextNotFound has
// been (see UntilGone). Timeout reports true. Its text is short, and the same for what happens to a
// NAS again and again; Hint says what to look at next.
type NoAnswerError struct {
	Local  netip.AddrPort // where it was sent from; zero when it was not sent
	ID     uint32         // the Identifier
	NAS    netip.AddrPort
	Sent   int           // transmissions; 0: it was not sent
	Waited time.Duration // since the first transmission; since the call where there was none
	// Discarded has the errors of replies that came but did not verify or fit, each a *PacketError,
	// at most one of each kind.
	Discarded []error
	// context.DeadlineExceeded, context.Canceled, net.ErrClosed, or nil: the retransmissions were
	// used up.
	Err error
	Tag any // the caller's own: Job.Tag, or that of WithTag; nil: none

	silence report.Silence
}

// Timeout reports true.
func (e *NoAnswerError) Timeout() bool { return true }

// Unwrap returns ErrNoAnswer, ErrUnreachable where it applies, the ICMP error where nothing else
// came, or that of the last dial where there was no connection yet, and Err.
func (e *NoAnswerError) Unwrap() []error {
	causes, unreachable := e.told().Causes()
	if unreachable {
		causes = append(causes, ErrUnreachable)
	}
	return append(causes, ErrNoAnswer)
}

// Error says which NAS, what was sent and what was seen: "dac: no answer from 192.0.2.1:3799:
// Disconnect-Request sent 4 times, nothing came back". What differs from one request to the next is
// in the fields.
func (e *NoAnswerError) Error() string { return e.told().Text() }

// Hint says what to look at next, and whether the request may have been executed.
func (e *NoAnswerError) Hint() string { return e.told().Hint() }

func (e *NoAnswerError) told() *report.NoAnswer {
	return &report.NoAnswer{NAS: e.NAS, Sent: e.Sent, Waited: e.Waited, Discarded: e.Discarded, Err: e.Err, Silence: e.silence}
}

// Hint says what to look at after err: a Cause, a *NAKError, a *NoAnswerError or a *PacketError,
// wherever err wraps it. It is empty where there is nothing to say. The texts of these errors are
// short, and alike for what is alike, so that they fit into a table and can be counted; what to do
// stands here.
func Hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// Retryable reports whether the same call may succeed later: nothing answered, the NAS was
// unreachable, the socket failed, or the Cause is one that passes (errcause.Cause.Retryable). It is
// false for nil, and once the Client is closed.
func Retryable(err error) bool {
	if err == nil {
		return false
	}
	var p *PacketError
	failed := errors.As(err, &p)
	if failed && (p.Op == "receive" || p.Op == "dial") {
		return true // with any error in it: a Conn that its owner closed is no closed Client
	}
	if errors.Is(err, net.ErrClosed) {
		return false
	}
	if errors.Is(err, ErrNoAnswer) || errors.Is(err, ErrUnreachable) {
		return true
	}
	if cause, ok := errcause.Of(err); ok {
		return cause.Retryable()
	}
	return failed && p.Op == "send"
}

// responseOf is what became of x, which has ended, in the words of the API.
func responseOf(x *exchange.Exchange) (*Response, error) {
	r := x.Result()
	if r.Answer == nil {
		return nil, errorOf(&r)
	}
	resp := parseResponse(r.Answer)
	resp.Source, resp.Local, resp.ID, resp.Resent = r.NAS, r.Local, r.ID, r.Resent
	resp.Sent, resp.RTT, resp.Waited, resp.Tag = r.Sent, r.RTT, r.Waited, r.Label
	resp.Discarded = discardedOf(&r)
	return resp, nil
}

// errorOf is the error of an exchange that has ended without an answer.
func errorOf(r *exchange.Result) error {
	f := &r.Failure
	if f.Kind == exchange.FailedEncode {
		return fmt.Errorf("dac: nothing sent to %v: %w", r.NAS, f.Err)
	}
	if op := report.Op(f.Kind); op != "" {
		return &PacketError{Op: op, Peer: r.NAS, Err: f.Err, Tag: r.Label, via: f.Via}
	}
	return &NoAnswerError{
		NAS: r.NAS, Local: r.Local, ID: r.ID, Sent: r.Sent, Waited: r.Waited, Err: f.Err, Tag: r.Label, Discarded: discardedOf(r),
		silence: report.SilenceOf(r),
	}
}

// discardedOf are the errors of the replies that were discarded, one of each kind.
func discardedOf(r *exchange.Result) (all []error) {
	for _, d := range r.Failure.Discarded {
		err := fmt.Errorf("a reply: %w", d.Err)
		if d.N > 1 {
			err = fmt.Errorf("%d replies, the last: %w", d.N, d.Err)
		}
		all = append(all, &PacketError{Op: "verify", Peer: r.NAS, Err: err})
	}
	return all
}

// A requestBody is a Request as the client's engine sends it. It is another type so that its
// methods are no methods of a Request.
type requestBody Request

// AppendTo appends the octets of r, which are not signed yet.
func (r *requestBody) AppendTo(b []byte, f exchange.Form) ([]byte, error) {
	return compose.Request(b, r.Packet, r.reveal, signing(f))
}

// spoken is how p is spoken to.
func (p *Peer) spoken() exchange.Peer {
	n := exchange.Peer{
		Name: p.Name, Secret: authn.Secret(p.Secret), Previous: authn.Secret(p.Previous), IdentifierRest: p.IdentifierRest, Limit: rateLimit(p.Limit),
		RequireMessageAuthenticator: p.RequireMessageAuthenticator, IgnoreEventTimestamp: p.IgnoreEventTimestamp,
		OmitMessageAuthenticator: p.OmitMessageAuthenticator, OmitEventTimestamp: p.OmitEventTimestamp, HideUserPassword: p.HideUserPassword,
	}
	if p.Via != nil {
		peer := *p
		n.Via = p.Via
		n.Open = func(ctx context.Context, nas netip.AddrPort) (*exchange.TransportConn, error) {
			return openVia(ctx, nas, peer)
		}
	}
	return n
}
