// SPDX-License-Identifier: Apache-2.0

package sessiontest

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

func (c *checker[S]) foundByEach() {
	for i, id := range c.host.Sessions {
		// As it comes out of a request.
		_, asked, err := attrs.SelectionOf(c.disconnectOf(id).Attributes(), c.d.Policy.Identifying...)
		if err != nil {
			c.t.Fatalf("sessiontest: no request can name Host.Sessions[%d]: %v", i, err)
		}
		asked.Context = id.Context
		if n := len(c.find(c.t.Context(), asked)); n != 1 {
			c.t.Errorf("Find with the whole identity of session %d, %v, returned %d sessions.", i, asked.Attr(), n)
		}
		for _, p := range parts(id) {
			if p.id.Selects(c.host.Sessions[1-i]) {
				continue
			}
			if n := len(c.find(c.t.Context(), p.id)); n != 1 {
				c.t.Errorf("Find with the %s of session %d alone returned %d sessions.", p.name, i, n)
			}
		}
	}
}

func (c *checker[S]) foundByMAC() {
	tried := false
	for i, id := range c.host.Sessions {
		for _, text := range []*string{&id.CallingStationID, &id.CalledStationID} {
			form, ok := otherForm(*text)
			if !ok {
				continue
			}
			tried = true
			was := *text
			*text = form
			if n := len(c.find(c.t.Context(), id)); n != 1 {
				c.t.Errorf("Find with the MAC address of session %d, %q, written as %q returned %d sessions.", i, was, form, n)
			}
			*text = was
		}
	}
	if !tried {
		c.t.Skip("no session has a MAC address in Calling-Station-Id or Called-Station-Id")
	}
}

// none wants id to select nothing, of a host that is as it was, and says whether the host still is.
func (c *checker[S]) none(id attrs.Identity) bool {
	c.t.Helper()
	if n := len(c.find(c.t.Context(), id)); n != 0 {
		c.t.Errorf("Find with %v, which no session fits, returned %d sessions.", id.Attr(), n)
	}
	for _, a := range c.both(id) {
		if !c.unfound(a) {
			c.t.Errorf("A %s for %v, which no session fits, drew %v.", a.kind, id.Attr(), a)
		}
	}
	c.untouched(0, fmt.Sprintf("requests for %v, which no session fits,", id.Attr()))
	c.untouched(1, fmt.Sprintf("requests for %v, which no session fits,", id.Attr()))
	return !c.t.Failed()
}

// fitsNone says whether id, which was made up, selects neither session.
func (c *checker[S]) fitsNone(id attrs.Identity) bool {
	return !id.Selects(c.host.Sessions[0]) && !id.Selects(c.host.Sessions[1])
}

func (c *checker[S]) unknown() {
	for _, id := range c.host.Sessions {
		for _, p := range parts(id) {
			if c.fitsNone(p.other) && !c.none(p.other) {
				return
			}
		}
	}
}

func (c *checker[S]) everyFits() {
	for i, id := range c.host.Sessions {
		for _, p := range parts(id) {
			for _, from := range []attrs.Identity{p.other, c.host.Sessions[1-i]} {
				mixed := id
				if p.into(&mixed, from); c.has(mixed, p) && c.fitsNone(mixed) && !c.none(mixed) {
					return
				}
			}
		}
	}
}

var strangePort uint32 = 0x5a5a5a5a

// strange has each identification attribute of RFC 5176, section 3, with a value that no session
// has.
var strange = attrs.Identity{
	UserName: "sessiontest-nobody", AcctSessionID: "sessiontest-none", AcctMultiSessionID: "sessiontest-none",
	CallingStationID: "02-5A-5A-5A-5A-5A", CalledStationID: "02-5A-5A-5A-5A-5B:sessiontest", NASPortID: "sessiontest-0/0/0",
	ChargeableUserIdentity: "sessiontest-nobody", NASPort: &strangePort, FramedIPAddress: netip.AddrFrom4([4]byte{203, 0, 113, 0x5a}),
	FramedIPv6Prefix:  []netip.Prefix{netip.MustParsePrefix("2001:db8:5a5a:5a5a::/64")},
	FramedInterfaceID: &[8]byte{0x5a, 0x5a},
}

