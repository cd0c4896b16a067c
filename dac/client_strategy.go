// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
)

// An Attempt is a call of a Client with its arguments, all but the context: what is tried, and may
// be tried again or otherwise. The functions below make Attempts of Attempts, and are as safe for
// concurrent use as those are.
type Attempt func(ctx context.Context) (*Response, error)

// Attempt is the sending of j, as Disconnect or CoA does it: a NAK is a *NAKError, beside the
// Response.
func (c *Client) Attempt(j Job) Attempt {
	return func(ctx context.Context) (*Response, error) { return c.send(ctx, j) }
}

// ChangeOrDisconnect tries change and, where that is refused with one of causes, disconnect, of
// which it then returns the result: a subscriber who cannot be changed signs in again and gets what
// the change was about. Without causes it is those with which a NAS says that it cannot make such a
// change: UnsupportedAttribute, UnsupportedService, UnsupportedExtension and InvalidAttributeValue.
// Cause 0 stands for a NAK without Error-Cause. A missing answer is no refusal.
func ChangeOrDisconnect(change, disconnect Attempt, causes ...errcause.Cause) Attempt {
	if len(causes) == 0 {
		causes = []errcause.Cause{errcause.UnsupportedAttribute, errcause.UnsupportedService, errcause.UnsupportedExtension, errcause.InvalidAttributeValue}
	}
	return func(ctx context.Context) (*Response, error) {
		resp, err := change(ctx)
		if refusedWith(err, causes) {
			return disconnect(ctx)
		}
		return resp, err
	}
}

// After tries a once d has passed: for a change that must not overtake the Access-Accept of its
// session. When ctx is done before, nothing is sent, and the error is the context's.
func After(d time.Duration, a Attempt) Attempt {
	return func(ctx context.Context) (*Response, error) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return a(ctx)
	}
}

// Resend tries a and, where that is refused with one of causes, once more when d has passed.
// Without causes it is SessionContextNotFound: a CoA-Request that overtook its Access-Accept finds
// its session then. It is a new request, with an identifier and an Event-Timestamp of its own. When
// ctx is done before, the first result stands.
func Resend(d time.Duration, a Attempt, causes ...errcause.Cause) Attempt {
	if len(causes) == 0 {
		causes = []errcause.Cause{errcause.SessionContextNotFound}
	}
	return func(ctx context.Context) (*Response, error) {
		resp, err := a(ctx)
		if !refusedWith(err, causes) {
			return resp, err
		}
		again, errAgain := After(d, a)(ctx)
		if again == nil && errAgain != nil && errAgain == ctx.Err() {
			return resp, err
		}
		return again, errAgain
	}
}

// UntilGone tries disconnect up to n times while nothing answers. SessionContextNotFound after a
// request of its own that was sent and not answered, or that was sent again by another connection
// (Response.Resent), is success: that request was executed, and its answer got lost. The Response
// is then the NAK, and the error nil. n below 1 is 1.
func UntilGone(n int, disconnect Attempt) Attempt {
	return func(ctx context.Context) (*Response, error) {
		missing := false
		for try := 1; ; try++ {
			resp, err := disconnect(ctx)
			var nak *NAKError
			missing = missing || errors.As(err, &nak) && nak.Resent
			if missing && errors.Is(err, errcause.SessionContextNotFound) {
				return resp, nil
			}
			var silent *NoAnswerError
			ok := errors.As(err, &silent)
			if !ok || try >= n || ctx.Err() != nil {
				return resp, err
			}
			missing = missing || silent.Sent > 0
		}
	}
}

// refusedWith reports whether err is a NAK with one of causes.
func refusedWith(err error, causes []errcause.Cause) bool {
	var nak *NAKError
	ok := errors.As(err, &nak)
	return ok && slices.Contains(causes, nak.Cause)
}
