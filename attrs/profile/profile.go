// SPDX-License-Identifier: Apache-2.0

// Package profile knows how NASes of many vendors want to be asked (RFC 5176 leaves that to them):
// on which port, with which session keys, in which form of a MAC address, with or without an
// Event-Timestamp, and which actions they offer. It turns what is known of a session into what to
// send:
//
//	p, _ := profile.BuiltIn().Get("cisco-ios")
//	// session as attrs.IdentityOf read it from the accounting
//	id, err := p.Identify(radius.CodeDisconnectRequest, nas, session)
//	resp, err := client.Disconnect(ctx, p.AddrPort(addr, radius.CodeDisconnectRequest), id.Attr)
//
// # A request is never wider than what was given
//
// Identify sends all of the identification that the NAS takes. What it does not take is left out
// only where a set that names one session at most (Profile.OneSession) is sent, so that no other
// session fits; else the request is refused with a *MissingError.
//
// # Rows of one's own
//
// The built-in rows were read from vendors' manuals, dictionaries and the code of others who send
// these requests; each says from where. A Table takes more of them, from Go or from text with a
// column for each field:
//
//	table := profile.BuiltIn()
//	err := table.Add(profile.Profile{Name: "our-bng", CoAPort: 3800,
//		CoAKeys: [][]attrs.ID{{attrs.AcctSessionID.ID()}}})
//
// # What was not read
//
// What was told from memory is in Recalled and is used for nothing, until a caller who knows better
// calls Trust.
package profile

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	_ "github.com/radius-dynauth/dynauth/attrs/vendors" // their attributes stand in the table
	"layeh.com/radius"
)

// DefaultPort is where a NAS listens of which no other port is known (RFC 5176, section 2.1).
const DefaultPort = 3799

// A Need is what a NAS thinks of an attribute of the packet.
type Need string

// What a NAS thinks of an attribute.
const (
	Optional Need = "" // or not known
	Required Need = "required"
	Refused  Need = "refused"
)

// A Profile is what is known of one kind of NAS. Its zero value but for the Name asks as RFC 5176
// says.
type Profile struct {
	Name     string // "cisco-ios": lower-case letters, digits and hyphens
	Vendor   string
	Platform string

	CoAPort        uint16 // zero: DefaultPort
	DisconnectPort uint16 // zero: that of CoA-Requests

	// The sets of attributes that name a session, the preferred one first; of each set all are
	// sent. Attributes that name the NAS may be among them.
	CoAKeys        [][]attrs.ID // nil: those of the profile "rfc5176"
	DisconnectKeys [][]attrs.ID // nil: those of CoA-Requests

	With    []attrs.ID // stands right behind each set where it is known; nil: nothing
	Takes   []attrs.ID // identification that the NAS takes beside the sets and With; nil: nothing. NAS-Identifier, NAS-IP-Address and NAS-IPv6-Address are always taken but where Refuses has them
	Refuses []attrs.ID // is not to be sent; nil: nothing is known of that

	// The sets of attributes that name one session of the NAS at most. Only beside one of them may
	// Identify leave out what the NAS does not take. nil: Acct-Session-Id, which is unique within a
	// NAS (RFC 2866, section 5.5); empty: there is none.
	OneSession [][]attrs.ID

	Apart [][]attrs.ID // of each set one request changes one attribute at most (Check); nil: nothing is known of that

	MAC    MACFormat // of Calling-Station-Id; "": as it is
	NASMAC MACFormat // of a NAS-Identifier that is a MAC address; "": as it is

	EventTimestamp       Need
	MessageAuthenticator Need

	Actions []string // names of Actions that the NAS offers
	Quirks  string   // for people
	Source  string   // where all of this was read

	Recalled Recalled
}

// Recalled is what was told of a NAS from memory. Nothing uses it.
type Recalled struct {
	CoAPort, DisconnectPort uint16
	CoAKeys, DisconnectKeys [][]attrs.ID
	Actions                 []string
}

