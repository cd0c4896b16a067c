// SPDX-License-Identifier: Apache-2.0

package juniper

import (
	"errors"
	"fmt"
	"strings"

	"github.com/radius-dynauth/dynauth/errcause"
)

// A Service is a service or dynamic profile by name, with its arguments in the order of its
// template: gold(10M,40M).
type Service struct {
	Name string
	Args []string // nil: no brackets at all
}

// String returns what stands in the attribute: "gold(10M,40M)", "gold()", "gold".
func (s Service) String() string {
	if s.Args == nil {
		return s.Name
	}
	return s.Name + "(" + strings.Join(s.Args, ",") + ")"
}

// ParseService reads a service with its arguments, around which spaces do not matter. Brackets
// within an argument must be in pairs, and a comma between them is part of it. The error wraps
// errcause.InvalidRequest.
func ParseService(s string) (Service, error) {
	v, err := parseService(s)
	if err != nil {
		err = fmt.Errorf("juniper: %w: %w", err, errcause.InvalidRequest)
	}
	return v, err
}

var errService = errors.New("a service is not of the form name or name(argument,...)")

func parseService(s string) (v Service, err error) {
	name, rest, brackets := strings.Cut(s, "(")
	if v.Name = strings.TrimSpace(name); v.Name == "" || strings.ContainsAny(name, "),") {
		return Service{}, errService
	}
	if !brackets {
		return v, nil
	}
	inner, closed := strings.CutSuffix(strings.TrimRight(rest, " "), ")")
	if !closed {
		return Service{}, errService
	}
	if v.Args, err = cutArgs(inner); err != nil {
		return Service{}, err
	}
	return v, nil
}

// cutArgs splits at the commas that stand in no further brackets.
func cutArgs(s string) ([]string, error) {
	args := []string{}
	depth, start := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return nil, errService
			}
		case ',':
			if depth == 0 {
				args = append(args, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
	}
	if depth != 0 {
		return nil, errService
	}
	last := strings.TrimSpace(s[start:])
	if len(args) == 0 && last == "" {
		return args, nil
	}
	return append(args, last), nil
}
