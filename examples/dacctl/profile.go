// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"layeh.com/radius"
)

// A way is how the NAS wants to be asked (-profile) and what it is to do (-action). The zero way is
// as the packets say.
type way struct {
	profile *profile.Profile // nil: none
	also    []attrs.AnyKey   // that identify with this profile beside the attributes of the RFC
	action  *profile.Action  // nil: none
	made    attrs.Attr       // what the action makes
	overTLS bool
}

// profileFlags are what -profile, -profiles, -trust and -action gather.
type profileFlags struct {
	name, rows, action string
	trust              bool
	at                 int // number of words before -action: its arguments follow
}

func (f *profileFlags) register(flags *flag.FlagSet) {
	flags.StringVar(&f.name, "profile", "", "ask as NASes of `NAME` want to be asked: their port, and of the given identification what names the session to them; dacctl profiles lists them")
	flags.StringVar(&f.rows, "profiles", "", "know the profiles of `FILE` too: rows as in attrs/profile/profiles.tsv")
	flags.BoolVar(&f.trust, "trust", false, "take from the profile what was told from memory too")
}

// way makes of the flags what they mean. It takes the arguments of the action out of words.
func (f *profileFlags) way(words []string) (way, []string, error) {
	var w way
	if f.name == "" && (f.rows != "" || f.trust) {
		return w, words, errors.New("-profiles and -trust go with -profile")
	}
	if f.name != "" {
		table, err := openProfiles(f.rows)
		if err != nil {
			return w, words, err
		}
		if err = w.setProfile(table, f.name, f.trust); err != nil {
			return w, words, err
		}
	}
	if f.action == "" {
		return w, words, nil
	}
	a, ok := profile.ActionByName(f.action)
	if !ok {
		return w, words, fmt.Errorf("there is no action %.60q; dacctl actions lists them", f.action)
	}
	if w.profile != nil && !w.profile.Offers(a.Name) {
		return w, words, fmt.Errorf("a %s is not known to take %s; dacctl actions -profile %[1]s lists what it takes", w.profile.Name, a.Name)
	}
	n := arguments(a, words[f.at:])
	made, err := a.Make(words[f.at : f.at+n]...)
	if err != nil {
		return w, words, fmt.Errorf("-action: %s", strings.TrimPrefix(err.Error(), "profile: "))
	}
	w.action, w.made = &a, made
	return w, slices.Delete(slices.Clone(words), f.at, f.at+n), nil
}

// arguments says how many of words, which follow the action, are its arguments: those that it
// needs, and one that may be left out unless it looks like an attribute.
func arguments(a profile.Action, words []string) int {
	n := 0
	for _, name := range a.Args {
		if n == len(words) || strings.HasPrefix(name, "[") && strings.Contains(words[n], "=") {
			break
		}
		n++
	}
	return n
}

// openProfiles is the built-in table with the rows of a file; "" is no file.
func openProfiles(file string) (*profile.Table, error) {
	table := profile.BuiltIn()
	if file == "" {
		return table, nil
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = table.UnmarshalText(text)
	}
	if err != nil {
		return nil, fmt.Errorf("-profiles: %s", strings.TrimPrefix(err.Error(), "profile: "))
	}
	return table, nil
}

func (w *way) setProfile(table *profile.Table, name string, trust bool) error {
	p, ok := table.Get(name)
	if !ok {
		return fmt.Errorf("there is no profile %.60q; dacctl profiles lists them", name)
	}
	if trust {
		p = p.Trust()
	}
	w.profile = &p
	named := map[attrs.ID]bool{}
	for _, set := range append(slices.Concat(p.CoAKeys, p.DisconnectKeys, p.OneSession), p.With, p.Takes) {
		for _, id := range set {
			named[id] = true
		}
	}
	for id := range named {
		if role := id.Role(); role != attrs.RoleNAS && role != attrs.RoleSession {
			w.also = append(w.also, attrs.KeyOf(id))
		}
	}
	return nil
}

// peer is p as the profile wants it: without what the NAS does not take.
func (w *way) peer(p dac.Peer) (dac.Peer, error) {
	if w.profile == nil {
		return p, nil
	}
	stamp, authenticator := w.profile.EventTimestamp, w.profile.MessageAuthenticator
	if p.OmitEventTimestamp && stamp == profile.Required {
		return p, fmt.Errorf("a %s needs Event-Timestamp, so -no-event-timestamp is in vain", w.profile.Name)
	}
	if p.OmitMessageAuthenticator && authenticator == profile.Required {
		return p, fmt.Errorf("a %s needs Message-Authenticator, so -no-message-authenticator is in vain", w.profile.Name)
	}
	p.OmitEventTimestamp = p.OmitEventTimestamp || stamp == profile.Refused
	p.OmitMessageAuthenticator = p.OmitMessageAuthenticator || authenticator == profile.Refused
	return p, nil
}

// port is where requests go whose port neither the command line nor the packet says.
func (w *way) port(disconnect bool) uint16 {
	if w.overTLS {
		return radsec.Port
	}
	if w.profile == nil {
		return dac.Port
	}
	return w.profile.Port(codeOf(disconnect))
}

// check says that the action does not go into such a request.
func (w *way) check(disconnect bool) error {
	if w.action != nil && w.action.Code != codeOf(disconnect) {
		return fmt.Errorf("%s goes into a %v", w.action.Name, w.action.Code)
	}
	return nil
}

// attrs is what goes on the wire for a packet with the attributes of list: with a profile the best
// identification that can be made of them in the place of all that identifies, then the action,
// then the rest. ids say how the session is named; nil without a profile.
func (w *way) attrs(disconnect bool, list []attrs.Attr) (all []attrs.Attr, ids *profile.Identification, err error) {
	if err := w.check(disconnect); err != nil {
		return nil, nil, err
	}
	if w.profile == nil && w.action == nil {
		return list, nil, nil
	}
	if w.profile == nil {
		return append(list[:len(list):len(list)], w.made), nil, nil
	}
	set, err := attrs.Join(list...).AppendTo(nil)
	if err != nil {
		return nil, nil, err
	}
	// SelectionOf refuses what names no session by its value, such as 0.0.0.0: a request without it
	// would name other sessions.
	nas, identity, err := attrs.SelectionOf(set, w.also...)
	if err != nil {
		return nil, nil, err
	}
	id, err := w.profile.Identify(codeOf(disconnect), nas, identity)
	if err != nil {
		return nil, nil, err
	}
	rest := slices.DeleteFunc(slices.Clone(list), w.identifies)
	all = append([]attrs.Attr{id.Attr, w.made}, rest...)
	set, err = attrs.Join(all...).AppendTo(nil)
	if err == nil {
		err = w.profile.Check(codeOf(disconnect), set)
	}
	return all, &id, err
}

// identifies reports an attribute that is there to find the session.
func (w *way) identifies(a attrs.Attr) bool {
	set, _ := a.AppendTo(nil)
	for id := range attrs.IDs(set) {
		role := id.Role()
		if role == attrs.RoleNAS || role == attrs.RoleSession || slices.ContainsFunc(w.also, func(k attrs.AnyKey) bool { return k.ID() == id }) {
			return true
		}
	}
	return false
}

func codeOf(disconnect bool) radius.Code {
	if disconnect {
		return radius.CodeDisconnectRequest
	}
	return radius.CodeCoARequest
}
