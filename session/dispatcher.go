// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session/internal/arrivals"
	"github.com/radius-dynauth/dynauth/session/internal/turns"
	"layeh.com/radius"
)

// A Dispatcher is a dac.Handler that keeps the rules of RFC 5176 and calls Handler. Handler is
// required. Set the fields before it is used; from then on they are not to be changed, nor is the
// Dispatcher to be copied. It is safe for concurrent use.
//
// It is a dac.Checker: with a configuration that cannot be meant, such as an attribute that both
// identifies and is to be changed, no Server begins to serve. Where no Server asks, every request
// is refused, and the log says what to set.
type Dispatcher[S any] struct {
	Handler Handler[S]
	// Authorization attributes that Change honours; another one in a CoA-Request is 401. nil: none,
	// so that only Reauthorize is left.
	Supported []attrs.AnyKey

	// NAS names this NAS. Each attribute of a request that names a NAS must name this one, else 403
	// (RFC 5176, section 3). An address of a family that is not here is compared with the one that
	// the request came to and the host's own; a NAS-Identifier where there is none here cannot be
	// known, so it is 403 too. The first 403 for want of a name here is a line of Logger (not of
	// dac.Server.Logger) that says what to set. Behind NAT, and where NAS-Identifier comes, set it.
	// Policy.AnyNAS takes requests for any.
	NAS attrs.NAS

	// NASOf gives a session's NAS a name of its own (StarOS). What it leaves out is taken from NAS.
	// Of the sessions that are found, those of another NAS than the request names are not meant;
	// where there are no others, it is 403. A session whose name is left out by both is compared as
	// NAS says. nil: NAS.
	NASOf func(s S) attrs.NAS

	// Several is for a request that selects several sessions. nil: 508, and no session is touched.
	Several Several[S]

	// Reauthorize starts Authorize Only (RFC 5176, section 3.2) and waits for nothing: nil is NAK
	// 507, and c.After, which is called once that is out, sends c.AccessRequest. Of several
	// sessions none is reauthorized (508). A nil func: 405.
	Reauthorize func(ctx context.Context, s S, c *Change) error

	// Allow says whether this peer may do this to these sessions. It is asked after each Find,
	// before anything is done. An error without a Cause is 501. nil: every peer of the Server may.
	// AllowRealms makes one.
	Allow func(ctx context.Context, r *dac.Request, s []S) error

	// Key tells sessions apart: requests for sessions with equal keys run one at a time, in the
	// order in which they came, but a Disconnect before waiting CoAs. Set it where S is not the
	// same value each time that Find returns the same session. nil: S itself, where it is
	// comparable.
	Key func(s S) any

	// IdentityOf is the identity of a session as the host knows it, its Context too. What Find
	// returned is checked against it; one that the request does not select is a NAK without
	// Error-Cause, and a line in the log. nil: Find is trusted, one that ranks keys say.
	IdentityOf func(s S) attrs.Identity

	// Context is the routing context of a request, by listener, peer or attribute. It is called in
	// the Server's read loop, so it must be quick. nil: "".
	Context func(r *dac.Request) string

	Policy Policy // where NASes differ; its zero value is the RFC's

	// Refusal returns attributes for the NAK of a request that is refused before the Handler is
	// asked to act, Reply-Message say: for 401 to 405, 501, 503, 508 and errors of Find. err says
	// why, and cause what the NAK says, 0 for none. Where the Handler refuses, it sets Reply. It
	// must be quick, and is called concurrently. nil: none.
	Refusal func(r *dac.Request, cause errcause.Cause, err error) []attrs.Attr

	// Audit is called once for each request that reached Find, and for each that was refused
	// before, after the sessions' turn has passed on. It is called concurrently. nil: no audit.
	Audit  func(ctx context.Context, a Audit)
	Logger *slog.Logger // nil: silent

	once     sync.Once
	rules    *rules
	sameType bool // all values of S can be compared
	hosts    hostAddrs
	toldNAS  atomic.Bool // what to set was said
	arrived  arrivals.Set[*arrival]
	order    turns.Order
}

// NewDispatcher returns a Dispatcher that calls h and lets it change the attributes in supported.
func NewDispatcher[S any](h Handler[S], supported ...attrs.AnyKey) *Dispatcher[S] {
	return &Dispatcher[S]{Handler: h, Supported: supported}
}

var (
	_ dac.Lookahead = (*Dispatcher[int])(nil)
	_ dac.Checker   = (*Dispatcher[int])(nil)
)

// Check returns what is wrong with the configuration, all of it; nil: nothing. A dac.Server asks
// before it serves. It is: no Handler; a Key of attrs that is zero, or in a list where its
// attribute can have no meaning, as identification in Supported; sets, numbers and names that
// contradict each other; a session type whose values cannot be compared, without Key.
func (d *Dispatcher[S]) Check() error { return d.config().err }

// config returns the configuration, made ready for use.
func (d *Dispatcher[S]) config() *rules {
	d.once.Do(func() {
		d.rules = newRules(d.Supported, &d.Policy, d.NAS, d.Reauthorize != nil)
		d.sameType = d.Key == nil && alwaysComparable(reflect.TypeFor[S]())
		var errs []error
		if d.Handler == nil {
			errs = append(errs, errors.New("session: Dispatcher.Handler is nil: set it to what finds and ends sessions"))
		}
		if t := reflect.TypeFor[S](); d.Key == nil && !t.Comparable() {
			errs = append(errs, fmt.Errorf("session: Dispatcher.Key is nil, and values of %v cannot be compared: set Dispatcher.Key to what tells sessions apart", t))
		}
		d.rules.err = errors.Join(append(errs, d.rules.err)...)
		if d.rules.err != nil && d.Logger != nil {
			d.Logger.Error("session: every request is refused until the configuration is mended", "err", d.rules.err)
		}
	})
	return d.rules
}

