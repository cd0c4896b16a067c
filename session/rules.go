// SPDX-License-Identifier: Apache-2.0

package session

import (
	"errors"
	"fmt"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// use is what one attribute may do here, a set of bits. No bit: it is unknown here.
type use uint8

const (
	useNAS     use = 1 << iota // names the NAS
	useSession                 // identifies a session here
	useForeign                 // identifies a session, but not here
	useChange                  // is an authorization attribute that the host changes
	useExtra                   // may stand in a Disconnect-Request beside identification
	// Belongs to the packet and not to the session (RFC 8559, section 4.3.2).
	useProtocol
	useIgnored // is skipped
)

// rules is the configuration of a Dispatcher, made ready for reading requests. It does not change.
type rules struct {
	policy      *Policy
	reauthorize bool // Authorize Only can be started

	plain [256]use         // of attributes that are a type and nothing else
	other map[attrs.ID]use // of vendors' and extended ones
	// Changes and extras by type, which are decoded before the host sees them.
	keys [256][]*known
	also []attrs.AnyKey // identification beyond that of RFC 5176
	err  error          // what is wrong with the configuration: nothing is done then

	reading reading // by these rules, without a context
}

// known is an attribute that the host reads.
type known struct {
	attrs.AnyKey
	once bool // RFC 5176, section 3.6, allows one of it at most
}

var (
	serviceTypeID = attrs.ServiceType.ID()
	stateID       = attrs.State.ID()
	classID       = attrs.Class.ID()
	errorCauseID  = attrs.ErrorCause.ID()

	acctTerminateCauseID = attrs.AcctTerminateCause.ID()
)

// extras is what any Disconnect-Request may carry beside identification (RFC 5176, section 3.6).
var extras = []attrs.AnyKey{attrs.Class, attrs.ReplyMessage, attrs.AcctTerminateCause, attrs.EAPMessage}

// newRules reads the configuration once. What is wrong with it is in err.
func newRules(supported []attrs.AnyKey, p *Policy, own attrs.NAS, reauthorize bool) *rules {
	c := &rules{policy: p, reauthorize: reauthorize, other: make(map[attrs.ID]use)}
	c.reading.by = c
	for t := range c.plain {
		c.plain[t] = c.byRole(attrs.ID{Type: radius.Type(t)})
	}
	var errs []error
	add := func(list string, keys []attrs.AnyKey, u use) {
		for _, k := range keys {
			if err := c.add(list, k, u); err != nil {
				errs = append(errs, err)
			}
		}
	}
	add("Policy.Identifying", p.Identifying, useSession)
	add("Supported", supported, useChange)
	add("Policy.Extras", p.Extras, useExtra)
	add("Policy.Ignored", p.Ignored, useIgnored)
	add("", extras, useExtra)
	errs = append(errs, c.checkSets("Policy.RequireDisconnect", p.RequireDisconnect, useSession|useNAS),
		c.checkSets("Policy.RequireCoA", p.RequireCoA, useSession|useNAS),
		c.checkSets("Policy.Conflicting", p.Conflicting, useChange))
	if p.AnyNAS && !nameless(own) {
		errs = append(errs, errors.New("session: Policy.AnyNAS takes requests for any NAS, and Dispatcher.NAS names this one: leave one of them out"))
	}
	if p.MaxSessions < 0 {
		errs = append(errs, fmt.Errorf("session: Policy.MaxSessions is %d: it is a number of sessions, or zero", p.MaxSessions))
	}
	c.err = errors.Join(errs...)
	return c
}

// byRole is the use of an attribute that no list names.
func (c *rules) byRole(id attrs.ID) use {
	switch {
	case id == errorCauseID: // of answers alone
		return 0
	case id == stateID:
		return useProtocol
	}
	switch id.Role() {
	case attrs.RoleNAS:
		return useNAS
	case attrs.RoleSession:
		switch {
		// A host gave it this role, and names it in Policy.Identifying where it is to be read.
		case !readByItself(id):
			return 0
		case c.policy.Identifying != nil:
			return useForeign
		}
		return useSession
	case attrs.RoleProtocol:
		return useProtocol
	}
	return 0
}

// readByItself reports the session identification of RFC 5176, section 3, which attrs.IdentityOf
// reads without being told to.
func readByItself(id attrs.ID) bool {
	switch id.Type {
	case 1, 5, 8, 30, 31, 44, 50, 87, 89, 96, 97:
		return id == attrs.ID{Type: id.Type}
	}
	return false
}

// of returns the use of id: that of one packed into a text attribute, or else of the attribute that
// packs it.
// Cisco-AVPair and its like pack many attributes into one: a host may support one of them by name.
func (c *rules) of(id attrs.ID) use {
	if id == (attrs.ID{Type: id.Type}) {
		if id.Type < 0 || int(id.Type) >= len(c.plain) {
			return 0
		}
		return c.plain[id.Type]
	}
	if u, ok := c.other[id]; ok {
		return u
	}
	if u, ok := c.other[id.Base()]; ok {
		return u
	}
	return c.byRole(id)
}

// add lets k be used as u, and returns why it cannot.
func (c *rules) add(list string, k attrs.AnyKey, u use) error {
	if k == nil || k.ID() == (attrs.ID{}) {
		return fmt.Errorf("session: %s has a zero Key: give each attribute by a Key of attrs, of a package below it, or made by attrs.NewKey", list)
	}
	id := k.ID()
	had := c.of(id)
	if err := contradiction(list, k, had, u); err != nil {
		return err
	}
	switch u {
	case useSession:
		if had&useNAS != 0 {
			return nil // names the NAS, wherever it is listed
		}
		had &^= useForeign
		if !readByItself(id) {
			c.also = append(c.also, k)
		}
	case useChange, useExtra:
		once := id.In(radius.CodeCoARequest) == attrs.ZeroOrOne || id.In(radius.CodeDisconnectRequest) == attrs.ZeroOrOne
		c.keys[byte(id.Type)] = append(c.keys[byte(id.Type)], &known{k, once})
	}
	if id == (attrs.ID{Type: id.Type}) && id.Type >= 0 && int(id.Type) < len(c.plain) {
		c.plain[id.Type] = had | u
	} else {
		c.other[id] = had | u
	}
	return nil
}

// locationRules are changed and never identify: Basic-Location-Policy-Rules,
// Extended-Location-Policy-Rules, Requested-Location-Info.
var locationRules = []radius.Type{129, 130, 132}

// contradiction says what is wrong with an attribute that is to be u and is had already.
func contradiction(list string, k attrs.AnyKey, had, u use) error {
	switch {
	case u == useChange && had&(useNAS|useSession|useForeign) != 0:
		return fmt.Errorf("session: %s has %v, which identifies: identification never changes anything (RFC 5176, section 3.6, notes 1 and 7)", list, k)
	case u&(useChange|useSession|useExtra) != 0 && had&useProtocol != 0:
		return fmt.Errorf("session: %s has %v, which belongs to the packet and not to the session", list, k)
	case u == useSession && slices.Contains(locationRules, k.ID().Type):
		return fmt.Errorf("session: %s has %v, which must not identify (RFC 5580, section 5)", list, k)
	case u == useExtra && list != "" && had&(useNAS|useSession) != 0:
		return fmt.Errorf("session: %s has %v, which identifies: leave it out", list, k)
	case u == useIgnored && had&useChange != 0:
		return fmt.Errorf("session: %s has %v, which is in Supported too: leave it out of one of them", list, k)
	}
	return nil
}

// checkSets finds the sets that can have no meaning.
// A set that names what is not taken could never be satisfied, and every request would be NAK 402.
func (c *rules) checkSets(list string, sets [][]attrs.AnyKey, u use) error {
	for _, set := range sets {
		if len(set) == 0 {
			return fmt.Errorf("session: %s has an empty set: use nil for none", list)
		}
		for _, k := range set {
			switch {
			case k == nil || k.ID() == (attrs.ID{}):
				return fmt.Errorf("session: %s has a zero Key", list)
			case c.of(k.ID())&u == 0 || c.of(k.ID())&useIgnored != 0:
				return fmt.Errorf("session: %s has %v, which is not taken here: name it in Policy.Identifying or Supported", list, k)
			}
		}
	}
	return nil
}

// satisfied reports whether all of one of sets are among ids; no sets ask for nothing.
// A NAS wants one of several sets: JunosE an Acct-Session-Id, or User-Name within a virtual router.
func satisfied(sets [][]attrs.AnyKey, ids []attrs.ID) bool {
	return sets == nil || slices.ContainsFunc(sets, func(set []attrs.AnyKey) bool {
		return !slices.ContainsFunc(set, func(k attrs.AnyKey) bool { return !present(k, ids) })
	})
}

// conflict returns two of one of sets that are among ids both.
// A NAS may know two attributes and not take both at once; which one it would obey is not said.
func conflict(sets [][]attrs.AnyKey, ids []attrs.ID) (a, b attrs.AnyKey) {
	for _, set := range sets {
		a = nil
		for _, k := range set {
			switch {
			case !present(k, ids) || a != nil && a.ID() == k.ID():
			case a == nil:
				a = k
			default:
				return a, k
			}
		}
	}
	return nil, nil
}

// present reports whether k is among ids.
func present(k attrs.AnyKey, ids []attrs.ID) bool {
	return slices.ContainsFunc(ids, func(id attrs.ID) bool { return names(k, id) })
}

// names reports whether k stands for id: that very attribute, or one that is packed into it.
func names(k attrs.AnyKey, id attrs.ID) bool { return k.ID() == id || k.ID() == id.Base() }
