// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session/internal/turns"
	"layeh.com/radius"
)

// An arrival is a request as the Dispatcher has read it. What can be known without asking the host
// is known then.
type arrival struct {
	turns.Turn
	urgent        bool // a Disconnect-Request
	nas           attrs.NAS
	identity      attrs.Identity
	request       *dac.Request
	disconnect    *Disconnect // of a Disconnect-Request
	change        *Change     // of a CoA-Request
	refusal       error       // it goes no further
	authorizeOnly bool
	into          *dac.Response // for the ACK: memory of a Server's; nil: there is none

	reached bool           // it reached Find
	acted   bool           // the host was asked to act
	cause   errcause.Cause // of the answer
	failed  error          // nil: ACK
	found   int            // sessions that it selected
	ids     []attrs.ID     // of identification and changes, where the policy asks which there are
	one     [1]any         // room for the key of one session
	room    [3]*known      // and for the changes and extras that a reader finds
	addrs   [2]netip.Addr  // and for those of nas, one of each family
}

var authorizeOnlyAttr = attrs.ServiceType.Of(attrs.AuthorizeOnly)

// arrivalPool has the arrivals of requests that are over, which no host has ever seen.
var arrivalPool = sync.Pool{New: func() any { return new(arrival) }}

// newArrival makes what a request needs here. What a host sees is new.
func newArrival(request *dac.Request, urgent bool) *arrival {
	a := arrivalPool.Get().(*arrival)
	a.request, a.urgent = request, urgent
	if urgent {
		a.disconnect = new(Disconnect)
	} else {
		a.change = new(Change)
	}
	return a
}

// recycle gives up a, which has had its turn.
// A host may keep its Disconnect or Change, which are therefore never used again.
func (a *arrival) recycle() {
	*a = arrival{ids: a.ids[:0]}
	arrivalPool.Put(a)
}

// A reader sorts the attributes of one request.
type reader struct {
	*rules
	a           *arrival
	used        []*known // to be decoded
	packed      bool     // some attribute is more than a type
	changes     int
	narrow      bool // identification is to be skipped
	serviceType uint32
	service405  error
}

// read sorts the attributes of a into identification, changes and the rest, and returns why the
// request is refused. Each kind of mistake in turn: attributes that may not be there, those that
// are malformed, those that are there too often, services, those that are missing.
func (x *rules) read(a *arrival) error {
	r := reader{rules: x, a: a, used: a.room[:0]}
	set := a.request.Attributes()
	var state []byte
	if !a.urgent {
		var err error
		if state, err = r.readService(set); err != nil {
			return err
		}
	}
	if err := r.sort(set); err != nil {
		return err
	}
	if err := r.decode(set); err != nil {
		return err
	}
	a.nas.Addrs = a.addrs[:0]
	if err := attrs.ReadSelection(&a.nas, &a.identity, r.identification(set), x.also...); err != nil {
		return err
	}
	if d := a.disconnect; d != nil {
		d.Class, d.Request, d.read = r.class(set), a.request, &x.reading
		return nil
	}
	c := a.change
	c.Attributes, c.State, c.Request, c.read = r.authorization(set), bytes.Clone(state), a.request, &x.reading
	return r.service()
}

// readService finds Authorize Only, which has rules of its own (RFC 5176, sections 3.2 and 3.3),
// and State, which is not interpreted.
func (r *reader) readService(set radius.Attributes) (state []byte, err error) {
	services := 0
	for _, avp := range set {
		if avp == nil {
			continue
		}
		switch avp.Type {
		case serviceTypeID.Type:
			if len(avp.Attribute) != 4 {
				if r.of(serviceTypeID)&useIgnored != 0 {
					continue
				}
				return nil, fmt.Errorf("session: Service-Type of %d octets: %w", len(avp.Attribute), errcause.InvalidRequest)
			}
			one := binary.BigEndian.Uint32(avp.Attribute)
			if services++; services > 1 && one != r.serviceType && r.of(serviceTypeID)&useIgnored == 0 {
				return nil, fmt.Errorf("session: Service-Type %d and %d: %w", r.serviceType, one, errcause.InvalidRequest)
			}
			r.serviceType = one
			r.a.authorizeOnly = r.a.authorizeOnly || r.serviceType == attrs.AuthorizeOnly
		case stateID.Type:
			if state != nil || len(avp.Attribute) == 0 {
				return nil, fmt.Errorf("session: State is empty or there twice: %w", errcause.InvalidRequest)
			}
			state = avp.Attribute
		}
	}
	if r.a.authorizeOnly && state == nil {
		return nil, fmt.Errorf("session: Authorize Only without State: %w", errcause.MissingAttribute)
	}
	return state, nil
}

