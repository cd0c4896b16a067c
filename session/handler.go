// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
)

// A Handler finds the host's sessions and ends or changes one. S is the host's own session type: a
// pointer to its session mostly. Every attribute that an Identity sets has to match (RFC 5176,
// section 3): a Find that overlooks one ends sessions that were not meant.
//
// Find returns all sessions that id selects, by every attribute that id sets and never by one of
// several, residual contexts too; none is no error. FindBy does it for a host that has an index for
// each attribute; attrs.Identity.Selects says it of one session, for a host that has found some and
// filters them, by the rules of Table. A host that cannot look up by all of RFC 5176, section 3,
// names those that it can in Policy.Identifying, or has attrs.Identity.Only refuse the others. id
// is never zero, and not to be changed. A session is found until it is gone: until Disconnect has
// returned nil for it.
//
// Disconnect ends s with all its context before it returns nil, which is the Disconnect-ACK; Change
// makes all changes of c, or none and an error (RFC 5176, section 2.3). An error is always a NAK.
// It carries the errcause.Cause that the error wraps, or none; the error's text stays on this
// machine. On error the session is as it was. An error that wraps dac.ErrDiscard or dac.ErrSilent
// leaves the request unanswered.
//
// The methods are called concurrently, but Disconnect, Change and Reauthorize never twice at once
// for one session (Dispatcher.Key). Where a session's turn had to be waited for, Find is asked
// again: one that went away meanwhile is then errcause.SessionContextNotFound. ctx ends when
// no answer is awaited any more; what is returned then is still the answer. A panic is a NAK too,
// and the session's turn goes to the next request.
type Handler[S any] interface {
	Find(ctx context.Context, id attrs.Identity) ([]S, error)
	Disconnect(ctx context.Context, s S, d *Disconnect) error
	Change(ctx context.Context, s S, c *Change) error
}

// A Several acts on several sessions at once: on all of them, or on none and why (RFC 5176, section
// 2.3). s holds each session once, and all of them have their turn.
type Several[S any] interface {
	DisconnectAll(ctx context.Context, s []S, d *Disconnect) error
	ChangeAll(ctx context.Context, s []S, c *Change) error
}

// Unimplemented refuses Disconnect and Change with errcause.AdministrativelyProhibited (501). A
// Handler that offers one of them embeds it.
type Unimplemented[S any] struct{}

// Disconnect returns errcause.AdministrativelyProhibited, wrapped.
func (Unimplemented[S]) Disconnect(ctx context.Context, s S, d *Disconnect) error {
	return fmt.Errorf("session: this host ends no sessions: %w", errcause.AdministrativelyProhibited)
}

// Change returns errcause.AdministrativelyProhibited, wrapped.
func (Unimplemented[S]) Change(ctx context.Context, s S, c *Change) error {
	return fmt.Errorf("session: this host changes no sessions: %w", errcause.AdministrativelyProhibited)
}

// A Disconnect is a Disconnect-Request that has passed the Dispatcher. The first group of fields is
// read-only; the second is the host's to set until its method returns.
type Disconnect struct {
	// For the Accounting Stop, unchanged, once the session has ended (RFC 5176, section 3.6, note
	// 4).
	Class [][]byte
	// Has Reply-Message, EAP-Message and the Acct-Terminate-Cause that was asked for, where they
	// came.
	Request *dac.Request

	TerminateCause termcause.Cause // in the ACK; zero is Admin-Reset
	// In the ACK: Error-Cause 201, the session was gone and what remained of it was removed.
	Residual bool
	Reply    []attrs.Attr // more attributes of the answer, ACK or NAK
	// Called once the ACK is out: a teardown that must not precede it; not called for a NAK. nil:
	// nothing.
	After func(ctx context.Context)

	read *reading
}

// Identity returns what selected the sessions. Each call reads it from Request, unless DisconnectOf
// made d: then it is as given. slog.Any("session", d.Identity()) logs it.
func (d *Disconnect) Identity() attrs.Identity { return d.read.identity(d.Request) }

// NAS returns how the request names the NAS; each call reads it from Request.
func (d *Disconnect) NAS() attrs.NAS { return d.read.nas(d.Request) }

// DisconnectOf makes the Disconnect of r, of which id has selected the sessions, for tests of a
// Handler.
func DisconnectOf(r *dac.Request, id attrs.Identity) *Disconnect {
	return &Disconnect{Request: r, read: &reading{selected: &id}}
}