// nothingOverlooked adds one attribute of strange to what names a session, by all that it has and
// by each attribute alone.
func (c *checker[S]) nothingOverlooked() {
	for _, id := range c.host.Sessions {
		fitting := []attrs.Identity{id}
		for _, p := range parts(id) {
			fitting = append(fitting, p.id)
		}
		for _, fits := range fitting {
			for _, p := range parts(strange) {
				if c.has(fits, p) || c.ignores(p.id) {
					continue
				}
				more := fits
				if p.into(&more, strange); c.fitsNone(more) && !c.refused(more, p.name) {
					return
				}
			}
		}
	}
}

// refused wants requests for id, which no session fits for want of the attribute name, to find none
// or to be refused for it.
func (c *checker[S]) refused(id attrs.Identity, name string) bool {
	c.t.Helper()
	for _, a := range c.both(id) {
		if !c.unfound(a) && a.cause != errcause.UnsupportedAttribute {
			c.t.Errorf("A %s for %v, whose %s no session has, drew %v.", a.kind, id.Attr(), name, a)
		}
	}
	what := fmt.Sprintf("requests with a %s that no session has", name)
	c.untouched(0, what)
	c.untouched(1, what)
	return !c.t.Failed()
}

// ignores says whether the host has the Dispatcher skip the one attribute of id.
func (c *checker[S]) ignores(id attrs.Identity) bool {
	set, err := id.Attr().AppendTo(nil)
	if err != nil {
		c.t.Fatalf("sessiontest: %v", err)
	}
	return slices.ContainsFunc(c.d.Policy.Ignored, func(k attrs.AnyKey) bool { return k.ID().Type == set[0].Type })
}

// has says whether id has the attribute of p: without it, it would have fewer attributes to fit.
func (c *checker[S]) has(id attrs.Identity, p part) bool {
	var only attrs.Identity
	p.into(&only, id)
	return !only.IsZero()
}

func (c *checker[S]) noIdentification() {
	for _, id := range []attrs.Identity{{}, {Context: c.host.Sessions[0].Context}} {
		// An error is as good as no session.
		if found, _ := c.host.Handler.Find(c.t.Context(), id); len(found) > 0 {
			c.t.Errorf("Find with an identity that has no attribute returned %d sessions.", len(found))
		}
	}
	for _, a := range c.both(attrs.Identity{Context: c.host.Sessions[0].Context}) {
		if a.cause != errcause.MissingAttribute {
			c.t.Errorf("A %s without session identification drew %v.", a.kind, a)
		}
	}
	c.untouched(0, "requests without session identification")
	c.untouched(1, "requests without session identification")
}

func (c *checker[S]) disconnect() {
	c.ended(0)
	c.untouched(1, "a Disconnect of session 0")
}

func (c *checker[S]) secondDisconnect() {
	if !c.ended(0) {
		return
	}
	for _, a := range c.both(c.host.Sessions[0]) {
		if !c.unfound(a) {
			c.t.Errorf("A %s for session 0, after the ACK of its Disconnect, drew %v.", a.kind, a)
		}
	}
	c.gone(0, "the ACK of its Disconnect")
}

// changes skips the test of a host that changes nothing.
func (c *checker[S]) changes() {
	c.t.Helper()
	if len(c.host.Change) == 0 {
		c.t.Skip("Host.Change is empty")
	}
}

func (c *checker[S]) change() {
	c.changes()
	a := c.ask(c.changeOf(c.host.Sessions[0]))
	c.untouched(1, "a change of session 0")
	if !a.ack {
		c.allows(a, "changes")
		c.t.Errorf("A CoA-Request with Host.Change for session 0 drew %v.", a)
		return
	}
	s, ok := c.one(0)
	switch {
	case !ok:
		c.t.Errorf("After a change of session 0 it is not found any more.")
	case c.host.Snapshot != nil && reflect.DeepEqual(c.host.Snapshot(s), c.before[0]):
		c.t.Errorf("A CoA-Request with Host.Change was ACKed, and Snapshot shows no change of session 0: %+v.", c.before[0])
	}
}

// allows skips the test of a host that does such a thing to no session.
func (c *checker[S]) allows(a answer, does string) {
	c.t.Helper()
	if a.cause == errcause.AdministrativelyProhibited {
		c.t.Skip("the host " + does + " no sessions (501)")
	}
}

func (c *checker[S]) unsupported() {
	c.changes()
	const example = 32473 // the enterprise number for examples (RFC 5612): no host supports it
	a := c.ask(c.changeOf(c.host.Sessions[0], attrs.Vendor(example, 1, []byte("sessiontest"))))
	if a.cause != errcause.UnsupportedAttribute {
		c.t.Errorf("A CoA-Request with Host.Change and a vendor attribute that is not supported drew %v.", a)
	}
	c.untouched(0, "a change that is not supported")
	c.untouched(1, "a change that is not supported")
}

