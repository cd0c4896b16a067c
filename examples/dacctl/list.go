// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"layeh.com/radius"
)

// list prints what there is to ask for: dacctl actions, dacctl profiles. It returns the exit
// status.
func list(what string, args []string, stdout, stderr io.Writer) int {
	var how profileFlags
	flags := flag.NewFlagSet("dacctl "+what, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON := flags.Bool("json", false, "print an object for each")
	flags.StringVar(&how.name, "profile", "", "only what concerns the profile `NAME`")
	flags.StringVar(&how.rows, "profiles", "", "know the profiles of `FILE` too: rows as in attrs/profile/profiles.tsv")
	flags.BoolVar(&how.trust, "trust", false, "list what was told from memory too")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(stdout, usage)
			flags.SetOutput(stdout)
			flags.PrintDefaults()
			return 0
		}
		fmt.Fprintf(stderr, "dacctl: %v\ndacctl: dacctl %s -h shows how it is used\n", err, what)
		return statusUsage
	}
	text, err := how.listed(what, *asJSON, flags.Args())
	if err == nil {
		_, err = stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintln(stderr, "dacctl:", err)
		return statusUsage
	}
	return 0
}

func (f *profileFlags) listed(what string, asJSON bool, words []string) ([]byte, error) {
	if len(words) != 0 {
		return nil, fmt.Errorf("dacctl %s takes flags alone, not %.60q", what, words[0])
	}
	table, err := openProfiles(f.rows)
	if err != nil {
		return nil, err
	}
	rows := slices.Collect(table.All())
	if f.name != "" {
		p, ok := table.Get(f.name)
		if !ok {
			return nil, fmt.Errorf("there is no profile %.60q; dacctl profiles lists them", f.name)
		}
		rows = []profile.Profile{p}
	}
	if f.trust {
		for i := range rows {
			rows[i] = rows[i].Trust()
		}
	}
	if what == "actions" {
		return printed(asJSON, actionsOf(f.name, rows))
	}
	return printed(asJSON, profilesOf(rows))
}

// A listing is one row of what is listed: as an object, and as cells of a table.
type listing interface {
	header() []string
	cells() []string
}

func printed[L listing](asJSON bool, rows []L) ([]byte, error) {
	var b bytes.Buffer
	if asJSON {
		enc := json.NewEncoder(&b)
		for _, r := range rows {
			if err := enc.Encode(r); err != nil {
				return nil, err
			}
		}
		return b.Bytes(), nil
	}
	var none L
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(none.header(), "\t"))
	for _, r := range rows {
		fmt.Fprintln(table, strings.Join(r.cells(), "\t"))
	}
	err := table.Flush()
	return b.Bytes(), err
}

// An action is one that -action does.
type action struct {
	Vendor   string   `json:"vendor,omitempty"` // none: any NAS
	Name     string   `json:"name"`
	Args     []string `json:"arguments,omitempty"`
	Request  string   `json:"request"`
	Text     string   `json:"text"`
	Profiles []string `json:"profiles,omitempty"` // that offer it
}

// actionsOf lists the actions that any of rows offers, or all without the name of a profile.
func actionsOf(name string, rows []profile.Profile) []action {
	var all []action
	for a := range profile.Actions() {
		one := action{a.Vendor(), a.Name, a.Args, a.Code.String(), a.Text, nil}
		for _, p := range rows {
			if p.Offers(a.Name) {
				one.Profiles = append(one.Profiles, p.Name)
			}
		}
		if name == "" || one.Profiles != nil {
			all = append(all, one)
		}
	}
	slices.SortStableFunc(all, func(a, b action) int { return cmp.Compare(a.Vendor, b.Vendor) })
	return all
}

func (action) header() []string { return []string{"VENDOR", "ACTION", "REQUEST", "WHAT IT DOES"} }

func (a action) cells() []string {
	return []string{cmp.Or(a.Vendor, "any"), strings.Join(append([]string{a.Name}, a.Args...), " "), a.Request, a.Text}
}

// A kind is a profile: one kind of NAS.
type kind struct {
	Name           string   `json:"name"`
	Vendor         string   `json:"vendor,omitempty"`
	Platform       string   `json:"platform,omitempty"`
	CoAPort        uint16   `json:"coa_port"`
	DisconnectPort uint16   `json:"disconnect_port"`
	CoAKeys        []string `json:"coa_keys"` // sets that name a session, the preferred one first
	DisconnectKeys []string `json:"disconnect_keys"`
	Takes          []string `json:"takes,omitempty"`       // identification beside those
	OneSession     []string `json:"one_session,omitempty"` // sets that name one session at most; what is not taken is left out beside one of them only
	Actions        []string `json:"actions,omitempty"`
	Recalled       bool     `json:"recalled,omitempty"` // more was told from memory; -trust takes it too
	Quirks         string   `json:"quirks,omitempty"`
	Source         string   `json:"source,omitempty"`
}

func profilesOf(rows []profile.Profile) []kind {
	var all []kind
	for _, p := range rows {
		one := [][]attrs.ID{{attrs.AcctSessionID.ID()}}
		if p.OneSession != nil {
			one = p.OneSession
		}
		k := kind{Name: p.Name, Vendor: p.Vendor, Platform: p.Platform, CoAPort: p.Port(radius.CodeCoARequest), DisconnectPort: p.Port(radius.CodeDisconnectRequest),
			CoAKeys: p.KeyNames(radius.CodeCoARequest), DisconnectKeys: p.KeyNames(radius.CodeDisconnectRequest), Takes: idNames(slices.Concat(p.With, p.Takes)),
			Actions: p.Actions, Recalled: p.Recalled.Any(), Quirks: p.Quirks, Source: p.Source}
		for _, set := range one {
			k.OneSession = append(k.OneSession, strings.Join(idNames(set), "+"))
		}
		all = append(all, k)
	}
	return all
}

func (kind) header() []string {
	return []string{"PROFILE", "VENDOR", "PLATFORM", "COA", "DISCONNECT", "A SESSION IS NAMED BY"}
}

func (k kind) cells() []string {
	keys := strings.Join(k.CoAKeys, ", ")
	if !slices.Equal(k.CoAKeys, k.DisconnectKeys) {
		keys += "; to disconnect: " + strings.Join(k.DisconnectKeys, ", ")
	}
	return []string{k.Name, cmp.Or(k.Vendor, "-"), cmp.Or(k.Platform, "-"), fmt.Sprint(k.CoAPort), fmt.Sprint(k.DisconnectPort), keys}
}