// Any reports whether anything was told from memory.
func (r Recalled) Any() bool {
	return r.CoAPort != 0 || r.DisconnectPort != 0 || r.CoAKeys != nil || r.DisconnectKeys != nil || r.Actions != nil
}

// Trust returns p with what was recalled taken for read: ports where none was read, and keys and
// actions behind those that were.
func (p Profile) Trust() Profile {
	p = p.clone()
	r := p.Recalled
	p.Recalled = Recalled{}
	if p.CoAPort == 0 {
		p.CoAPort = r.CoAPort
	}
	if p.DisconnectPort == 0 {
		p.DisconnectPort = r.DisconnectPort
	}
	p.DisconnectKeys = append(p.DisconnectKeys, r.DisconnectKeys...)
	p.CoAKeys = append(p.CoAKeys, r.CoAKeys...)
	p.Actions = append(p.Actions, r.Actions...)
	return p
}

// Port returns where the NAS listens for requests of code.
func (p Profile) Port(code radius.Code) uint16 {
	switch {
	case code == radius.CodeDisconnectRequest && p.DisconnectPort != 0:
		return p.DisconnectPort
	case p.CoAPort != 0:
		return p.CoAPort
	}
	return DefaultPort
}

// AddrPort returns where requests of code go, for a NAS at addr.
func (p Profile) AddrPort(addr netip.Addr, code radius.Code) netip.AddrPort {
	return netip.AddrPortFrom(addr, p.Port(code))
}

// keys returns the sets for requests of code, nil where there are none of its own.
func (p Profile) keys(code radius.Code) [][]attrs.ID {
	if code == radius.CodeDisconnectRequest && p.DisconnectKeys != nil {
		return p.DisconnectKeys
	}
	return p.CoAKeys
}

// KeyNames returns the sets of attributes with which Identify names a session in requests of code,
// the preferred one first, by the names of the attributes: "User-Name+Framed-IP-Address". They are
// those of "rfc5176" for a profile that has none.
func (p Profile) KeyNames(code radius.Code) []string {
	sets := p.sets(code)
	all := make([]string, len(sets))
	for i, set := range sets {
		all[i] = join(set)
	}
	return all
}

// sets returns what Identify tries.
func (p Profile) sets(code radius.Code) [][]attrs.ID {
	if sets := p.keys(code); sets != nil {
		return sets
	}
	return generic().CoAKeys
}

// takes reports whether the NAS takes an attribute as identification in requests of code.
func (p Profile) takes(code radius.Code, id attrs.ID) bool {
	if slices.Contains(p.Refuses, id) {
		return false
	}
	if id.Role() == attrs.RoleNAS || slices.Contains(p.With, id) || slices.Contains(p.Takes, id) {
		return true
	}
	if p.keys(code) == nil && slices.Contains(generic().Takes, id) {
		return true
	}
	return slices.ContainsFunc(p.sets(code), func(set []attrs.ID) bool { return slices.Contains(set, id) })
}

// oneSession returns the sets that name one session at most.
func (p Profile) oneSession() [][]attrs.ID {
	if p.OneSession == nil {
		return [][]attrs.ID{{attrs.AcctSessionID.ID()}}
	}
	return p.OneSession
}

// Check refuses a request of code with attributes of which the NAS takes one at a time (Apart):
// they go into requests of their own. The error names them.
func (p Profile) Check(code radius.Code, set radius.Attributes) error {
	present := make(map[attrs.ID]bool)
	for id := range attrs.IDs(set) {
		present[id] = true
	}
	for _, apart := range p.Apart {
		both := slices.DeleteFunc(slices.Clone(apart), func(id attrs.ID) bool { return !present[id] })
		if len(both) > 1 {
			return fmt.Errorf("profile: %s: a %v changes one of %s and not both: send a request for each", p.Name, code, strings.ReplaceAll(join(both), "+", " and "))
		}
	}
	return nil
}