func (c *checker[S]) extras() {
	r := c.disconnectOf(c.host.Sessions[0], attrs.Class.Of([]byte("sessiontest-1")), attrs.Class.Of([]byte{0, 0xff}),
		attrs.ReplyMessage.Of("Your session ends."))
	before := octets(r.Attributes())
	a := c.ask(r)
	c.allows(a, "ends")
	if !a.ack {
		c.t.Errorf("A Disconnect of session 0 with two Class and a Reply-Message drew %v.", a)
	}
	if after := octets(r.Attributes()); !slices.Equal(before, after) {
		c.t.Errorf("The attributes of the request were changed: %q, and were %q.", after, before)
	}
}

// shared returns an identity that selects both sessions.
func (c *checker[S]) shared() attrs.Identity {
	c.t.Helper()
	for _, p := range parts(c.host.Sessions[0]) {
		if p.id.Selects(c.host.Sessions[1]) {
			return p.id
		}
	}
	c.t.Skip("the sessions of Host share no attribute")
	return attrs.Identity{}
}

func (c *checker[S]) several() {
	id := c.shared()
	if c.d.Policy.First {
		c.t.Skip("Policy.First: a request means the first session alone")
	}
	if n := len(c.find(c.t.Context(), id)); n != 2 {
		c.t.Errorf("Find with %v, which both sessions have, returned %d sessions.", id.Attr(), n)
		return
	}
	if c.host.Several == nil {
		for _, a := range c.both(id) {
			if a.cause != errcause.MultipleSessionSelectionUnsupported && !(c.requires() && a.cause == errcause.MissingAttribute) {
				c.t.Errorf("A %s for both sessions drew %v.", a.kind, a)
			}
		}
		c.untouched(0, "requests for both sessions")
		c.untouched(1, "requests for both sessions")
		return
	}
	if len(c.host.Change) > 0 {
		if a := c.ask(c.changeOf(id)); !a.ack && !c.declined(a) {
			c.t.Errorf("A CoA-Request for both sessions drew %v.", a)
		}
		if n := len(c.find(c.t.Context(), id)); n != 2 {
			c.t.Errorf("After a change of both sessions %d of them are found.", n)
		}
	}
	switch a := c.ask(c.disconnectOf(id)); {
	case c.declined(a):
	case !a.ack:
		c.t.Errorf("A Disconnect of both sessions drew %v.", a)
	default:
		c.gone(0, "a Disconnect of both sessions")
		c.gone(1, "a Disconnect of both sessions")
	}
}

func (c *checker[S]) concurrent() {
	first, ok := c.one(0)
	again, okAgain := c.one(0)
	switch a, b := c.key(first), c.key(again); {
	case !ok || !okAgain:
		c.t.Errorf("Find with the whole identity of session 0 does not return it alone.")
		return
	case a == nil:
		c.t.Errorf("Values of %T cannot be compared: set Dispatcher.Key in Host.Setup.", first)
		return
	case a != b:
		c.t.Errorf("Find returned two different values for session 0 when asked twice: return the same one, or set Dispatcher.Key in Host.Setup.")
		return
	}
	const many = 8
	var requests []*dac.Request
	for range many {
		requests = append(requests, c.disconnectOf(c.host.Sessions[0]))
	}
	if len(c.host.Change) > 0 {
		for range many {
			requests = append(requests, c.changeOf(c.host.Sessions[1]), c.changeOf(c.host.Sessions[0]))
		}
	}
	answers := make([]answer, len(requests))
	var all sync.WaitGroup
	for i, r := range requests {
		all.Go(func() { answers[i] = c.ask(r) })
		all.Go(func() { c.host.Handler.Find(c.t.Context(), c.host.Sessions[i%2]) })
	}
	all.Wait()
	acks := 0
	for _, a := range answers[:many] {
		c.allows(a, "ends")
		if a.ack {
			acks++
		}
	}
	if acks != 1 {
		c.t.Errorf("%d of %d Disconnects of session 0 at once were ACKed.", acks, many)
	}
	if _, ok := c.one(1); !ok {
		c.t.Errorf("After Disconnects of session 0 and changes of session 1 the latter is not found any more.")
	}
}
