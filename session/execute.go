// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session/internal/turns"
)

const (
	defaultMaxSessions = 1024

	// maxRounds is how often Find may return other sessions than those whose turn was waited for.
	// More says that Find returns new values for the same sessions each time, which Key could tell.
	maxRounds = 16
)

var (
	errBusy     = fmt.Errorf("session: %w: another request is at work on the session", dac.ErrDiscard)
	errPanicked = errors.New("session: the host panicked")
	// Made once: clients ask for sessions that have ended as often as they like.
	errNoSession = fmt.Errorf("session: no session: %w", errcause.SessionContextNotFound)
)

// Handle answers r. What a request asks for is checked whole before the host is asked to do any of
// it. An error is a NAK: it wraps its Cause, or is a *dac.NAKError where the NAK has attributes
// too, or where it is to have no Error-Cause. What wraps dac.ErrDiscard is left unanswered, and
// nothing was done: ctx ended before the session's turn had come, or Policy.DropBusy.
func (d *Dispatcher[S]) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	return d.answer(ctx, r, nil)
}

// Answerer returns what a dac.Server that has d for its Handler calls instead of Handle, so that a
// request leaves less for the garbage collector; nil: of is another Handler, one that embeds d say.
func (d *Dispatcher[S]) Answerer(of dac.Handler) dac.Answerer {
	if own, ok := of.(*Dispatcher[S]); !ok || own != d {
		return nil
	}
	return answerer[S]{d}
}

// An answerer answers into memory of a Server's.
type answerer[S any] struct{ d *Dispatcher[S] }

func (a answerer[S]) Answer(ctx context.Context, r *dac.Request, into *dac.Response) (*dac.Response, error) {
	return a.d.answer(ctx, r, into)
}

// answer is Handle. An ACK is into, where that is not nil: memory of a Server's that no host sees.
func (d *Dispatcher[S]) answer(ctx context.Context, r *dac.Request, into *dac.Response) (*dac.Response, error) {
	a := d.begin(r)
	a.into = into
	resp, err := d.handle(ctx, a)
	a.recycle() // unless the host panicked
	return resp, err
}

func (d *Dispatcher[S]) handle(ctx context.Context, a *arrival) (*dac.Response, error) {
	if d.Audit != nil {
		start := time.Now()
		a.failed = errPanicked
		defer func() { d.audit(ctx, a, time.Since(start)) }()
	}
	if a.refusal != nil {
		return d.refuse(a, a.refusal)
	}
	return d.run(ctx, a)
}

// run executes a, and lets the next one go on in any case: the host may panic, or end its
// goroutine.
func (d *Dispatcher[S]) run(ctx context.Context, a *arrival) (*dac.Response, error) {
	defer d.order.Leave(&a.Turn)
	acted, err := d.execute(ctx, a)
	if err != nil {
		return d.refuse(a, err)
	}
	return d.accept(a, acted)
}

// execute has the host do what a asks for, and returns on how many sessions.
func (d *Dispatcher[S]) execute(ctx context.Context, a *arrival) (acted int, err error) {
	if err := discarded(ctx); err != nil {
		return 0, err
	}
	for range maxRounds {
		sessions, keys, err := d.find(ctx, a)
		if err != nil {
			return 0, err
		}
		switch d.order.Claim(ctx, &a.Turn, keys, d.Policy.DropBusy) {
		case turns.Busy:
			return 0, errBusy
		case turns.Ended:
			return 0, fmt.Errorf("session: %w: waiting for the session's turn: %w", dac.ErrDiscard, context.Cause(ctx))
		case turns.Held:
			return len(sessions), d.act(ctx, a, sessions)
		}
	}
	d.log(a, slog.LevelError, "session: Find returns new values for the same sessions each time: set Dispatcher.Key")
	return 0, fmt.Errorf("session: the sessions change faster than they can be found: %w", errcause.ResourcesUnavailable)
}

