// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"

	"github.com/radius-dynauth/dynauth/dac/internal/serve"
)

// A Handler answers verified requests. It is called concurrently.
//
// An error is always a NAK: with the Cause it wraps, or with the one that Server.MapError gives it,
// or with no Error-Cause. Its text never leaves the machine. A Cause that AllowedIn refuses for
// this NAK (any 2xx, 504 for a CoA-Request) is a bug: a NAK without Error-Cause, and a log line; an
// answer that was received from another server passes as it is. A Response beside an error is
// ignored, except that a *NAKError sends its own Response. nil, nil is a bug: a NAK without
// Error-Cause, and a log line; so is a panic. ErrDiscard and ErrSilent leave the request without an
// answer.
//
// ctx ends with Server.HandlerTimeout, counted from the arrival of the request, and when a Server
// that is ended has drained.
type Handler interface {
	Handle(ctx context.Context, r *Request) (*Response, error)
}

// HandlerFunc is a function that is a Handler. It runs concurrently, for requests of one session
// too: session.InOrder has those wait for each other.
type HandlerFunc func(ctx context.Context, r *Request) (*Response, error)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, r *Request) (*Response, error) { return f(ctx, r) }

// A Sequencer is a Handler that is told of each request in the order in which they arrive, since
// handlers run concurrently. A Server calls Arrive in its read loop, once the request has its
// place, so it must be quick and must not block. Every Arrive is followed by exactly one Handle of
// the same Request; its context may be done by then. Middleware around a Sequencer hides it unless
// it has an Arrive of its own.
type Sequencer interface {
	Handler
	Arrive(r *Request)
}

// A Lookahead is a Sequencer that is told of requests which have all arrived and are handled next,
// in this order: what their Handles will read from memory can be on its way for all of them at
// once. A Server calls Ahead in its read loop, so it must be quick; it changes nothing, and may be
// told of a request twice or never. None of next is handled before Ahead returns; the slice is good
// for the call, while the Requests may be kept.
type Lookahead interface {
	Sequencer
	Ahead(next []*Request)
}

// An Answerer is what a Handler may give a Server for itself, so that a request leaves less for the
// garbage collector: its answers are written into memory that the Server uses again. A Server asks
// a Handler that has a method Answerer(of Handler) Answerer before it begins to serve, with the
// Handler that it was given. The method returns nil for another one than its receiver: middleware
// that embeds a Handler has its method too, and must not be passed over.
type Answerer interface {
	// Answer is Handle. It may write its answer into a Response of the Server's and return that:
	// its Packet has no Code, and no attributes but room for some; the other fields are zero.
	// The Handler keeps none of it: once Answer has returned, it is the Server's again. Attributes
	// that are put there are read only, so several answers may share one. Another Response may be
	// returned too.
	Answer(ctx context.Context, r *Request, into *Response) (*Response, error)
}

// A Checker is a Handler that can say beforehand what is wrong with its configuration: a Server
// asks before it begins to serve, and returns the error. Middleware around a Checker hides it
// unless it has a Check of its own.
type Checker interface {
	Handler
	Check() error
}

// What a Handler returns to leave a request unanswered.
var (
	// ErrDiscard leaves a request unanswered and forgotten: nothing was done, and its
	// retransmission is a first arrival.
	ErrDiscard = errors.New("dac: request discarded")
	// ErrSilent leaves a request unanswered and remembered: duplicates get nothing either (a proxy
	// whose next hop is silent). A request that came by a reliable connection, on which the sender
	// does not send again, is answered NAK 505 instead.
	ErrSilent = errors.New("dac: request left unanswered")
)

// Yield gives the place of a handler back while it waits, for a session's turn say, so that others
// can run (Server.MaxHandlers); resume, which is called once, takes a place again and may wait for
// it. ctx is the handler's, or made from it; with another one Yield does nothing. resume belongs to
// the goroutine of the handler, or to one that the handler waits for before it returns: called by
// another one it races with the answer. A handler that returns without resume is answered all the
// same. A second Yield before resume does nothing.
func Yield(ctx context.Context) (resume func()) {
	if j, ok := ctx.Value(serve.JobKey{}).(*serve.Job); ok {
		return j.Yield()
	}
	return func() {}
}
