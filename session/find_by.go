// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
)

// An Index is what a host has to find sessions by one attribute: By or ByOne makes one.
type Index[S any] struct {
	key  attrs.AnyKey
	find func(ctx context.Context, id attrs.Identity, each func(found []S) bool) error
}

// By is an Index whose find returns all sessions that have v; none is no error. Values are as a Key
// of attrs reads them from a request: a Calling-Station-Id may be written in several ways
// (attrs.StationID), and the bits behind a prefix may be set.
func By[S, T any](key attrs.Key[T], find func(ctx context.Context, v T) ([]S, error)) Index[S] {
	return Index[S]{key, func(ctx context.Context, id attrs.Identity, each func(found []S) bool) error {
		for v, err := range key.AllIn(id) {
			if err != nil {
				return err
			}
			found, err := find(ctx, v)
			if err != nil {
				return err
			}
			if !each(found) {
				return nil
			}
		}
		return nil
	}}
}

// ByOne is an Index of values that one session at most has: a map from Acct-Session-Id, or from
// Framed-IP-Address.
func ByOne[S, T any](key attrs.Key[T], find func(v T) (S, bool)) Index[S] {
	return By(key, func(_ context.Context, v T) ([]S, error) {
		if s, ok := find(v); ok {
			return []S{s}, nil
		}
		return nil, nil
	})
}

// FindBy is a Find for hosts that have an index for each attribute: it returns the sessions that
// every attribute of id finds, each once, in the order of the first index that was asked (RFC 5176,
// section 3: all attributes have to match). Of an attribute that comes several times, as
// Framed-IPv6-Prefix may, each value has to find a session. Indexes are asked in the order in which
// they are given, and none of them any more when nothing is left, so the rarest comes first.
//
// An attribute of id without an Index is an error that wraps errcause.UnsupportedAttribute (401):
// to pass over it would select sessions that the request does not mean. An id without any attribute
// wraps errcause.MissingAttribute. id.Context is no attribute: a host that has routing contexts
// gives the indexes of that one. What find returns as an error ends the search.
func FindBy[S comparable](ctx context.Context, id attrs.Identity, indexes ...Index[S]) ([]S, error) {
	if id.IsZero() {
		return nil, fmt.Errorf("session: no session identification: %w", errcause.MissingAttribute)
	}
	for set := range id.IDs() {
		if !slices.ContainsFunc(indexes, func(x Index[S]) bool { return x.key.ID() == set }) {
			return nil, fmt.Errorf("session: no index of %v: %w", set, errcause.UnsupportedAttribute)
		}
	}
	var left []S
	asked := false
	for _, x := range indexes {
		err := x.find(ctx, id, func(found []S) bool {
			left, asked = both(left, found, !asked), true
			return len(left) > 0
		})
		if err != nil {
			return nil, err
		}
		if asked && len(left) == 0 {
			return nil, nil
		}
	}
	return left, nil
}

// both returns what is in a and in b, in the order of a, each once; or what is in b where a is
// everything.
func both[S comparable](a, b []S, everything bool) []S {
	has := make(map[S]bool, len(b))
	for _, s := range b {
		has[s] = true
	}
	if everything {
		a = b
	}
	left := make([]S, 0, min(len(a), len(has)))
	for _, s := range a {
		if has[s] {
			left = append(left, s)
			delete(has, s)
		}
	}
	return left
}