// sort takes the attributes one by one.
func (r *reader) sort(set radius.Attributes) error {
	r.packed = packed(set)
	if !r.packed {
		for _, avp := range set {
			if err := r.take(attrs.ID{Type: avp.Type}, nil); err != nil {
				return err
			}
		}
		return nil
	}
	for id, err := range attrs.IDs(set) {
		if err := r.take(id, err); err != nil {
			return err
		}
	}
	return nil
}

// packed reports whether some attribute is more than a type.
func packed(set radius.Attributes) bool {
	return slices.ContainsFunc(set, func(avp *radius.AVP) bool {
		return avp == nil || avp.Type == 26 || avp.Type >= 241 && avp.Type <= 246 || avp.Type < 0 || avp.Type > 255
	})
}

// take decides what one attribute is in this request. malformed says that it could not be taken
// apart.
// An attribute that is not taken is NAK 401, as RFC 5176, section 2.3, treats all of a request as
// mandatory: what a NAS passed over the client would take for done.
func (r *reader) take(id attrs.ID, malformed error) error {
	u := r.of(id)
	isService := id == serviceTypeID
	switch {
	case isService && r.a.authorizeOnly:
	case u&useIgnored != 0:
		r.narrow = r.narrow || u&(useNAS|useSession|useForeign) != 0
	case malformed != nil:
		return malformed
	case id == stateID && r.a.urgent:
		return r.refuse(id, "is not for a Disconnect-Request")
	case u&(useNAS|useSession) != 0:
		r.note(id)
	case u&useForeign != 0:
		return r.refuse(id, "is no identification that this NAS looks at")
	case u&useProtocol != 0:
	case r.a.urgent && u&useExtra != 0:
		r.mark(id)
	case !r.a.urgent && !r.a.authorizeOnly && u&useChange != 0:
		r.changes++
		r.note(id)
		r.mark(id)
	case isService && !r.a.urgent:
		r.service405 = fmt.Errorf("session: Service-Type %d: %w", r.serviceType, errcause.UnsupportedService)
	case r.policy.IgnoreOther && u&useChange == 0 && !isService:
	default:
		return r.refuse(id, "is neither identification nor supported here")
	}
	return nil
}

// refuse makes the error of an attribute that may not be there (RFC 5176, sections 2.3, 3 and 3.2).
func (r *reader) refuse(id attrs.ID, why string) error {
	what := "a CoA-Request"
	switch {
	case r.a.urgent:
		what = "a Disconnect-Request"
	case r.a.authorizeOnly:
		what = "an Authorize Only"
	}
	return fmt.Errorf("session: %v in %s %s: %w", id, what, why, errcause.UnsupportedAttribute)
}

// note remembers that id came, where the policy asks.
func (r *reader) note(id attrs.ID) {
	p := r.policy
	if p.RequireDisconnect != nil || p.RequireCoA != nil || p.Conflicting != nil {
		r.a.ids = append(r.a.ids, id)
	}
}

// mark has the values of id decoded, all of them at once.
func (r *reader) mark(id attrs.ID) {
	for _, k := range r.keys[byte(id.Type)] {
		if names(k.AnyKey, id) && !slices.Contains(r.used, k) {
			r.used = append(r.used, k)
		}
	}
}

// decode returns the error of a value that cannot be decoded, or of an attribute that is there too
// often or together with another.
func (r *reader) decode(set radius.Attributes) error {
	for _, k := range r.used {
		if err := attrs.Check(r.a.request, k.AnyKey); err != nil {
			return err
		}
		if k.once && disagree(set, k.ID()) {
			return fmt.Errorf("session: %v is there twice, with different values: %w", k, errcause.InvalidRequest)
		}
	}
	if a, b := conflict(r.policy.Conflicting, r.a.ids); b != nil {
		return fmt.Errorf("session: %v and %v may not come together: %w", a, b, errcause.InvalidRequest)
	}
	return nil
}

