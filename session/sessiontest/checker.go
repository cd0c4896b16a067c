// SPDX-License-Identifier: Apache-2.0

package sessiontest

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"layeh.com/radius"
)

// A checker checks one rule against one host.
type checker[S any] struct {
	t        *testing.T
	newHost  func(t *testing.T) Host[S]
	host     Host[S]
	d        *session.Dispatcher[S]
	contexts sync.Map // by *dac.Request: what Dispatcher.Context says
	before   [2]any   // what Snapshot said of the sessions
}

func newChecker[S any](t *testing.T, newHost func(t *testing.T) Host[S]) *checker[S] {
	t.Helper()
	host := newHost(t)
	c := &checker[S]{t: t, newHost: newHost, host: host}
	if host.Handler == nil {
		t.Fatal("sessiontest: Host.Handler is nil")
	}
	c.d = &session.Dispatcher[S]{
		Handler: host.Handler,
		Several: host.Several,
		Context: func(r *dac.Request) string {
			context, _ := c.contexts.Load(r)
			s, _ := context.(string)
			return s
		},
	}
	c.d.Supported = c.keys(host.Change)
	c.identifying()
	if host.Setup != nil {
		host.Setup(c.d)
	}
	for i, id := range host.Sessions {
		if id.IsZero() {
			t.Fatalf("sessiontest: Host.Sessions[%d] has no identification", i)
		}
		if err := id.Attr().Err(); err != nil {
			t.Fatalf("sessiontest: no request can name Host.Sessions[%d]: %v", i, err)
		}
		if id.Selects(host.Sessions[1-i]) {
			t.Fatalf("sessiontest: Host.Sessions[%d] fits the other session too: give it an attribute of its own", i)
		}
		if s, ok := c.one(i); ok && host.Snapshot != nil {
			c.before[i] = host.Snapshot(s)
		}
	}
	return c
}

// fresh returns a checker of the same rule with a new host.
func (c *checker[S]) fresh() *checker[S] {
	c.t.Helper()
	return newChecker(c.t, c.newHost)
}

