// SPDX-License-Identifier: Apache-2.0

// Package accounting makes what the Accounting-Request (Stop) of an ended session says beside its
// counters, since a NAS that ends a session owes its accounting server that:
//
//	stop := accounting.Stop{NAS: bng.NAS, Identity: sub.Identity, Class: sub.Class,
//		Request: d.Request.Attributes(), Reason: sub.Reason, Table: bng.Reasons}
//	set, err := stop.Attributes()
//
// Why the session ended is the host's word, else what the host's table of reasons says
// (termcause.Table), else what the Disconnect-Request says, else Admin-Reset where there was such a
// request.
//
// # Services
//
// A service of a session has accounting of its own. It ends by a CoA-Request, a time or a volume
// limit, or with its session, and then for the same cause:
//
//	service := stop.OfService("4f2a:7", juniper.ServiceSession.Of("gold(10M)"),
//		termcause.Reason{Family: "aaa", Name: "service-shutdown-subscriber-logout"})
package accounting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
	"layeh.com/radius"
)

// StatusStop is the Acct-Status-Type of a session that has ended (RFC 2866, section 5.1).
const StatusStop uint32 = 2

// A Stop is a session that has ended and why. Identity has the Acct-Session-Id at least, and NAS a
// name or an address; all else may be zero.
type Stop struct {
	NAS      attrs.NAS
	Identity attrs.Identity // of the session, or of the service session
	Class    [][]byte       // that the session had from its Access-Accept or a CoA-Request
	Service  attrs.Attr     // names the service (juniper.ServiceSession); zero: it is a session

	Request radius.Attributes // of the Disconnect-Request that ended the session, one that was ACKed; nil: none did

	Cause  termcause.Cause  // the host's word; zero: none
	Reason termcause.Reason // the host's internal reason; zero: none
	Table  *termcause.Table // what reasons are sent as; nil: none is
	Parent termcause.Cause  // of the session with which a service ended, for reasons that inherit it; zero: none

	Duration time.Duration // of the session; zero: not sent
	Time     time.Time     // when it ended; zero: not sent
}

// TerminateCause returns why the session ended: Cause, else what Table has for Reason, else the
// Acct-Terminate-Cause of Request, else Admin-Reset where there is a Request (RFC 5176, section
// 2.1), else 0. An Acct-Terminate-Cause of Request that cannot be decoded counts as none.
func (s Stop) TerminateCause() termcause.Cause {
	if s.Cause != 0 {
		return s.Cause
	}
	if s.Table != nil {
		if c, ok := s.Table.Cause(s.Reason, s.Parent); ok {
			return c
		}
	}
	if s.Request == nil {
		return 0
	}
	if c, ok, err := attrs.AcctTerminateCause.Lookup(s.Request); err == nil && ok && c != 0 {
		return c
	}
	return termcause.AdminReset
}

// Log writes the two log lines of the termination, as termcause.Table.Log does, with the code that
// Attributes sends, wherever it comes from, and returns that code. Where there is none, which an
// accounting server takes for an end without a reason, the second line is a warning. A nil logger
// is silent; what says which session it is, the logger brings along: l.With("session", id).
func (s Stop) Log(ctx context.Context, l *slog.Logger) termcause.Cause {
	c := s.TerminateCause()
	if l == nil {
		return c
	}
	reason := []slog.Attr{slog.String("family", s.Reason.Family), slog.String("reason", s.Reason.Name)}
	l.LogAttrs(ctx, slog.LevelInfo, "session terminated", reason...)
	if c == 0 {
		l.LogAttrs(ctx, slog.LevelWarn, "session has no terminate code", reason...)
		return c
	}
	l.LogAttrs(ctx, slog.LevelInfo, "session terminate code", slog.String("cause", c.String()), slog.Uint64("value", uint64(c)))
	return c
}

// OfService returns the Stop of a service that ended for a reason of its own, or with s where that
// reason inherits. Its Acct-Session-Id is its own; NAS, Identity, Class, Table and Time are those
// of s, and the Disconnect-Request counts for it through its parent alone.
func (s Stop) OfService(acctSessionID string, service attrs.Attr, r termcause.Reason) Stop {
	s.Parent, s.Cause, s.Reason, s.Duration = s.TerminateCause(), 0, r, 0
	s.Class, s.Request = s.classes(), nil
	s.Identity.AcctSessionID, s.Service = acctSessionID, service
	return s
}

// classes is the Class of the Disconnect-Request, unmodified and in its order, else that of the
// session (RFC 5176, section 3.6, note 4).
func (s Stop) classes() [][]byte {
	var all [][]byte
	for c, err := range attrs.Class.All(s.Request) {
		if err == nil {
			all = append(all, c)
		}
	}
	if all == nil {
		return s.Class
	}
	return all
}

// Attributes returns the attributes of the Accounting-Request: Acct-Status-Type Stop, NAS and
// session identification, Service, Class, Acct-Terminate-Cause, Acct-Session-Time and
// Event-Timestamp. What RFC 2866 asks for and is not there wraps errcause.MissingAttribute: the
// Acct-Session-Id, and a name or an address of the NAS.
func (s Stop) Attributes() (radius.Attributes, error) {
	var errs []error
	if s.Identity.AcctSessionID == "" {
		errs = append(errs, fmt.Errorf("accounting: %v: %w", attrs.AcctSessionID, errcause.MissingAttribute))
	}
	if s.NAS.Identifier == "" && len(s.NAS.Addrs) == 0 {
		errs = append(errs, fmt.Errorf("accounting: %v or %v: %w", attrs.NASIPAddress, attrs.NASIdentifier, errcause.MissingAttribute))
	}
	all := []attrs.Attr{attrs.AcctStatusType.Of(StatusStop), s.NAS.Attr(), s.Identity.Attr(), s.Service}
	for _, c := range s.classes() {
		all = append(all, attrs.Class.Of(c))
	}
	if c := s.TerminateCause(); c != 0 {
		all = append(all, attrs.AcctTerminateCause.Of(c))
	}
	if s.Duration != 0 {
		all = append(all, attrs.AcctSessionTime.Of(s.Duration))
	}
	if !s.Time.IsZero() {
		all = append(all, attrs.EventTimestamp.Of(s.Time))
	}
	set, err := attrs.Join(all...).AppendTo(nil)
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return set, nil
}
