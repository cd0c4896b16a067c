// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/radius-dynauth/dynauth/attrs"
)

// rosterRows is how many sessions the page shows.
const rosterRows = 200

// A roster is the sessions of a bng by Acct-Session-Id, for the page: a Table finds what a request
// means and has no order.
type roster struct {
	bng *bng

	mu  sync.Mutex
	all []*subscriber // those that have ended are left out now and then
}

func newRoster(b *bng) *roster {
	r := &roster{bng: b}
	for _, s := range b.All() {
		r.all = append(r.all, s)
	}
	slices.SortFunc(r.all, func(x, y *subscriber) int {
		return cmp.Or(strings.Compare(x.id.AcctSessionID, y.id.AcctSessionID), strings.Compare(x.id.Context, y.id.Context))
	})
	return r
}

// A row is a session as the page gets it.
type row struct {
	ID      string   `json:"id"`
	Context string   `json:"context,omitempty"`
	User    string   `json:"user,omitempty"`
	Address string   `json:"address,omitempty"`
	Service []string `json:"service,omitempty"`
	Ask     string   `json:"ask"` // the attributes of a request for it
}

// A listing is the first sessions of those that were looked for.
type listing struct {
	Query string `json:"query"`
	Total int    `json:"total"` // sessions that there are
	Rows  []row  `json:"rows"`
	More  bool   `json:"more"` // there are more like these
}

// list returns the first sessions in which query occurs, in any case: as a part of the
// Acct-Session-Id, the User-Name, the address or the context.
func (r *roster) list(query string) listing {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := listing{Query: query, Total: r.bng.Len(), Rows: []row{}}
	if len(r.all) > l.Total+l.Total/4+rosterRows {
		r.all = slices.DeleteFunc(r.all, r.ended)
	}
	query = strings.ToLower(query)
	for _, s := range r.all {
		if !s.matches(query) || r.ended(s) {
			continue
		}
		if len(l.Rows) == rosterRows {
			l.More = true
			break
		}
		l.Rows = append(l.Rows, s.row())
	}
	return l
}

func (r *roster) ended(s *subscriber) bool { return !r.bng.has(s) }

// matches reports whether query, which is in lower case, is a part of what s is known by.
func (s *subscriber) matches(query string) bool {
	return query == "" || contains(s.id.AcctSessionID, query) || contains(s.id.UserName, query) || contains(s.id.Context, query) ||
		s.id.FramedIPAddress.IsValid() && strings.Contains(s.id.FramedIPAddress.String(), query)
}

func contains(text, query string) bool { return strings.Contains(strings.ToLower(text), query) }

func (s *subscriber) row() row {
	r := row{ID: shown(s.id.AcctSessionID), Context: shown(s.id.Context), User: shown(s.id.UserName), Service: slices.Collect(attrs.Format(s.current()))}
	switch {
	case s.id.FramedIPAddress.IsValid():
		r.Address = s.id.FramedIPAddress.String()
	case len(s.id.FramedIPv6Prefix) != 0:
		r.Address = s.id.FramedIPv6Prefix[0].String()
	}
	ask := attrs.Identity{UserName: s.id.UserName, AcctSessionID: s.id.AcctSessionID}
	if set, err := ask.Attr().AppendTo(nil); err == nil {
		r.Ask = strings.Join(slices.Collect(attrs.Format(set)), "\n")
	}
	return r
}

// shown is text without what would not be seen or would turn the direction of what is around it.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}