// keys returns the Keys of attributes.
func (c *checker[S]) keys(list []attrs.Attr) (keys []attrs.AnyKey) {
	c.t.Helper()
	set, err := attrs.Join(list...).AppendTo(nil)
	if err != nil {
		c.t.Fatalf("sessiontest: Host.Change: %v", err)
	}
	seen := map[attrs.ID]bool{}
	for id, err := range attrs.IDs(set) {
		if err != nil {
			c.t.Fatalf("sessiontest: Host.Change: %v", err)
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		if key := keyOf(id); key != nil {
			keys = append(keys, key)
		} else {
			c.t.Fatalf("sessiontest: Host.Change has %v, which has no Key: make one with attrs.NewKey, or link its vendor's package in", id)
		}
	}
	return keys
}

func keyOf(id attrs.ID) attrs.AnyKey {
	for def := range attrs.Registered() {
		if def.ID == id {
			return def.Key
		}
	}
	return nil
}

// identifying lets the Dispatcher take what stands in Other, beside all else that identifies.
func (c *checker[S]) identifying() {
	c.t.Helper()
	var other []attrs.AnyKey
	for _, id := range c.host.Sessions {
		for k := range id.Other {
			key := keyOf(k)
			if key == nil {
				c.t.Fatalf("sessiontest: Host.Sessions has %v, which has no Key: make one with attrs.NewKey, or link its vendor's package in", k)
			}
			other = append(other, key)
		}
	}
	if other != nil {
		c.d.Policy.Identifying = append(other, attrs.UserName, attrs.NASPort, attrs.FramedIPAddress, attrs.CalledStationID,
			attrs.CallingStationID, attrs.AcctSessionID, attrs.AcctMultiSessionID, attrs.NASPortID, attrs.ChargeableUserIdentity,
			attrs.FramedInterfaceID, attrs.FramedIPv6Prefix)
	}
}

// An answer is what a request drew.
type answer struct {
	kind  string // of the request
	ack   bool
	cause errcause.Cause
	err   error
}

func (a answer) String() string {
	switch {
	case a.ack:
		return "an ACK"
	case a.cause != 0:
		return "a NAK with " + a.cause.Error()
	case errors.Is(a.err, dac.ErrDiscard), errors.Is(a.err, dac.ErrSilent):
		return "no answer: " + a.err.Error()
	case a.err != nil:
		return "a NAK without Error-Cause: " + a.err.Error()
	}
	return "a NAK without Error-Cause"
}

// disconnectOf and changeOf make requests for the sessions that id selects.
func (c *checker[S]) disconnectOf(id attrs.Identity, more ...attrs.Attr) *dac.Request {
	c.t.Helper()
	return c.request(dac.NewDisconnect, id, more)
}

func (c *checker[S]) changeOf(id attrs.Identity, more ...attrs.Attr) *dac.Request {
	c.t.Helper()
	return c.request(dac.NewCoA, id, append(more, c.host.Change...))
}

func (c *checker[S]) request(build func(...attrs.Attr) (*dac.Request, error), id attrs.Identity, more []attrs.Attr) *dac.Request {
	c.t.Helper()
	r, err := build(append([]attrs.Attr{id.Attr()}, more...)...)
	if err != nil {
		c.t.Fatalf("sessiontest: %v", err)
	}
	c.contexts.Store(r, id.Context)
	return r
}

// ask has the Dispatcher answer a request.
func (c *checker[S]) ask(r *dac.Request) (a answer) {
	if a.kind = "CoA"; r.Disconnect() {
		a.kind = "Disconnect"
	}
	resp, err := c.d.Handle(c.t.Context(), r)
	if a.err = dac.Verdict(resp, err); a.err == nil {
		a.ack = true
		return a
	}
	var nak *dac.NAKError
	if errors.As(a.err, &nak) {
		a.cause = nak.Cause
	}
	return a
}

// both asks for a Disconnect of what id selects, and where the host makes changes for a change.
func (c *checker[S]) both(id attrs.Identity) []answer {
	c.t.Helper()
	answers := []answer{c.ask(c.disconnectOf(id))}
	if len(c.host.Change) > 0 {
		answers = append(answers, c.ask(c.changeOf(id)))
	}
	return answers
}

// ended has session i ended, and skips the test of a host that ends none.
func (c *checker[S]) ended(i int, more ...attrs.Attr) bool {
	c.t.Helper()
	a := c.ask(c.disconnectOf(c.host.Sessions[i], more...))
	c.allows(a, "ends")
	if !a.ack {
		c.t.Errorf("A Disconnect of session %d, which is there, drew %v.", i, a)
	}
	return a.ack
}

// find asks the host.
func (c *checker[S]) find(ctx context.Context, id attrs.Identity) []S {
	c.t.Helper()
	found, err := c.host.Handler.Find(ctx, id)
	if err != nil {
		c.t.Errorf("Find with %v returned an error: %v", id.Attr(), err)
	}
	return found
}

// one returns session i, found by its whole identity.
func (c *checker[S]) one(i int) (s S, ok bool) {
	found, err := c.host.Handler.Find(c.t.Context(), c.host.Sessions[i])
	if err != nil || len(found) != 1 {
		return s, false
	}
	return found[0], true
}

// untouched wants session i to be there as it was.
func (c *checker[S]) untouched(i int, after string) {
	c.t.Helper()
	s, ok := c.one(i)
	switch {
	case !ok:
		c.t.Errorf("After %s session %d is not found any more.", after, i)
	case c.host.Snapshot == nil:
	default:
		if now := c.host.Snapshot(s); !reflect.DeepEqual(now, c.before[i]) {
			c.t.Errorf("After %s session %d is not as it was: %+v, and was %+v.", after, i, now, c.before[i])
		}
	}
}

// gone wants session i not to be found.
func (c *checker[S]) gone(i int, after string) {
	c.t.Helper()
	if found := c.find(c.t.Context(), c.host.Sessions[i]); len(found) > 0 {
		c.t.Errorf("After %s session %d is still found.", after, i)
	}
}

// requires says whether the host wants certain attributes, which a request may miss.
func (c *checker[S]) requires() bool {
	return c.d.Policy.RequireDisconnect != nil || c.d.Policy.RequireCoA != nil
}

// unfound says whether a is the answer to a request for no session.
func (c *checker[S]) unfound(a answer) bool {
	return a.cause == errcause.SessionContextNotFound || c.requires() && a.cause == errcause.MissingAttribute
}

// declined says whether a is that of a host that does not do such a thing at all, or not without
// attributes that it wants.
func (c *checker[S]) declined(a answer) bool {
	return a.cause == errcause.AdministrativelyProhibited || c.requires() && a.cause == errcause.MissingAttribute
}

// key tells sessions apart as the Dispatcher does; nil: it cannot.
func (c *checker[S]) key(s S) any {
	if c.d.Key != nil {
		return c.d.Key(s)
	}
	if v := reflect.ValueOf(&s).Elem(); v.Comparable() {
		return s
	}
	return nil
}

// octets returns the value of each attribute.
func octets(set radius.Attributes) (all []string) {
	for _, avp := range set {
		all = append(all, string(avp.Attribute))
	}
	return all
}