// discarded returns why a request is forgotten of which nothing was done: ctx has ended.
func discarded(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return fmt.Errorf("session: %w: %w", dac.ErrDiscard, context.Cause(ctx))
}

// act calls the host. It has the sessions for itself. Each path calls one method of the host once:
// a host is asked to act on several sessions together, or to refuse together, and never on some of
// them (RFC 5176, section 2.3, wants all or nothing).
func (d *Dispatcher[S]) act(ctx context.Context, a *arrival, s []S) error {
	a.acted = true
	switch {
	case a.urgent && len(s) == 1:
		return d.Handler.Disconnect(ctx, s[0], a.disconnect)
	case a.urgent:
		return d.Several.DisconnectAll(ctx, s, a.disconnect)
	case a.authorizeOnly:
		err := d.Reauthorize(ctx, s[0], a.change)
		if cause, _ := errcause.Of(err); cause == errcause.RequestInitiated {
			return nil // the host says it in the words of the wire
		}
		return err
	case len(a.change.Attributes) == 0: // Policy.AcceptEmpty
		return nil
	case len(s) == 1:
		return d.Handler.Change(ctx, s[0], a.change)
	}
	return d.Several.ChangeAll(ctx, s, a.change)
}

// find asks the host for the sessions that a selects, and decides whether it may act on them. keys
// tell them apart.
func (d *Dispatcher[S]) find(ctx context.Context, a *arrival) (s []S, keys []any, err error) {
	a.reached = true
	s, err = d.Handler.Find(ctx, a.identity)
	if err != nil {
		return nil, nil, err
	}
	a.found = len(s)
	if len(s) == 0 {
		return nil, nil, d.none(a)
	}
	if err := d.verify(a, s); err != nil {
		return nil, nil, err
	}
	if s, err = d.onNAS(a, s); err != nil {
		return nil, nil, err
	}
	a.found = len(s)
	// Some NASes take the session that logged in first where User-Name fits several (Junos).
	if d.Policy.First {
		s = s[:1:1]
	}
	limit := d.limit(a)
	s, keys, err = d.distinct(a, s, limit)
	if err != nil {
		return nil, nil, err
	}
	if err := d.allow(ctx, a, s); err != nil {
		return nil, nil, err
	}
	if len(s) > limit {
		return nil, nil, fmt.Errorf("session: %d sessions, at most %d at once: %w", len(s), limit, errcause.MultipleSessionSelectionUnsupported)
	}
	return s, keys, nil
}

// limit is how many sessions a may act on.
// An Authorize Only is for one session: its State is that of one (RFC 5176, section 3.3).
func (d *Dispatcher[S]) limit(a *arrival) int {
	switch {
	case d.Several == nil || a.authorizeOnly:
		return 1
	case d.Policy.MaxSessions == 0:
		return defaultMaxSessions
	}
	return d.Policy.MaxSessions
}

// none is the error of a request that selects nothing (RFC 5176, section 3.5). A NAS that is not
// this one would explain it.
func (d *Dispatcher[S]) none(a *arrival) error {
	if d.NASOf != nil && !nameless(d.NAS) {
		if err := d.checkNAS(a, d.NAS); err != nil {
			return err
		}
	}
	return errNoSession
}

// verify compares what Find returned with what the host knows of it.
// A Find that overlooks an attribute would end the session of another user. The answer is a NAK
// without an Error-Cause, since the fault is the host's and no cause tells the client to try again.
func (d *Dispatcher[S]) verify(a *arrival, s []S) error {
	for _, one := range s {
		if d.IdentityOf != nil && !a.identity.Selects(d.IdentityOf(one)) {
			d.log(a, slog.LevelError, "session: Find returned a session that the request does not select, so nothing is done", "identity", a.identity.Attr(), "sessions", len(s))
			return errNotSelected
		}
	}
	return nil
}

