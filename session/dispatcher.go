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

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Dispatcher is a dac.Handler that keeps the rules of RFC 5176 and calls Handler. Handler is required. Set the fields before it is used;
// from then on they are not to be changed, nor is the Dispatcher to be copied. It is safe for concurrent use.
//
// A configuration that cannot be meant, such as an attribute that both identifies and is to be changed, refuses every request, and the log
// says what to set.
type Dispatcher[S any] struct {
	Handler   Handler[S]
	Supported []attrs.AnyKey // authorization attributes that Change honours; another one in a CoA-Request is 401. nil: none, so that only Reauthorize is left

	// NAS names this NAS. What is in the request and here must match (403). In the request and not here: an address, of a family that is not
	// here, is compared with the one that the request came to and the host's own; a NAS-Identifier is 403. The zero NAS matches all.
	NAS attrs.NAS

	// NASOf gives a session's NAS a name of its own (StarOS). What it leaves out is taken from NAS. Of the sessions that are found, those of
	// another NAS than the request names are not meant; where there are no others, it is 403. nil: NAS.
	NASOf func(s S) attrs.NAS

	// Several is for a request that selects several sessions. nil: 508, and no session is touched.
	Several Several[S]

	// Reauthorize starts Authorize Only (RFC 5176, section 3.2) and waits for nothing: nil is NAK 507, and c.After, which is called once that
	// is out, sends c.AccessRequest. Of several sessions none is reauthorized (508). A nil func: 405.
	Reauthorize func(ctx context.Context, s S, c *Change) error

	// Allow says whether this peer may do this to these sessions. It is asked after each Find, before anything is done. An error without
	// a Cause is 501. nil: every peer of the Server may. AllowRealms makes one.
	Allow func(ctx context.Context, r *dac.Request, s []S) error

	// Key tells sessions apart: requests for sessions with equal keys run one at a time, in the order in which they came, but a Disconnect
	// before waiting CoAs. Set it where S is not the same value each time that Find returns the same session. nil: S itself, where it is
	// comparable.
	Key func(s S) any

	// IdentityOf is the identity of a session as the host knows it, its Context too. What Find returned is checked against it; one that
	// the request does not select is a NAK without Error-Cause, and a line in the log. nil: Find is trusted, one that ranks keys say.
	IdentityOf func(s S) attrs.Identity

	// Context is the routing context of a request, by listener, peer or attribute. It is called in the Server's read loop, so it must be
	// quick. nil: "".
	Context func(r *dac.Request) string

	Policy Policy // where NASes differ; its zero value is the RFC's

	// Audit is called once for each request that reached Find, after the sessions' turn has passed on. nil: nobody is told.
	Audit  func(ctx context.Context, a Audit)
	Logger *slog.Logger // nil: silent

	once     sync.Once
	rules    *rules
	sameType bool // values of S can be compared whatever they are
	hosts    hostAddrs
	order    order
}

// NewDispatcher returns a Dispatcher that calls h and lets it change the attributes in supported.
func NewDispatcher[S any](h Handler[S], supported ...attrs.AnyKey) *Dispatcher[S] {
	return &Dispatcher[S]{Handler: h, Supported: supported}
}

var _ dac.Lookahead = (*Dispatcher[int])(nil)

// config returns the configuration, made ready for use.
func (d *Dispatcher[S]) config() *rules {
	d.once.Do(func() {
		d.rules = newRules(d.Supported, &d.Policy, d.Reauthorize != nil)
		d.sameType = d.Key == nil && alwaysComparable(reflect.TypeFor[S]())
		if d.Handler == nil {
			d.rules.err = errors.Join(errors.New("session: Dispatcher.Handler is nil: set it to what finds and ends sessions"), d.rules.err)
		}
		if d.rules.err != nil && d.Logger != nil {
			d.Logger.Error("session: every request is refused until the configuration is mended", "err", d.rules.err)
		}
	})
	return d.rules
}

// Arrive reads r and gives it its place in the order of requests: those for one session are executed as they arrived, whatever
// Find takes for each. A dac.Server calls it in its read loop. Every Arrive must be followed by one Handle of the same Request, since
// later requests wait for it; middleware that is no dac.Sequencer itself hides Arrive, and then requests arrive with Handle.
func (d *Dispatcher[S]) Arrive(r *dac.Request) {
	a := d.read(r)
	d.order.mu.Lock()
	defer d.order.mu.Unlock()
	if old := d.order.lockedAdd(a); old != nil {
		d.order.lockedLeave(&old.turn)
	}
	if a.refusal == nil {
		d.order.lockedArrive(&a.turn)
	}
}

// A lookahead is a Handler that has the Ahead of a Table.
type lookahead interface{ Ahead(next []*attrs.Identity) }

var _ lookahead = (*Table[int])(nil)

var identities = sync.Pool{New: func() any { return new([]*attrs.Identity) }}

// Ahead tells the Handler what it will be asked to find, where it has the Ahead of a [Table].
func (d *Dispatcher[S]) Ahead(next []*dac.Request) {
	h, ok := d.Handler.(lookahead)
	if !ok {
		return
	}
	room := identities.Get().(*[]*attrs.Identity)
	ids := (*room)[:0]
	d.order.mu.Lock()
	for _, r := range next {
		if a := *d.order.lockedPlace(r); a != nil && a.request == r && a.refusal == nil {
			ids = append(ids, a.identity)
		}
	}
	d.order.mu.Unlock()
	h.Ahead(ids)
	clear(ids)
	*room = ids
	identities.Put(room)
}

// begin returns r as it arrived, or lets it arrive now.
func (d *Dispatcher[S]) begin(r *dac.Request) *arrival {
	d.order.mu.Lock()
	a := d.order.lockedTake(r)
	if a == nil {
		d.order.mu.Unlock()
		a = d.read(r)
		if a.refusal != nil {
			return a
		}
		d.order.mu.Lock()
		d.order.lockedArrive(&a.turn)
	}
	a.since = d.order.ended
	d.order.mu.Unlock()
	return a
}

// read does all that can be done without the host's sessions. A panic, of Context or of a decoder that the host made, must not end the
// Server's read loop: it refuses the request.
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
	}
	return nil
}

// checkNAS compares how a names the NAS with own.
func (d *Dispatcher[S]) checkNAS(a *arrival, own attrs.NAS) error {
	return checkNAS(a.nas(), own, a.request.Local.Addr(), &d.hosts)
}

// log writes a line about one request.
func (d *Dispatcher[S]) log(a *arrival, level slog.Level, msg string, args ...any) {
	if d.Logger == nil {
		return
	}
	if r := a.request; r != nil && r.Packet != nil {
		args = append([]any{"peer", r.Source.String(), "code", r.Packet.Code.String()}, args...)
	}
	d.Logger.Log(context.Background(), level, msg, args...)
}
