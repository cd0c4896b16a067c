// SPDX-License-Identifier: Apache-2.0

package juniper

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// An Op is what an Order does to a service.
type Op uint8

// What an Order does.
const (
	OpActivate Op = iota + 1
	OpDeactivate
	OpUpdate
)

// String returns "activate", "Op(9)".
func (o Op) String() string {
	switch o {
	case OpActivate:
		return "activate"
	case OpDeactivate:
		return "deactivate"
	case OpUpdate:
		return "update"
	}
	return "Op(" + strconv.Itoa(int(o)) + ")"
}

// An Order is one service that a request activates, updates or deactivates, with the attributes
// that have its tag. What the request does not have is nil.
type Order struct {
	Op              Op
	Tag             byte // 0: none
	Service         Service
	Volume          *uint32 // MB; 0 is no limit
	VolumeGigawords *uint32
	Timeout         *time.Duration // 0 is never
	Statistics      *StatisticsMode
	Interval        *time.Duration
	Type            *uint32 // of the service
}

// Orders reads the services that a CoA-Request is about, in its order; none is no error. A service
// or a limit that cannot be decoded, and two limits of one kind or two services with the tag of a
// limit, wrap errcause.InvalidRequest; a limit whose tag no service has wraps
// errcause.MissingAttribute.
func Orders(set radius.Attributes) ([]Order, error) {
	activate, err := collect(ActivateService, set)
	if err != nil {
		return nil, err
	}
	update, err := collect(UpdateService, set)
	if err != nil {
		return nil, err
	}
	deactivate, err := collect(DeactivateService, set)
	if err != nil {
		return nil, err
	}
	orders := make([]Order, 0, len(activate)+len(update)+len(deactivate))
	add := func(op Op, tag byte, service string) error {
		s, err := ParseService(service)
		orders = append(orders, Order{Op: op, Tag: tag, Service: s})
		return err
	}
	for id := range attrs.IDs(set) {
		switch id {
		case ActivateService.ID():
			err = add(OpActivate, activate[0].Tag, activate[0].Value)
			activate = activate[1:]
		case UpdateService.ID():
			err = add(OpUpdate, update[0].Tag, update[0].Value)
			update = update[1:]
		case DeactivateService.ID():
			err = add(OpDeactivate, 0, deactivate[0])
			deactivate = deactivate[1:]
		}
		if err != nil {
			return nil, err
		}
	}
	if err := readOptions(orders, set); err != nil {
		return nil, err
	}
	return orders, nil
}

func collect[T any](key attrs.Key[T], set radius.Attributes) (all []T, err error) {
	for v, err := range key.All(set) {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// readOptions reads what belongs to a service by its tag.
func readOptions(orders []Order, set radius.Attributes) error {
	mode := func(n uint32) StatisticsMode { return StatisticsMode(n) }
	for _, err := range []error{
		readOption(orders, set, ServiceVolume, same[uint32], func(o *Order) **uint32 { return &o.Volume }),
		readOption(orders, set, ServiceVolumeGigawords, same[uint32], func(o *Order) **uint32 { return &o.VolumeGigawords }),
		readOption(orders, set, ServiceTimeout, same[time.Duration], func(o *Order) **time.Duration { return &o.Timeout }),
		readOption(orders, set, ServiceStatistics, mode, func(o *Order) **StatisticsMode { return &o.Statistics }),
		readOption(orders, set, ServiceInterval, same[time.Duration], func(o *Order) **time.Duration { return &o.Interval }),
		readOption(orders, set, ServiceType, same[uint32], func(o *Order) **uint32 { return &o.Type }),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func same[T any](v T) T { return v }

// readOption puts every value of key into the order that has its tag.
func readOption[T, U any](orders []Order, set radius.Attributes, key attrs.Key[attrs.Tagged[T]], turn func(T) U, place func(*Order) **U) error {
	for v, err := range key.All(set) {
		if err != nil {
			return err
		}
		o, err := withTag(orders, v.Tag)
		if err != nil {
			return fmt.Errorf("juniper: %v with tag %d: %w", key, v.Tag, err)
		}
		p := place(o)
		if *p != nil {
			return fmt.Errorf("juniper: two of %v with tag %d: %w", key, v.Tag, errcause.InvalidRequest)
		}
		value := turn(v.Value)
		*p = &value
	}
	return nil
}

// withTag finds the one order that is activated or updated with tag.
func withTag(orders []Order, tag byte) (found *Order, err error) {
	for i := range orders {
		switch o := &orders[i]; {
		case o.Op == OpDeactivate || o.Tag != tag:
		case found != nil:
			return nil, fmt.Errorf("two services with that tag: %w", errcause.InvalidRequest)
		default:
			found = o
		}
	}
	if found == nil {
		return nil, fmt.Errorf("no service with that tag: %w", errcause.MissingAttribute)
	}
	return found, nil
}

// DeactivationsFirst returns orders in the sequence in which Junos works on them since 16.1R4:
// deactivations, then the others, each in the order of the request.
func DeactivationsFirst(orders []Order) []Order { return first(orders, true) }

// ActivationsFirst returns orders in the sequence in which Junos worked on them before 16.1R4:
// deactivations last.
func ActivationsFirst(orders []Order) []Order { return first(orders, false) }

func first(orders []Order, deactivations bool) []Order {
	rank := func(o Order) int {
		if (o.Op == OpDeactivate) == deactivations {
			return 0
		}
		return 1
	}
	sorted := slices.Clone(orders)
	slices.SortStableFunc(sorted, func(a, b Order) int { return rank(a) - rank(b) })
	return sorted
}