// onNAS keeps the sessions of the NAS that the request names: the identification of NAS and session
// is matched together (RFC 5176, section 3).
func (d *Dispatcher[S]) onNAS(a *arrival, s []S) ([]S, error) {
	if d.NASOf == nil {
		return s, nil
	}
	kept := make([]S, 0, len(s))
	var other error
	for _, one := range s {
		if err := d.checkNAS(a, overlay(d.NASOf(one), d.NAS)); err != nil {
			other = err
			continue
		}
		kept = append(kept, one)
	}
	if len(kept) == 0 {
		return nil, other
	}
	return kept, nil
}

var errNotSelected = errors.New("session: Find returned a session that the request does not select")

// allow asks Allow.
// An error without a cause is 501: the client may do this nowhere, or not to this session.
func (d *Dispatcher[S]) allow(ctx context.Context, a *arrival, s []S) error {
	if d.Allow == nil {
		return nil
	}
	err := d.Allow(ctx, a.request, s)
	if _, ok := errcause.Of(err); err == nil || ok {
		return err
	}
	return fmt.Errorf("session: %w: %w", errcause.AdministrativelyProhibited, err)
}

// distinct returns the sessions of s, each once, and their keys. Beyond limit it looks at no more,
// since there are too many then.
// A host with an index for each attribute may find one session twice; the client means it once.
func (d *Dispatcher[S]) distinct(a *arrival, s []S, limit int) ([]S, []any, error) {
	if len(s) == 1 {
		k, err := d.key(a, s[0])
		if err != nil {
			return nil, nil, err
		}
		a.one[0] = k
		return s, a.one[:], nil
	}
	seen := make(map[any]bool, min(len(s), limit+1))
	once, keys := make([]S, 0, min(len(s), limit+1)), make([]any, 0, min(len(s), limit+1))
	for _, one := range s {
		k, err := d.key(a, one)
		if err != nil {
			return nil, nil, err
		}
		if seen[k] {
			continue
		}
		seen[k] = true
		once, keys = append(once, one), append(keys, k)
		if len(once) > limit {
			return s, keys, nil
		}
	}
	a.found = len(once)
	return once, keys, nil
}

// key tells one session apart from the others.
func (d *Dispatcher[S]) key(a *arrival, s S) (any, error) {
	if d.sameType {
		return s, nil
	}
	var k any = s
	if d.Key != nil {
		k = d.Key(s)
	}
	if v := reflect.ValueOf(k); v.IsValid() && !v.Comparable() || k != k {
		d.log(a, slog.LevelError, "session: sessions cannot be told apart: set Dispatcher.Key to something comparable", "type", fmt.Sprintf("%T", k))
		return nil, fmt.Errorf("session: a %T cannot tell sessions apart: set Dispatcher.Key to something comparable", k)
	}
	return k, nil
}

// alwaysComparable reports whether values of t can be compared, and are equal to themselves,
// in every case.
func alwaysComparable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface, reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return false
	case reflect.Array:
		return alwaysComparable(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !alwaysComparable(t.Field(i).Type) {
				return false
			}
		}
		return true
	}
	return t.Comparable()
}

// audit tells of what became of a, once it has reached Find.
func (d *Dispatcher[S]) audit(ctx context.Context, a *arrival, took time.Duration) {
	if !a.reached && a.refusal == nil {
		return
	}
	event := Audit{Request: a.request, Sessions: a.found, Cause: a.cause, Err: a.failed, Duration: took}
	if a.change != nil {
		event.Changes = slices.Collect(attrs.Format(a.change.Attributes))
	}
	// What was done must not become a NAK: neither by a panic of Audit nor by one that ends its
	// goroutine, which is therefore another one than that of Handle.
	done := make(chan struct{})
	go func() {
		returned := false
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				d.log(a, slog.LevelError, "session: Audit panicked", "panic", p)
			} else if !returned {
				d.log(a, slog.LevelError, "session: Audit ended its goroutine: call nothing there that does, like runtime.Goexit or FailNow of a test")
			}
		}()
		d.Audit(ctx, event)
		returned = true
	}()
	<-done
}
