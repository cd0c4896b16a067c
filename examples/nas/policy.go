// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	_ "github.com/radius-dynauth/dynauth/attrs/vendors" // for their names
	"github.com/radius-dynauth/dynauth/errcause"
)

// supported is what a CoA-Request may change here, beside what -support names.
var supported = []attrs.AnyKey{
	attrs.FilterID, attrs.SessionTimeout, attrs.IdleTimeout, attrs.Class,
	mikrotik.RateLimit,
}

// policyFlags is session.Policy, a flag a field: where NASes depart from what RFC 5176 makes the
// default.
func (f *flagger) policyFlags(flags *flag.FlagSet) {
	p := &f.policy
	flags.Func("support", "let a CoA-Request change `NAME,...` too", keys(&f.supported))
	flags.Func("identify", "identify sessions by the attributes `NAME,...` alone, vendors' too; another one is NAK 401", keys(&p.Identifying))
	flags.Func("extra", "let a Disconnect-Request carry `NAME,...` beside identification", keys(&p.Extras))
	flags.Func("ignore", "skip the attributes `NAME,...` wherever they come", keys(&p.Ignored))
	flags.BoolVar(&p.IgnoreOther, "ignore-other", false, "skip unknown attributes instead of NAK 401")
	flags.BoolVar(&p.AnyNAS, "any-nas", false, "take requests whatever NAS they name, without -nas-id and -nas-ip; else NAK 403 for another one")
	flags.Func("require-disconnect", "require all attributes of one of the sets `NAME+NAME,...` in a Disconnect-Request, else NAK 402", keySets(&p.RequireDisconnect))
	flags.Func("require-coa", "require all attributes of one of the sets `NAME+NAME,...` in a CoA-Request, else NAK 402", keySets(&p.RequireCoA))
	flags.Func("conflict", "refuse the changes `NAME+NAME,...` together: NAK 404", keySets(&p.Conflicting))
	flags.BoolVar(&p.First, "first", false, "act on the first of several sessions")
	flags.Func("causes", "send no causes but `CAUSE,...`, by number or name; instead of another one send none", func(text string) error {
		for name := range strings.SplitSeq(text, ",") {
			c, err := parseCause(name)
			if err != nil {
				return err
			}
			p.Causes = append(p.Causes, c)
		}
		return nil
	})
	flags.BoolVar(&p.OmitTerminateCause, "omit-terminate-cause", false, "send no Acct-Terminate-Cause in a Disconnect-ACK")
	flags.BoolVar(&p.AcceptEmpty, "accept-empty", false, "acknowledge a CoA-Request that changes nothing, else NAK 402")
	flags.BoolVar(&p.DropBusy, "drop-busy", false, "drop a request for a session that is being worked on, instead of waiting")
}

func parseCause(name string) (errcause.Cause, error) {
	var c errcause.Cause
	err := c.UnmarshalText([]byte(strings.TrimSpace(name)))
	return c, err
}

// keys reads attribute names with commas between them.
func keys(to *[]attrs.AnyKey) func(string) error {
	return func(text string) error {
		list, err := keysOf(strings.Split(text, ","))
		*to = append(*to, list...)
		return err
	}
}

// keySets reads sets with commas between them, each of names with plus signs between them.
func keySets(to *[][]attrs.AnyKey) func(string) error {
	return func(text string) error {
		for set := range strings.SplitSeq(text, ",") {
			list, err := keysOf(strings.Split(set, "+"))
			if err != nil {
				return err
			}
			*to = append(*to, list)
		}
		return nil
	}
}

func keysOf(names []string) ([]attrs.AnyKey, error) {
	var list []attrs.AnyKey
	for _, name := range names {
		k, err := keyNamed(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, nil
}

// keyNamed is the Key of the attribute that FreeRADIUS calls so. One that has none is named by
// number, Attr-26.9.1, and gets one for octets.
func keyNamed(name string) (attrs.AnyKey, error) {
	for d := range attrs.Registered() {
		if strings.EqualFold(d.Name, name) {
			return d.Key, nil
		}
	}
	sample, err := attrs.Parse(name, "0x00000001")
	if err != nil {
		return nil, err
	}
	set, err := sample.AppendTo(nil)
	if err != nil {
		return nil, err
	}
	for id, err := range attrs.IDs(set) {
		return attrs.Octets.Key(id, name), err
	}
	return nil, fmt.Errorf("no attribute is called %q", name)
}

func namesOf(list []attrs.AnyKey) string {
	names := make([]string, 0, len(list))
	for _, k := range list {
		names = append(names, k.String())
	}
	return strings.Join(names, ", ")
}
