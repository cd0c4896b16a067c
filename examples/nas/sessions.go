// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/termcause"
)

// loopback is the NAS-IP-Address of the sessions that -n makes.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// makeSessions puts n sessions into the table.
func (b *bng) makeSessions(n int) error {
	for i := range n {
		id := attrs.Identity{AcctSessionID: fmt.Sprintf("%08x", i), UserName: fmt.Sprintf("user%07d@example.net", i)}
		if err := b.Put(id, &subscriber{id: id}); err != nil {
			return err
		}
	}
	return nil
}

// loadSessions puts the sessions of a file into the table. also are further attributes that identify here.
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
	for i, s := range list {
		if s.reason != (termcause.Reason{}) && !known[s.reason] {
			return fmt.Errorf("%s: session %d: %w: %.120q", name, i+1, termcause.ErrUnknownReason, s.reason)
		}
		if s.id.AcctSessionID == "" {
			s.id.AcctSessionID = fmt.Sprintf("session-%d", i+1) // a NAS gives each session one (RFC 2866, section 5.5)
		}
		if err := b.Put(s.id, s); err != nil {
			return fmt.Errorf("%s: session %d: %w", name, i+1, err)
		}
	}
	return nil
}

func readSessions(text []byte, also []attrs.AnyKey) ([]*subscriber, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var objects []map[string]any
	if err := dec.Decode(&objects); err != nil {
		return nil, fmt.Errorf("is not a list of objects: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the list")
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

// newSubscriber makes a session of its attributes by name.
func newSubscriber(object map[string]any, also []attrs.AnyKey) (*subscriber, error) {
	s := &subscriber{}
	var list []attrs.Attr
	var context string
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values, err := texts(object[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, value := range values {
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
	s.service = attrs.Filter(set, func(id attrs.ID) bool {
		role := id.Role()
		return role != attrs.RoleNAS && role != attrs.RoleSession && !identifies[id]
	})
	return nil
}

// texts is a value of the file as the texts of one attribute or several.
func texts(value any) ([]string, error) {
	switch v := value.(type) {
	case string:
		return []string{v}, nil
	case json.Number:
		return []string{v.String()}, nil
	case []any:
		var all []string
		for _, one := range v {
			text, err := texts(one)
			if _, list := one.([]any); list || err != nil {
				return nil, errors.New("is a list of something else than strings and numbers")
			}
			all = append(all, text[0])
		}
		return all, nil
	}
	return nil, errors.New("is neither a string, nor a number, nor a list")
}

func parseTerminateCause(name string) (termcause.Cause, error) {
	var c termcause.Cause
	err := c.UnmarshalText([]byte(name))
	return c, err
}
