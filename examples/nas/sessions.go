// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/examples/internal/strictjson"
	"github.com/radius-dynauth/dynauth/termcause"
)

// loopback is where the page of -web is, and where it sends to a NAS that listens on all addresses.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// makeSessions puts n sessions into the table. They are one piece of memory: to the garbage
// collector a million pointers into it are one object, and it is given back when the last of them
// has ended.
func (b *bng) makeSessions(n int) error {
	all := make([]subscriber, n)
	for i := range all {
		s := &all[i]
		s.number, s.details = uint32(i), &ofNumber
		if err := b.Put(s.identity(), s); err != nil {
			return err
		}
	}
	return nil
}

// A sessionName is what tells a session from all others.
type sessionName struct{ context, id string }

// loadSessions puts the sessions of a file into the table. also are further attributes that
// identify here.
func (b *bng) loadSessions(name string, also []attrs.AnyKey) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	list, err := readSessions(text, also)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	known := reasonsOf(b.reasons)
	places := map[sessionName]int{}
	for i, s := range list {
		if s.reason != (termcause.Reason{}) && !known[s.reason] {
			return fmt.Errorf("%s: session %d: %w: %.120q", name, i+1, termcause.ErrUnknownReason, s.reason)
		}
		if s.id.AcctSessionID == "" {
			s.id.AcctSessionID = fmt.Sprintf("session-%d", i+1) // a NAS gives each session one (RFC 2866, section 5.5)
		}
		key := sessionName{s.id.Context, s.id.AcctSessionID}
		if at, twice := places[key]; twice {
			return fmt.Errorf("%s: session %d: Acct-Session-Id %.60q is that of session %d too: give each session its own", name, i+1, key.id, at)
		}
		places[key] = i + 1
		if s.ends = s.terminate; s.ends == 0 {
			s.ends, _ = b.reasons.Cause(s.reason, 0)
		}
		b.ownNames = b.ownNames || s.nas != nil
		if err := b.Put(s.id, s); err != nil {
			return fmt.Errorf("%s: session %d: %w", name, i+1, err)
		}
	}
	return nil
}

// An object is a session of the file: attributes by name.
type object map[string]strictjson.Texts

func readSessions(text []byte, also []attrs.AnyKey) ([]*subscriber, error) {
	var objects []object
	if _, err := strictjson.Read(text, &objects); err != nil {
		return nil, err
	}
	list := make([]*subscriber, 0, len(objects))
	for i, o := range objects {
		s, err := newSubscriber(o, also)
		if err != nil {
			return nil, fmt.Errorf("session %d: %w", i+1, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// aboutTheHost are the keys that are no attributes of the session.
var aboutTheHost = []string{"Context", "Error-Cause", "Acct-Terminate-Cause", "Terminate-Reason"}

// newSubscriber makes a session of its attributes by name.
func newSubscriber(object object, also []attrs.AnyKey) (*subscriber, error) {
	s := &subscriber{details: new(details)}
	var list []attrs.Attr
	var context string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		values := object[name]
		if len(values) != 1 && slices.Contains(aboutTheHost, name) {
			return nil, fmt.Errorf("%s: give one value", name)
		}
		for _, value := range values {
			var err error
			switch name {
			case "Context":
				context = value
			case "Error-Cause":
				s.refuses, err = parseCause(value)
			case "Acct-Terminate-Cause":
				s.terminate, err = parseTerminateCause(value)
			case "Terminate-Reason":
				s.reason.Family, s.reason.Name, _ = strings.Cut(value, " ")
			default:
				var a attrs.Attr
				if a, err = attrs.Parse(name, value); err == nil {
					err = a.Err()
				}
				list = append(list, a)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	err := s.setAttributes(attrs.Join(list...), also)
	s.id.Context = context
	return s, err
}

func (s *subscriber) setAttributes(all attrs.Attr, also []attrs.AnyKey) error {
	set, err := all.AppendTo(nil)
	if err != nil {
		return err
	}
	nas, id, err := attrs.IdentityOf(set, also...)
	if err != nil {
		return err
	}
	s.id = id
	if nas.Identifier != "" || len(nas.Addrs) != 0 {
		s.nas = &nas
	}
	identifies := map[attrs.ID]bool{}
	for _, k := range also {
		identifies[k.ID()] = true
	}
	service := attrs.Filter(set, func(id attrs.ID) bool {
		role := id.Role()
		return role != attrs.RoleNAS && role != attrs.RoleSession && !identifies[id]
	})
	s.service.Store(&service)
	return nil
}

func parseTerminateCause(name string) (termcause.Cause, error) {
	var c termcause.Cause
	err := c.UnmarshalText([]byte(name))
	return c, err
}