// disagree reports whether an attribute that may be there once is there with two values. The same
// twice says it once.
// Two values of what may come once ask for two things, and a NAS that takes the first obeys another
// order than a proxy that looked at the second.
func disagree(set radius.Attributes, id attrs.ID) bool {
	var first *radius.AVP
	for _, avp := range set {
		switch {
		case avp == nil || avp.Type != id.Type || id.Sub != 0 && (len(avp.Attribute) == 0 || uint32(avp.Attribute[0]) != id.Sub):
		case first == nil:
			first = avp
		case !bytes.Equal(first.Attribute, avp.Attribute):
			return true
		}
	}
	return false
}

// identification returns what SelectionOf is to read: set without what is ignored.
func (r *reader) identification(set radius.Attributes) radius.Attributes {
	if !r.narrow {
		return set
	}
	return r.only(set, len(set), func(u use) bool { return u&useIgnored == 0 })
}

// authorization returns the attributes that the host is to change.
// What a host is given to change has neither identification nor what belongs to the exchange.
func (r *reader) authorization(set radius.Attributes) radius.Attributes {
	if r.changes == 0 {
		return nil
	}
	return r.only(set, r.changes, func(u use) bool { return u&useChange != 0 && u&useIgnored == 0 })
}

// only returns the attributes whose use is kept, about n, taken out of a Vendor-Specific that has
// others too.
func (r *reader) only(set radius.Attributes, n int, keep func(use) bool) radius.Attributes {
	if c := r.rules; r.packed {
		return attrs.Filter(set, func(id attrs.ID) bool { return keep(c.of(id)) })
	}
	kept := make(radius.Attributes, 0, n)
	for _, avp := range set {
		if keep(r.plain[avp.Type]) {
			kept = append(kept, avp)
		}
	}
	return kept
}

// class returns the values of Class, which are opaque. Hosts keep them, and not the request.
// Class of a Disconnect-Request goes unmodified into the Accounting-Stop (RFC 5176, section 3.6,
// note 4).
func (r *reader) class(set radius.Attributes) (values [][]byte) {
	for _, avp := range set {
		if avp != nil && avp.Type == classID.Type && r.of(classID)&useIgnored == 0 {
			values = append(values, bytes.Clone(avp.Attribute))
		}
	}
	return values
}

// service decides on what a CoA-Request asks for as a whole.
func (r *reader) service() error {
	switch {
	case r.service405 != nil:
		return r.service405
	case r.a.authorizeOnly && !r.reauthorize:
		return fmt.Errorf("session: Authorize Only: %w", errcause.UnsupportedService)
	case r.a.authorizeOnly && !roomToInitiate(r.a.request.Attributes()):
		return fmt.Errorf("session: what Authorize Only gives back leaves its answer no room: %w", errcause.ResourcesUnavailable)
	case !r.a.authorizeOnly && r.changes == 0 && !r.policy.AcceptEmpty:
		return fmt.Errorf("session: nothing to change: %w", errcause.MissingAttribute)
	}
	return nil
}

// roomToInitiate reports whether the answer to an Authorize Only has room for Service-Type and
// Error-Cause 507, which tell of what was started (RFC 5176, section 3.2), beside what it gives
// back (sections 3.1, 3.3 and 3.4). A NAK 507 gives State and Proxy-State back with Service-Type
// beside them, and has to fit into 4096 octets.
func roomToInitiate(set radius.Attributes) bool {
	n := 20 + 6 + 6
	for _, avp := range set {
		if avp != nil && slices.Contains(givenBack, avp.Type) {
			n += 2 + len(avp.Attribute)
		}
	}
	return n <= radius.MaxPacketLength
}

var givenBack = []radius.Type{attrs.ProxyState.ID().Type, attrs.State.ID().Type, attrs.MessageAuthenticator.ID().Type}
