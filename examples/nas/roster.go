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
	all []*member // those that have ended are left out now and then
}

// A member of a roster is a session and what identifies it, which nothing reads as often as a
// roster does.
type member struct {
	s  *subscriber
	id attrs.Identity
}

func newRoster(b *bng) *roster {
	r := &roster{bng: b}
	for id, s := range b.All() {
		r.all = append(r.all, &member{s, id})
	}
	slices.SortFunc(r.all, func(x, y *member) int {
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
		r.all = slices.DeleteFunc(r.all, func(one *member) bool { return !r.bng.has(one.s) })
	}
	query = strings.ToLower(query)
	for _, one := range r.all {
		if !one.matches(query) || !r.bng.has(one.s) {
			continue
		}
		if len(l.Rows) == rosterRows {
			l.More = true
			break
		}
		l.Rows = append(l.Rows, one.row())
	}
	return l
}

// matches reports whether query, which is in lower case, is a part of what x is known by.
func (x *member) matches(query string) bool {
	return query == "" || contains(x.id.AcctSessionID, query) || contains(x.id.UserName, query) || contains(x.id.Context, query) ||
		x.id.FramedIPAddress.IsValid() && strings.Contains(x.id.FramedIPAddress.String(), query)
}

func contains(text, query string) bool { return strings.Contains(strings.ToLower(text), query) }

func (x *member) row() row {
	r := row{ID: shown(x.id.AcctSessionID), Context: shown(x.id.Context), User: shown(x.id.UserName), Service: slices.Collect(attrs.Format(x.s.current()))}
	switch {
	case x.id.FramedIPAddress.IsValid():
		r.Address = x.id.FramedIPAddress.String()
	case len(x.id.FramedIPv6Prefix) != 0:
		r.Address = x.id.FramedIPv6Prefix[0].String()
	}
	ask := attrs.Identity{UserName: x.id.UserName, AcctSessionID: x.id.AcctSessionID}
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
