// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/strictjson"
	"layeh.com/radius"
)

// An order is what a request asks for: which sessions, and what is to become of them.
type order struct {
	Who    map[string]strictjson.Texts `json:"who"`
	Change map[string]strictjson.Texts `json:"change"`
	All    bool                        `json:"all"`
}

const maxBody = 64 << 10

// readBody reads JSON of at most that many octets into v.
func readBody(r *http.Request, most int64, v any) error {
	b, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, most))
	if err == nil {
		_, err = strictjson.Read(b, v)
	}
	return err
}

// A task is an order that was read: what is to be found, and what is to be sent.
type task struct {
	nas    attrs.NAS
	id     attrs.Identity
	change attrs.Attr
	all    bool
	build  func(...attrs.Attr) (*dac.Request, error)
}

// read makes a task of an order. What it does not understand to the last word is an error: what
// is left out of who ends other sessions than those that are meant.
func (o *order) read(coa bool, also []attrs.AnyKey) (*task, error) {
	t := &task{all: o.All, build: dac.NewDisconnect}
	if coa {
		t.build = dac.NewCoA
	}
	if coa != (o.Change != nil) {
		return nil, errors.New("a coa has a change, and a disconnect has none")
	}
	_, set, err := parseAttrs("who", o.Who)
	if err != nil {
		return nil, err
	}
	if _, rest := attrs.Split(set, also...); len(rest) > 0 {
		return nil, fmt.Errorf("who: sessions are not looked up by %s: leave it out, or give -also", names(rest))
	}
	if t.nas, t.id, err = attrs.SelectionOf(set, also...); err != nil {
		return nil, fmt.Errorf("who: %w", err)
	}
	if t.id.IsZero() {
		return nil, errors.New("who names no session: User-Name or Acct-Session-Id, say")
	}
	if !coa {
		return t, nil
	}
	if t.change, set, err = parseAttrs("change", o.Change); err != nil {
		return nil, err
	}
	return t, checkChange(set, also)
}

// checkChange refuses what is no change: identification, which would get around who, and what only
// the programs on the way tell each other.
func checkChange(set radius.Attributes, also []attrs.AnyKey) error {
	if len(set) == 0 {
		return errors.New("change: there is nothing in it")
	}
	if identification, _ := attrs.Split(set, slices.Concat(also, namesSessions())...); len(identification) > 0 {
		return fmt.Errorf("change: %s says which session is meant, and that is who", names(identification))
	}
	for id, err := range attrs.IDs(set) {
		role := id.Role()
		switch {
		case err != nil:
			return fmt.Errorf("change: %w", err)
		case role != attrs.RoleAuthorization && role != attrs.RoleVendor:
			return fmt.Errorf("change: %v is not for a CoA-Request to change", id)
		}
	}
	for service, err := range attrs.ServiceType.All(set) {
		if err != nil {
			return fmt.Errorf("change: %w", err)
		}
		if _, state, _ := attrs.State.Lookup(set); service == attrs.AuthorizeOnly && !state {
			return errors.New("change: Service-Type Authorize-Only needs the State that the NAS has for the session (RFC 5176, section 3.3)")
		}
	}
	return nil
}

// namesSessions are the attributes by which a NAS of any vendor finds sessions: those of the RFC,
// Cisco-AVPair "audit-session-id=...", 3GPP-IMSI and so on.
var namesSessions = sync.OnceValue(func() (keys []attrs.AnyKey) {
	for p := range profile.BuiltIn().All() {
		sets := slices.Concat(p.CoAKeys, p.DisconnectKeys, p.OneSession, p.Recalled.CoAKeys, p.Recalled.DisconnectKeys)
		for _, id := range slices.Concat(slices.Concat(sets...), p.With, p.Takes) {
			if key := attrs.KeyOf(id); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
})

// names are those of the attributes in set, for an error.
func names(set radius.Attributes) string {
	var all []string
	for id := range attrs.IDs(set) {
		if name := id.String(); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}

// parseAttrs makes attributes, those of one name in their order.
func parseAttrs(of string, all map[string]strictjson.Texts) (attrs.Attr, radius.Attributes, error) {
	var made []attrs.Attr
	seen := map[attrs.ID]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, v := range all[name] {
			one, err := attrs.Parse(name, v)
			if err != nil {
				return one, nil, fmt.Errorf("%s: %w", of, err)
			}
			made = append(made, one)
			for id := range idsOf(one) {
				if other, had := seen[id]; had && other != name {
					return one, nil, fmt.Errorf("%s: %q and %q are one attribute: give its values as a list", of, other, name)
				}
				seen[id] = name
			}
		}
	}
	joined := attrs.Join(made...)
	set, err := joined.AppendTo(nil)
	if err != nil {
		return joined, nil, fmt.Errorf("%s: %w", of, err)
	}
	return joined, set, nil
}

func idsOf(a attrs.Attr) iter.Seq2[attrs.ID, error] {
	set, _ := a.AppendTo(nil) // Parse has seen to its errors
	return attrs.IDs(set)
}