// Offers reports whether the NAS is known to take an action.
func (p Profile) Offers(action string) bool { return slices.Contains(p.Actions, action) }

// check refuses what a Table does not take.
func (p Profile) check() error {
	if p.Name == "" || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("profile: %.60q is no name: it has lower-case letters, digits and hyphens", p.Name)
	}
	for _, err := range []error{checkKeys(p.CoAKeys, p.Refuses), checkKeys(p.DisconnectKeys, p.Refuses), checkKeys(p.Recalled.CoAKeys, p.Refuses),
		checkKeys(p.Recalled.DisconnectKeys, p.Refuses), checkKeys(p.OneSession, p.Refuses), checkApart(p.Apart), p.checkTakes(), p.MAC.check(), p.NASMAC.check(), p.EventTimestamp.check(), p.MessageAuthenticator.check(), p.checkText()} {
		if err != nil {
			return fmt.Errorf("profile: %s: %w", p.Name, err)
		}
	}
	return nil
}

func checkKeys(sets [][]attrs.ID, refuses []attrs.ID) error {
	for _, set := range sets {
		if len(set) == 0 {
			return errors.New("a set of keys is empty")
		}
		session := false
		for _, id := range set {
			if slices.Contains(refuses, id) {
				return fmt.Errorf("%v is a key and refused", id)
			}
			session = session || id.Role() != attrs.RoleNAS
		}
		if !session {
			return fmt.Errorf("%s name the NAS and no session", join(set))
		}
	}
	return nil
}

func checkApart(sets [][]attrs.ID) error {
	for _, set := range sets {
		if len(set) < 2 {
			return errors.New("a set of what goes apart has fewer than two attributes")
		}
	}
	return nil
}

// checkTakes refuses a row that takes what it refuses.
func (p Profile) checkTakes() error {
	for _, id := range p.Takes {
		if slices.Contains(p.Refuses, id) {
			return fmt.Errorf("%v is taken and refused", id)
		}
	}
	return nil
}

func (n Need) check() error {
	switch n {
	case Optional, Required, Refused:
		return nil
	}
	return fmt.Errorf("%.60q is neither required nor refused", string(n))
}

// checkText refuses what does not fit into a line of text.
func (p Profile) checkText() error {
	for _, s := range append([]string{p.Vendor, p.Platform, p.Quirks, p.Source}, slices.Concat(p.Actions, p.Recalled.Actions)...) {
		if strings.ContainsAny(s, "\t\r\n") {
			return errors.New("a text has a tab or a line end in it")
		}
	}
	for _, s := range slices.Concat(p.Actions, p.Recalled.Actions) {
		if s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return fmt.Errorf("%.60q is no name of an action", s)
		}
	}
	return nil
}

// clone returns p with slices of its own.
func (p Profile) clone() Profile {
	sets := func(s [][]attrs.ID) [][]attrs.ID {
		s = slices.Clone(s)
		for i := range s {
			s[i] = slices.Clone(s[i])
		}
		return s
	}
	p.CoAKeys, p.DisconnectKeys = sets(p.CoAKeys), sets(p.DisconnectKeys)
	p.OneSession, p.Apart = sets(p.OneSession), sets(p.Apart)
	p.With, p.Takes, p.Refuses, p.Actions = slices.Clone(p.With), slices.Clone(p.Takes), slices.Clone(p.Refuses), slices.Clone(p.Actions)
	r := &p.Recalled
	r.CoAKeys, r.DisconnectKeys, r.Actions = sets(r.CoAKeys), sets(r.DisconnectKeys), slices.Clone(r.Actions)
	return p
}

// join writes a set: "3GPP-IMSI+3GPP-NSAPI".
func join(set []attrs.ID) string {
	names := make([]string, len(set))
	for i, id := range set {
		names[i] = id.String()
	}
	return strings.Join(names, "+")
}
