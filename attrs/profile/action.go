// SPDX-License-Identifier: Apache-2.0

package profile

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// An Action is something that a person wants done to a session, by name and with its arguments as
// text: for command lines and screens. Programs call the functions of the vendors' packages.
type Action struct {
	Name string      // "cisco-bounce-host-port"
	Code radius.Code // of the request that it goes into
	Args []string    // names of the arguments, in their order; one in brackets, [last|rerun], may be left out
	Text string      // one sentence for a person

	make func(args []string) (attrs.Attr, error)
}

// Vendor returns of whose NASes the action is: "cisco". It is "" for an action of any vendor's.
func (a Action) Vendor() string {
	switch a.Name {
	case "disconnect", "filter-id", "session-timeout":
		return ""
	}
	vendor, _, _ := strings.Cut(a.Name, "-")
	return vendor
}

// Make makes the attributes. Arguments that are too few, too many or not what they should be are an
// error.
func (a Action) Make(args ...string) (attrs.Attr, error) {
	least := slices.IndexFunc(a.Args, func(s string) bool { return strings.HasPrefix(s, "[") })
	if least < 0 {
		least = len(a.Args)
	}
	if len(args) < least || len(args) > len(a.Args) || a.make == nil {
		return attrs.Attr{}, fmt.Errorf("profile: %s takes %d to %d arguments: %s", a.Name, least, len(a.Args), strings.Join(a.Args, " "))
	}
	made, err := a.make(args)
	if err == nil {
		err = made.Err()
	}
	if err != nil {
		return attrs.Attr{}, fmt.Errorf("profile: %s: %w", a.Name, err)
	}
	return made, nil
}

// Actions yields all actions, by name.
func Actions() iter.Seq[Action] { return slices.Values(actions) }

// ActionByName returns the action of that name.
func ActionByName(name string) (Action, bool) {
	i, found := slices.BinarySearchFunc(actions, name, func(a Action, name string) int { return strings.Compare(a.Name, name) })
	if !found {
		return Action{}, false
	}
	a := actions[i]
	a.Args = slices.Clone(a.Args)
	return a, true
}