// Arrive reads r and gives it its place in the order of requests: those for one session are
// executed as they arrived, however long Find takes for each. A dac.Server calls it in its read
// loop. Every Arrive must be followed by one Handle of the same Request, since later requests wait
// for it; middleware that is no dac.Sequencer itself hides Arrive, and then requests arrive with
// Handle.
func (d *Dispatcher[S]) Arrive(r *dac.Request) {
	a := d.read(r)
	if old, had := d.arrived.Put(r, a); had {
		d.order.Leave(&old.Turn)
	}
	if a.refusal == nil {
		d.order.Arrive(&a.Turn, &a.identity, a.urgent)
	}
}

// A lookahead is a Handler that has the Ahead of a Table.
type lookahead interface{ Ahead(next []*attrs.Identity) }

var _ lookahead = (*Table[int])(nil)

var identities = sync.Pool{New: func() any { return new([]*attrs.Identity) }}

// Ahead tells the Handler what it will be asked to find, where it has the Ahead of a [Table]. None
// of next may be handled before it returns: what was read of a request is used again then.
func (d *Dispatcher[S]) Ahead(next []*dac.Request) {
	h, ok := d.Handler.(lookahead)
	if !ok {
		return
	}
	room := identities.Get().(*[]*attrs.Identity)
	ids := (*room)[:0]
	d.arrived.Look(next, func(a *arrival) {
		if a.refusal == nil {
			ids = append(ids, &a.identity)
		}
	})
	h.Ahead(ids)
	clear(ids)
	*room = ids
	identities.Put(room)
}

// begin returns r as it arrived, or lets it arrive now.
func (d *Dispatcher[S]) begin(r *dac.Request) *arrival {
	a, had := d.arrived.Take(r)
	if !had {
		if a = d.read(r); a.refusal == nil {
			d.order.Arrive(&a.Turn, &a.identity, a.urgent)
		}
	}
	a.Begin(&d.order)
	return a
}

// read does all that can be done without the host's sessions. A panic, of Context or of a decoder
// that the host made, must not end the Server's read loop: it refuses the request.
func (d *Dispatcher[S]) read(r *dac.Request) (a *arrival) {
	known := r != nil && r.Packet != nil && (r.Packet.Code == radius.CodeDisconnectRequest || r.Packet.Code == radius.CodeCoARequest)
	a = newArrival(r, known && r.Disconnect())
	defer func() {
		if p := recover(); p != nil {
			a.refusal = fmt.Errorf("session: panic while reading the request: %v", p)
			d.log(a, slog.LevelError, "session: panic", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	c := d.config()
	switch {
	case !known:
		a.refusal = errors.New("session: neither a Disconnect-Request nor a CoA-Request")
	case c.err != nil:
		a.refusal = c.err
	default:
		if a.refusal = c.read(a); a.refusal == nil {
			a.refusal = d.identify(a)
		}
	}
	return a
}

// identify decides whether a names this NAS, and enough of a session.
func (d *Dispatcher[S]) identify(a *arrival) error {
	if d.NASOf == nil {
		if err := d.checkNAS(a, d.NAS); err != nil {
			return err
		}
	}
	sets := d.Policy.RequireCoA
	if a.urgent {
		sets = d.Policy.RequireDisconnect
	}
	switch {
	case a.identity.IsZero():
		return fmt.Errorf("session: no session identification: %w", errcause.MissingAttribute)
	case !satisfied(sets, a.ids):
		return fmt.Errorf("session: not the session identification that this NAS requires: %w", errcause.MissingAttribute)
	case d.Context != nil:
		a.identity.Context = d.Context(a.request)
		a.setContext(d.rules)
	}
	return nil
}

// checkNAS compares how a names the NAS with own.
func (d *Dispatcher[S]) checkNAS(a *arrival, own attrs.NAS) error {
	if d.Policy.AnyNAS && nameless(own) {
		return nil
	}
	set, err := checkNAS(a.nas, own, a.request.Local.Addr(), &d.hosts)
	if set != "" && !d.toldNAS.Swap(true) {
		d.log(a, slog.LevelWarn, "session: a request that names its NAS is refused, since this one has no such name: set "+set+
			", or Policy.AnyNAS; said once", "err", err)
	}
	return err
}

// log writes a line about one request. A Logger that panics takes nothing from the answer.
func (d *Dispatcher[S]) log(a *arrival, level slog.Level, msg string, args ...any) {
	if d.Logger == nil {
		return
	}
	if r := a.request; r != nil && r.Packet != nil {
		args = append([]any{"code", r.Packet.Code.String()}, args...)
		if r.Source.IsValid() { // a call of Handle without a socket has none
			args = append([]any{"addr", r.Source.String()}, args...)
			if r.Peer != "" {
				args = append([]any{"peer", r.Peer}, args...)
			}
		}
	}
	defer func() { _ = recover() }()
	d.Logger.Log(context.Background(), level, msg, args...)
}
