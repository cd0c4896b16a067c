// SPDX-License-Identifier: Apache-2.0

package redback

import (
	"errors"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// An Action is the value of Service-Action.
type Action uint32

// What is done to a service.
const (
	End         Action = 0 // DE-ACTIVATE
	Accounted   Action = 1 // ACTIVATE-WITH-ACCT
	Unaccounted Action = 2 // ACTIVATE-WITHOUT-ACCT
)

// Activate starts a service, Accounted or Unaccounted, with parameters. The tag, 1 to 31 and
// another for each service of the request, joins them.
func Activate(tag byte, service string, action Action, parameters ...string) attrs.Attr {
	switch {
	case tag == 0:
		return attrs.Failed(errors.New("redback: a service needs a tag, 1 to 31"))
	case action != Accounted && action != Unaccounted:
		return attrs.Failed(errors.New("redback: a service is activated with or without accounting"))
	}
	all := []attrs.Attr{ServiceName.Of(attrs.Tag(tag, service)), ServiceAction.Of(attrs.Tag(tag, uint32(action)))}
	for _, p := range parameters {
		all = append(all, ServiceParameter.Of(attrs.Tag(tag, p)))
	}
	return attrs.Join(all...)
}

// Deactivate ends a service. The tag, 0 to 31, tells its outcome apart from those of other services
// of the request.
func Deactivate(tag byte, service string) attrs.Attr {
	return DeactivateServiceName.Of(attrs.Tag(tag, service))
}

// Outcome is for the answer of a NAS: what became of the service with a tag. errcause.Cause(0) is
// success; of others, the router knows 401, 402, 404, 506 and some of its own, 550 to 554.
func Outcome(tag byte, c errcause.Cause) attrs.Attr {
	return ServiceErrorCause.Of(attrs.Tag(tag, uint32(c)))
}

// An Order is one service that a request activates or ends, with what has its tag.
type Order struct {
	Tag        byte
	Service    string
	Action     Action
	Parameters []string
}

// Orders reads the services that a CoA-Request is about, in its order; none is no error. What
// cannot be decoded, and a tag that two services or two actions have, wraps
// errcause.InvalidRequest; a service without action, and an action or a parameter whose tag no
// service has, errcause.MissingAttribute; an action that is not known
// errcause.InvalidAttributeValue.
func Orders(set radius.Attributes) ([]Order, error) {
	orders, err := services(set)
	if err != nil {
		return nil, err
	}
	acted := make(map[byte]bool)
	for v, err := range ServiceAction.All(set) {
		o, err := withTag(orders, ServiceAction, v.Tag, err)
		switch {
		case err != nil:
			return nil, err
		case acted[v.Tag]:
			return nil, fmt.Errorf("redback: two of %v with tag %d: %w", ServiceAction, v.Tag, errcause.InvalidRequest)
		case v.Value > uint32(Unaccounted):
			return nil, fmt.Errorf("redback: %v: unknown action: %w", ServiceAction, errcause.InvalidAttributeValue)
		}
		o.Action, acted[v.Tag] = Action(v.Value), true
	}
	for v, err := range ServiceParameter.All(set) {
		o, err := withTag(orders, ServiceParameter, v.Tag, err)
		if err != nil {
			return nil, err
		}
		o.Parameters = append(o.Parameters, v.Value)
	}
	return ordered(orders, acted)
}

// An entry is an Order in the making.
type entry struct {
	Order
	named bool // by Service-Name: it needs an action
}

// services reads the names.
func services(set radius.Attributes) ([]*entry, error) {
	var starts, ends []attrs.Tagged[string]
	for _, part := range []struct {
		key attrs.Key[attrs.Tagged[string]]
		to  *[]attrs.Tagged[string]
	}{{ServiceName, &starts}, {DeactivateServiceName, &ends}} {
		for v, err := range part.key.All(set) {
			if err != nil {
				return nil, err
			}
			*part.to = append(*part.to, v)
		}
	}
	var all []*entry
	for id := range attrs.IDs(set) {
		switch id {
		case ServiceName.ID():
			all = append(all, &entry{Order{Tag: starts[0].Tag, Service: starts[0].Value}, true})
			starts = starts[1:]
		case DeactivateServiceName.ID():
			all = append(all, &entry{Order{Tag: ends[0].Tag, Service: ends[0].Value}, false})
			ends = ends[1:]
		}
	}
	return all, nil
}

// withTag finds the one service that key's value with tag is about.
func withTag(all []*entry, key fmt.Stringer, tag byte, err error) (found *entry, _ error) {
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		switch {
		case !o.named || o.Tag != tag:
		case found != nil:
			return nil, fmt.Errorf("redback: %v with tag %d: two services with that tag: %w", key, tag, errcause.InvalidRequest)
		default:
			found = o
		}
	}
	if found == nil {
		return nil, fmt.Errorf("redback: %v with tag %d: no service with that tag: %w", key, tag, errcause.MissingAttribute)
	}
	return found, nil
}

// ordered checks that each service has its action.
func ordered(all []*entry, acted map[byte]bool) ([]Order, error) {
	orders := make([]Order, 0, len(all))
	for _, o := range all {
		if o.named && !acted[o.Tag] {
			return nil, fmt.Errorf("redback: %v with tag %d: %w", ServiceAction, o.Tag, errcause.MissingAttribute)
		}
		orders = append(orders, o.Order)
	}
	return orders, nil
}
