// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/examples/internal/strictjson"
)

// A known is a session as it is listed.
type known struct {
	From       string    `json:"from"`          // who reported it
	Attributes []string  `json:"attributes"`    // as radclient writes them
	Asked      bool      `json:"asked"`         // known from an Access-Request alone, which may have been rejected
	Expires    time.Time `json:"expires"`       // unless it is heard of again
	NAS        string    `json:"nas,omitempty"` // that is asked about it; none: no -nas
}

type listing struct {
	Sessions []known `json:"sessions"`
	More     bool    `json:"more,omitempty"` // than limit
	Error    string  `json:"error,omitempty"`
}

const (
	defaultList = 100
	mostListed  = 10_000
)

// list lists the sessions that have all that the query says, an attribute each; all that are known
// where it says nothing.
func (a *aaa) list(r *http.Request) (int, any) {
	query := r.URL.Query()
	limit := defaultList
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostListed || len(query["limit"]) > 1 {
			return http.StatusBadRequest, listing{Error: "limit is 1 to " + strconv.Itoa(mostListed)}
		}
		limit = n
	}
	query.Del("limit")
	if len(query) == 0 {
		return http.StatusOK, a.listAll(r, limit)
	}
	o := order{Who: map[string]strictjson.Texts{}}
	for name, list := range query {
		o.Who[name] = list
	}
	t, err := o.read(false, a.also)
	if err != nil {
		return http.StatusBadRequest, listing{Error: err.Error()}
	}
	t.all = true
	found, status, err := a.find(r.Context(), t)
	switch {
	case status == http.StatusNotFound:
	case err != nil:
		return status, listing{Error: err.Error()}
	}
	l := listing{Sessions: []known{}}
	for _, s := range found {
		l.add(a, r, &s, limit)
	}
	return http.StatusOK, l
}

func (a *aaa) listAll(r *http.Request, limit int) listing {
	l := listing{Sessions: []known{}}
	for s := range a.memory.All() {
		if s.Identity.IsZero() {
			continue // a NAS
		}
		if l.add(a, r, &s, limit); l.More {
			break
		}
	}
	return l
}

func (l *listing) add(a *aaa, r *http.Request, s *route.Session, limit int) {
	if len(l.Sessions) >= limit {
		l.More = true
		return
	}
	k := known{From: a.reporter(s.From.Addr()), Asked: s.Access, Expires: s.Expires.UTC()}
	if set, err := a.withoutHandle(*s).Attr().AppendTo(nil); err == nil {
		k.Attributes = slices.Collect(attrs.Format(set))
	}
	if to, err := a.target(r.Context(), *s); err == nil {
		k.NAS = a.live.Label(to.Addr)
	}
	l.Sessions = append(l.Sessions, k)
}

// reporter is who reported a session, a NAS over TLS by its name.
func (a *aaa) reporter(from netip.Addr) string {
	if name, ok := a.live.Name(from); ok {
		return name
	}
	return from.String()
}

var errNoBatch = errors.New("there is no such batch: the last 16 are kept, and none over a restart")
